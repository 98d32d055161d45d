using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <summary>What the Gaussian naive Bayes linear probe has learned: the statistics of the rows, and the priors, variances and weights that follow from them.</summary>
/// <remarks>
/// <para>
/// Shapes: K classes (in the order of the label's key values, those without training rows included) and d features. Vectors are spans of K or d numbers;
/// a K x d matrix is a flat span, row by row: element (k, j) is at <c>k * FeatureCount + j</c>. Spans are read-only views of the model, which never changes.
/// </para>
/// <para>
/// Model: s_k(x) = ln pi_k - (1 / 2T) sum_j [ln(2 pi v_kj) + (x_j - mu_kj)^2 / v_kj], posterior = softmax(s). The sum leaves out missing (NaN) features, which is
/// exact because the likelihood factorises, and features that were constant in training. With tied variances s is linear in x.
/// Classes without training rows have prior 0 and posterior exactly 0. A class that has rows, but none with a value of feature j, gets the grand mean of feature j
/// as its mean (and the tied variance), so that the feature speaks neither for nor against it beyond the average class.
/// </para>
/// <para>
/// Source: C. Zheng, G. Wu, F. Bao, Y. Cao, C. Li, J. Zhu, "Revisiting Discriminative vs. Generative Classifiers: Theory and Implications", ICML 2023,
/// <see href="https://arxiv.org/abs/2302.02334">arXiv:2302.02334</see>.
/// </para>
/// </remarks>
// GaussianFit has the variances and priors, LogScoreCoefficients the scores. The other parts of this class: Graph (ONNX), RowScorer (single rows), Scoring (double
// precision, evidence), State (merging, saving).
public sealed partial class NaiveBayesLinearProbeModelParameters : PredictionModel, IRestorable<NaiveBayesLinearProbeModelParameters>
{
    private readonly ClassStatistics _statistics;
    private readonly NaiveBayesLinearProbeTrainer.Options _options;
    private readonly double[]? _priorOverride;
    private readonly GaussianFit _fit;
    private readonly double[] _logPriors;
    private readonly double[] _bias;

    /// <summary>Derives the model from statistics, which are copied.</summary>
    /// <exception cref="InvalidOperationException">Fewer than two classes have rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option, the temperature or a prior is outside its range, or there is not one prior per class.</exception>
    internal NaiveBayesLinearProbeModelParameters(
        ClassStatistics statistics, NaiveBayesLinearProbeTrainer.Options options, double temperature = 1, double[]? priorOverride = null)
    {
        options.Validate();
        if (!double.IsFinite(temperature) || temperature <= 0)
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature must be above 0 and finite.");

        (_statistics, _options, _priorOverride, Temperature) = (statistics.Clone(), options.Clone(), priorOverride, temperature);
        _fit = new GaussianFit(_statistics, _options, priorOverride);
        Coefficients = LogScoreCoefficients.From(_fit, options.Covariance, temperature);
        _logPriors = Array.ConvertAll(_fit.Priors, Math.Log);
        _bias = options.Covariance == CovarianceKind.Tied ? FoldedBias() : [];
    }

    /// <summary>Number of classes K, those without training rows included.</summary>
    public override int ClassCount => _statistics.ClassCount;

    /// <summary>Number of features d.</summary>
    public override int FeatureCount => _statistics.FeatureCount;

    /// <summary>Whether the classes share one variance per feature.</summary>
    public CovarianceKind Covariance => _options.Covariance;

    /// <summary>The temperature T above 0 by which the log-likelihood is divided; 1 when none was fitted, above 1 when naive Bayes was overconfident.</summary>
    public double Temperature { get; }

    /// <summary>N_k: total weight of the training rows of each class, K numbers.</summary>
    public ReadOnlySpan<double> ClassWeights => _statistics.ClassWeights;

    /// <summary>N_kj: total weight of the training rows of class k that have a value of feature j, K x d; empty when no value was missing: then N_kj = N_k.</summary>
    public ReadOnlySpan<double> FeatureWeights => _statistics.FeatureWeights;

    /// <summary>mu_kj: mean of feature j in class k, K x d; the grand mean where class k has no value of feature j.</summary>
    public ReadOnlySpan<double> Means => _fit.Means;

    /// <summary>S_kj: weighted sum of squared deviations of feature j from its mean in class k, K x d.</summary>
    public ReadOnlySpan<double> SumsOfSquares => _statistics.SumsOfSquares;

    /// <summary>v_kj: variances with smoothing (and shrinkage), K x d; all rows are equal when they are tied.</summary>
    public ReadOnlySpan<double> Variances => _fit.Variances;

    /// <summary>epsilon_j: what smoothing added to the variances of feature j, d numbers.</summary>
    public ReadOnlySpan<double> Epsilons => _fit.Epsilons;

    /// <summary>pi_k: class priors, K numbers of sum 1; 0 for a class without training rows.</summary>
    public ReadOnlySpan<double> Priors => _fit.Priors;

    /// <summary>ln pi_k, K numbers; negative infinity for a class without training rows.</summary>
    public ReadOnlySpan<double> LogPriors => _logPriors;

    /// <summary>
    /// The point around which the scores are computed, d numbers: the mean of feature j over all rows or, with tied variances and two classes, the midpoint of
    /// both class means, where the feature speaks for neither.
    /// </summary>
    public ReadOnlySpan<double> Center => Coefficients.Center;

    /// <summary>
    /// With tied variances W_kj = (mu_kj - Centre_j) / (T v_j), K x d: logits = W x + Bias, when no feature is missing. Rows of classes without training rows are 0.
    /// Empty with <see cref="CovarianceKind.PerClass"/>, where the scores are not linear.
    /// </summary>
    public ReadOnlySpan<double> Weights => Covariance == CovarianceKind.Tied ? Coefficients.Linear : default;

    /// <summary>
    /// With tied variances b_k = ln pi_k - (1 / 2T) sum_j (mu_kj - Centre_j)^2 / v_j - sum_j W_kj Centre_j, up to a number that all classes share, K numbers;
    /// -1e30 for a class without training rows. Empty with <see cref="CovarianceKind.PerClass"/>.
    /// </summary>
    public ReadOnlySpan<double> Bias => _bias;

    /// <summary>A copy of the options with which the model was trained.</summary>
    public NaiveBayesLinearProbeTrainer.Options GetOptions() => _options.Clone();

    /// <summary>The coefficients of the log scores, as the ONNX graph has them.</summary>
    internal LogScoreCoefficients Coefficients { get; }

    /// <summary>The overridden priors, K numbers, or <see langword="null"/>.</summary>
    internal double[]? PriorOverride => _priorOverride;

    /// <summary>The statistics. Not to be changed.</summary>
    internal ClassStatistics Statistics => _statistics;

    private double[] FoldedBias()
    {
        var bias = (double[])Coefficients.LogPrior.Clone();
        foreach (var k in _fit.PresentClasses)
        {
            for (var j = 0; j < FeatureCount; j++)
            {
                var i = (k * FeatureCount) + j;
                bias[k] += Coefficients.Constant[i] - (Coefficients.Linear[i] * Coefficients.Center[j]);
            }
        }

        return bias;
    }
}
