using System.Globalization;
using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <content>The options.</content>
public sealed partial class NaiveBayesLinearProbeTrainer
{
    /// <summary>Options of the Gaussian naive Bayes linear probe.</summary>
    /// <remarks>
    /// Row weights count as frequencies: a row of weight 2 is the same as that row twice.
    /// Symbols: N_k weight of class k, N_kj the same without the rows where feature j is missing, S_kj sum of squared deviations,
    /// v the variances. Source: C. Zheng, G. Wu, F. Bao, Y. Cao, C. Li, J. Zhu, "Revisiting Discriminative vs. Generative Classifiers:
    /// Theory and Implications", ICML 2023, <see href="https://arxiv.org/abs/2302.02334">arXiv:2302.02334</see>.
    /// </remarks>
    public sealed class Options : TrainerOptions
    {
        /// <summary>Whether the classes share one variance per feature (a linear model, the paper's probe) or each class has its own (a quadratic one).</summary>
        /// <value>The default value is <see cref="CovarianceKind.Tied"/>, as in the paper.</value>
        [Choice(new object[] { CovarianceKind.Tied, CovarianceKind.PerClass }, defaultValue: CovarianceKind.Tied)]
        public CovarianceKind Covariance { get; set; } = CovarianceKind.Tied;

        /// <summary>Amount of variance that is added, at least 0; no unit, except that <see cref="VarianceSmoothingRule.Absolute"/> takes it in squared feature units.</summary>
        /// <value>The default value is 0.001; the paper's reference code adds 1e-9 with <see cref="VarianceSmoothingRule.Absolute"/>.</value>
        [Range(1e-12, 1.0, init: 1e-3, logBase: true)]
        public double VarianceSmoothing { get; set; } = 1e-3;

        /// <summary>How <see cref="VarianceSmoothing"/> becomes the variance epsilon_j that is added to feature j.</summary>
        /// <value>The default value is <see cref="VarianceSmoothingRule.PerFeature"/>: unlike the two others it does not depend on the units of the features.</value>
        [NotSwept("each rule would need a range of its own for the amount")]
        public VarianceSmoothingRule VarianceSmoothingRule { get; set; } = VarianceSmoothingRule.PerFeature;

        /// <summary>
        /// Least epsilon_j, above 0, in squared feature units: added by <see cref="VarianceSmoothingRule.PerFeature"/>, a lower bound in the other rules.
        /// Keeps a feature without variance inside the classes finite. Lower it when features are measured in units below about 0.0001.
        /// </summary>
        /// <value>The default value is 1e-12.</value>
        [NotSwept("a safety net; in the units of the features")]
        public double VarianceFloor { get; set; } = 1e-12;

        /// <summary>
        /// Whether sums of squares are divided by the degrees of freedom, sum_k N_kj - K (tied) or N_kj - 1 (per class), instead of the weights:
        /// unbiased variances, slightly softer posteriors. Has no effect on a feature for which less than 1 would remain.
        /// </summary>
        /// <value>The default value is <see langword="false"/>, as in the paper's reference code and in scikit-learn.</value>
        [BooleanChoice(false)]
        public bool DegreesOfFreedomCorrection { get; set; }

        /// <summary>Where the class priors pi_k come from.</summary>
        /// <value>The default value is <see cref="ClassPriorKind.Empirical"/>: pi_k = N_k / N.</value>
        [Choice(new object[] { ClassPriorKind.Empirical, ClassPriorKind.Uniform }, defaultValue: ClassPriorKind.Empirical)]
        public ClassPriorKind Prior { get; set; } = ClassPriorKind.Empirical;

        /// <summary>
        /// The priors for <see cref="ClassPriorKind.Given"/>: one positive number for each class in the label's order, separated by commas,
        /// in invariant culture, for example <c>0.2,0.8</c>. They are scaled to sum 1 over the classes that have training rows.
        /// </summary>
        /// <value>The default value is <see langword="null"/>.</value>
        public string? GivenPriors { get; set; }

        /// <summary>Pseudo-count a of Laplace's rule for <see cref="ClassPriorKind.Empirical"/> priors, pi_k = (N_k + a) / (N + K a); in rows, at least 0.</summary>
        /// <value>The default value is 0: no smoothing of the priors.</value>
        [Choice(new object[] { 0.0, 0.5, 1.0 }, defaultValue: 0.0)]
        public double PriorPseudoCount { get; set; }

        /// <summary>
        /// Shrinkage lambda of the class variances towards the tied one, 0 to 1: v_kj becomes (1 - lambda) v_kj + lambda v_j.
        /// Only used with <see cref="CovarianceKind.PerClass"/>.
        /// </summary>
        /// <value>The default value is 0: each class keeps its own variances.</value>
        [Range(0.0, 1.0, init: 0.0, logBase: false)]
        public double Shrinkage { get; set; }

        /// <summary>
        /// Share of the training rows that is held out to fit the temperature T, 0 up to (not including) 1; 0 fits none (T = 1). The likelihood is raised
        /// to the power 1 / T, which corrects the overconfidence that correlated features cause. The rows are then read twice, and K numbers are kept for each held-out row, of which at
        /// most 50,000 are drawn by the seed; all of them join the statistics in the end. With few rows per class it can make the probabilities worse.
        /// </summary>
        /// <value>The default value is 0.</value>
        [Choice(new object[] { 0.0, 0.2 }, defaultValue: 0.0)]
        public double CalibrationFraction { get; set; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            Require(Enum.IsDefined(Covariance), nameof(Covariance), "must be Tied or PerClass", Covariance);
            Require(Enum.IsDefined(VarianceSmoothingRule), nameof(VarianceSmoothingRule), "must be PerFeature, LargestVariance or Absolute", VarianceSmoothingRule);
            Require(Enum.IsDefined(Prior), nameof(Prior), "must be Empirical, Uniform or Given", Prior);
            Require(double.IsFinite(VarianceSmoothing) && VarianceSmoothing >= 0, nameof(VarianceSmoothing), "must be at least 0 and finite", VarianceSmoothing);
            Require(double.IsFinite(VarianceFloor) && VarianceFloor > 0, nameof(VarianceFloor), "must be above 0 and finite", VarianceFloor);
            Require(double.IsFinite(PriorPseudoCount) && PriorPseudoCount >= 0, nameof(PriorPseudoCount), "must be at least 0 and finite", PriorPseudoCount);
            Require(Shrinkage is >= 0 and <= 1, nameof(Shrinkage), "must lie between 0 and 1", Shrinkage);
            Require(CalibrationFraction is >= 0 and < 1, nameof(CalibrationFraction), "must be at least 0 and below 1", CalibrationFraction);
            if (Prior == ClassPriorKind.Given)
                ParseGivenPriors();
        }

        /// <summary>The numbers in <see cref="GivenPriors"/>, as given: not yet scaled to sum 1.</summary>
        internal double[] ParseGivenPriors()
        {
            const string Expected = "must list one positive number per class, separated by commas, when Prior is Given";
            Require(!string.IsNullOrWhiteSpace(GivenPriors), nameof(GivenPriors), Expected, GivenPriors);
            return Array.ConvertAll(GivenPriors!.Split(','), text =>
            {
                var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var prior);
                Require(isNumber && double.IsFinite(prior) && prior > 0, nameof(GivenPriors), Expected, GivenPriors);
                return prior;
            });
        }

        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);
    }
}
