using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>
/// Nested dropout: a batch sees the first k features only, k being drawn for every batch with P(k) proportional to exp(-(k / sigma)^2). Features become ordered by
/// importance, and those that only wrong labels need come last.
/// </summary>
/// <remarks>
/// Source: Y. Chen, S. X. Hu, X. Shen, C. Ai, J. Suykens, "Compressing Features for Learning with Noisy Labels", IEEE TNNLS 2022, arXiv:2206.13140. As in the
/// published code the exponent has no factor 1/2, and kept features are not scaled.
/// </remarks>
internal sealed class NestedDropout
{
    private const double CostOfFeature = 1e-5;

    // Rows x features x classes of logits that are computed at once.
    private const long LargestTable = 1 << 23;

    private readonly double[] _cumulative;
    private readonly Generator? _draws;

    /// <summary>Prepares the distribution.</summary>
    /// <param name="featureCount">Number of features K.</param>
    /// <param name="sigma">Width of the distribution, in features, above 0.</param>
    /// <param name="draws">Generator of the draws, and of nothing else.</param>
    public NestedDropout(int featureCount, double sigma, Generator? draws = null)
    {
        // A tiny sigma leaves k = 1 alone, whose own exponential may underflow: hence relative to it.
        var weights = Enumerable.Range(1, featureCount).Select(k => Math.Exp((1 - ((double)k * k)) / (sigma * sigma))).ToArray();
        var total = weights.Sum();
        Probabilities = [.. weights.Select(weight => weight / total)];
        _cumulative = new double[featureCount];
        for (var k = 0; k < featureCount; k++)
            _cumulative[k] = (k == 0 ? 0 : _cumulative[k - 1]) + Probabilities[k];
        _draws = draws;
        Width = featureCount;
    }

    /// <summary>Probability of k = 1 .. K.</summary>
    public double[] Probabilities { get; }

    /// <summary>Number of features k that the present batch sees.</summary>
    public int Width { get; private set; }

    /// <summary>Draws the k of the next batch.</summary>
    public void Draw()
    {
        using var scope = NewDisposeScope();
        Width = WidthAt(rand(1, ScalarType.Float64, generator: _draws).item<double>());
    }

    /// <summary>The k that a uniform random number stands for.</summary>
    /// <param name="uniform">0 to 1, 1 excluded.</param>
    public int WidthAt(double uniform)
    {
        var position = Array.BinarySearch(_cumulative, uniform);
        return Math.Min((position < 0 ? ~position : position + 1) + 1, _cumulative.Length);
    }

    /// <summary>Weighted number of rows that are classified as labelled with the first k features, for k = 1 .. K.</summary>
    /// <param name="module">The network, in scoring mode; without autograd.</param>
    /// <param name="batch">The rows.</param>
    public static double[] HitsByWidth(TabularNetwork module, Batch batch)
    {
        var (features, weights) = (module.FeatureCount, module.HeadWeight.t());
        var hits = new double[features];
        var rowsAtOnce = Math.Max(1, LargestTable / (features * weights.shape[1]));
        for (var first = 0L; first < batch.Count; first += rowsAtOnce)
        {
            using var scope = NewDisposeScope();
            var part = batch.Slice(first, Math.Min(rowsAtOnce, batch.Count - first));
            var logits = (module.Features(part).unsqueeze(2) * weights).cumsum(1).Plus(module.HeadBias);
            var correct = logits.argmax(2).eq(part.Labels!.unsqueeze(1)).to(ScalarType.Float64);
            var sums = (part.Weights is { } rowWeights ? correct * rowWeights.unsqueeze(1) : correct).sum(dim: 0).cpu().data<double>().ToArray();
            for (var k = 0; k < features; k++)
                hits[k] += sums[k];
        }
        return hits;
    }

    /// <summary>The number of features to keep, from the accuracies with the first 1 .. K: the most accurate, and few among those that are about as good.</summary>
    public static int Best(IReadOnlyList<double> accuracies)
        => Enumerable.Range(1, accuracies.Count).MaxBy(k => accuracies[k - 1] - (CostOfFeature * (k - 1)));
}
