using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>How features become the inputs of a network: standardised, missing ones replaced, indicators of missing ones appended.</summary>
/// <remarks>
/// Inputs are z = (x - mean) / deviation, computed in double and limited to <see cref="LargestInput"/>, so that features of any scale, infinite ones included, give
/// finite inputs; then clipped smoothly, z / sqrt(1 + (z / limit)^2), so that a few extreme values do not decide. Training and graph do the same operations, and so
/// give the same bits. Source of the smooth clipping: D. Holzmueller, L. Grinsztajn, I. Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data",
/// NeurIPS 2024, arXiv:2407.04491, section 3.
/// </remarks>
/// <param name="Means">Weighted mean of each feature over the rows that have it, d numbers.</param>
/// <param name="Deviations">Weighted standard deviation of each feature, d numbers above 0; 1 for a constant feature.</param>
/// <param name="ReplacesMissing">Whether a missing feature becomes its mean; otherwise it stays NaN.</param>
/// <param name="Indicators">Positions of the features that have an indicator among the inputs, ascending.</param>
/// <param name="Limit">What inputs are clipped to smoothly, above 0; <see langword="null"/> for no smooth clipping.</param>
internal sealed record FeatureScaling(double[] Means, double[] Deviations, bool ReplacesMissing, int[] Indicators, double? Limit = null)
{
    /// <summary>Largest input. n rows of weight 1 are at most sqrt(n) deviations from their mean, so that it cuts nothing that was trained on.</summary>
    public const double LargestInput = 1e6;

    // A deviation below this share of the mean is rounding: the feature is constant.
    private const double SmallestRelativeDeviation = 1e-8;

    /// <summary>Number of features d.</summary>
    public int FeatureCount => Means.Length;

    /// <summary>Number of inputs of the network: features and indicators.</summary>
    public int InputCount => Means.Length + Indicators.Length;

    /// <summary>Measures the rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="rule">What happens to missing features.</param>
    /// <param name="limit">What inputs are clipped to smoothly, above 0; <see langword="null"/> for no smooth clipping.</param>
    public static FeatureScaling Of(RowBlock rows, MissingValueRule rule, double? limit = null)
    {
        var d = rows.FeatureCount;
        double[] means = new double[d], deviations = new double[d], zeros = new double[d], missing = new double[d];
        var isMissing = new bool[d];
        // Zeros are counted rather than added, whether they are stored or not: sparse and dense rows give the same bits.
        var total = 0.0;
        for (var i = 0; i < rows.Count; i++)
        {
            var weight = rows.Weights.IsEmpty ? 1.0 : rows.Weights[i];
            total += weight;
            foreach (var (j, x) in new StoredValues(rows, i))
            {
                if (float.IsNaN(x))
                    (missing[j], isMissing[j]) = (missing[j] + weight, true);
                else
                    means[j] += weight * x;
            }
        }
        for (var j = 0; j < d; j++)
        {
            zeros[j] = total - missing[j];
            means[j] = zeros[j] > 0 ? means[j] / zeros[j] : 0;
        }
        for (var i = 0; i < rows.Count; i++)
        {
            var weight = rows.Weights.IsEmpty ? 1.0 : rows.Weights[i];
            foreach (var (j, x) in new StoredValues(rows, i))
            {
                if (x == 0 || float.IsNaN(x))
                    continue;
                deviations[j] += weight * (x - means[j]) * (x - means[j]);
                zeros[j] -= weight;
            }
        }
        for (var j = 0; j < d; j++)
        {
            var present = total - missing[j];
            var variance = present > 0 ? (deviations[j] + (Math.Max(0, zeros[j]) * means[j] * means[j])) / present : 0;
            var deviation = Math.Sqrt(variance);
            deviations[j] = deviation > SmallestRelativeDeviation * Math.Abs(means[j]) ? deviation : 1;
        }
        int[] indicators = rule == MissingValueRule.MeanAndIndicator ? [.. Enumerable.Range(0, d).Where(j => isMissing[j])] : [];
        return new(means, deviations, rule != MissingValueRule.Error, indicators, limit);
    }

    /// <summary>The inputs of all rows, n x <see cref="InputCount"/>.</summary>
    /// <exception cref="InvalidOperationException">They are more than one array takes.</exception>
    public float[] Apply(RowBlock rows)
    {
        var count = rows.Count * (long)InputCount;
        if (count > Array.MaxLength)
            throw new InvalidOperationException($"{rows.Count} rows x {InputCount} inputs are {count} numbers, more than fit in memory as one matrix: expected at most {Array.MaxLength}.");
        var inputs = new float[count];
        var ofZeros = new float[FeatureCount];
        for (var j = 0; j < FeatureCount; j++)
            ofZeros[j] = Input(j, 0);
        for (var i = 0; i < rows.Count; i++)
            Apply(rows, i, ofZeros, inputs.AsSpan(i * InputCount, InputCount));
        return inputs;
    }

    /// <summary>Adds the scaling to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">The features, a float tensor [N, d].</param>
    /// <returns>The inputs, a float tensor [N, <see cref="InputCount"/>].</returns>
    public OnnxValue Build(OnnxGraphBuilder graph, OnnxValue features)
    {
        var centred = graph.Sub(graph.Cast(features, OnnxElementType.Double), graph.Constant(Means, FeatureCount));
        var z = graph.Mul(centred, graph.Constant([.. Deviations.Select(deviation => 1 / deviation)], FeatureCount));
        z = graph.Clip(z, graph.Constant(-LargestInput), graph.Constant(LargestInput));
        if (Limit is { } limit)
        {
            var share = graph.Mul(z, graph.Constant(1 / limit));
            z = graph.Div(z, graph.Sqrt(graph.Add(graph.Mul(share, share), graph.Constant(1.0))));
        }
        z = graph.Cast(z, OnnxElementType.Float);
        var missing = graph.IsNaN(features);
        z = ReplacesMissing
            ? graph.Where(missing, graph.Constant(0f), z)
            : graph.Where(missing, graph.Constant(float.NaN), z);
        if (Indicators.Length == 0)
            return z;
        var positions = graph.Constant([.. Indicators.Select(j => (long)j)], Indicators.Length);
        return graph.Concat(1, z, graph.Gather(graph.Cast(missing, OnnxElementType.Float), positions, axis: 1));
    }

    private void Apply(RowBlock rows, int row, float[] ofZeros, Span<float> inputs)
    {
        ofZeros.CopyTo(inputs);
        foreach (var (j, x) in new StoredValues(rows, row))
        {
            if (!float.IsNaN(x))
            {
                inputs[j] = Input(j, x);
                continue;
            }
            inputs[j] = ReplacesMissing ? 0 : float.NaN;
            if (Array.BinarySearch(Indicators, j) is >= 0 and var indicator)
                inputs[FeatureCount + indicator] = 1;
        }
    }

    private float Input(int feature, float x)
    {
        var z = Math.Clamp((x - Means[feature]) * (1 / Deviations[feature]), -LargestInput, LargestInput);
        if (Limit is { } limit)
        {
            var share = z * (1 / limit);
            z /= Math.Sqrt((share * share) + 1);
        }
        return (float)z;
    }
}
