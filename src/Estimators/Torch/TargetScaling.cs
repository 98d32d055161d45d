using MLExtensions.Estimators.Data;

namespace MLExtensions.Estimators.Torch;

/// <summary>How the targets of a regression are standardised, so that learning rates do not depend on their unit.</summary>
/// <param name="Mean">Weighted mean of the targets.</param>
/// <param name="Deviation">Weighted standard deviation of the targets; 1 when all are equal.</param>
internal sealed record TargetScaling(double Mean, double Deviation)
{
    private const double SmallestRelativeDeviation = 1e-8;

    /// <summary>Measures the targets of the rows.</summary>
    public static TargetScaling Of(RowBlock rows)
    {
        double total = 0, sum = 0, squares = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            total += WeightOf(rows, i);
            sum += WeightOf(rows, i) * rows.Targets[i];
        }
        var mean = sum / total;
        for (var i = 0; i < rows.Count; i++)
            squares += WeightOf(rows, i) * (rows.Targets[i] - mean) * (rows.Targets[i] - mean);
        var deviation = Math.Sqrt(squares / total);
        return new(mean, deviation > SmallestRelativeDeviation * Math.Abs(mean) ? deviation : 1);
    }

    /// <summary>The standardised targets.</summary>
    public float[] Apply(ReadOnlySpan<float> targets)
    {
        var scaled = new float[targets.Length];
        for (var i = 0; i < scaled.Length; i++)
            scaled[i] = (float)((targets[i] - Mean) / Deviation);
        return scaled;
    }

    private static double WeightOf(RowBlock rows, int row) => rows.Weights.IsEmpty ? 1 : rows.Weights[row];
}
