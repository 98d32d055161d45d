using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;

namespace MLExtensions.Transforms;

/// <summary>How numeric columns are scaled: z = (x - offset) factor, limited. Missing values stay NaN. Training and graph do the same operations, in double.</summary>
/// <param name="Offsets">What is subtracted from each column.</param>
/// <param name="Factors">What each column is multiplied by; 0 for a constant column.</param>
/// <param name="Fillers">What stands for a missing value where a number is needed: the mean of the scaled column.</param>
/// <param name="Least">The smallest scaled number.</param>
/// <param name="Most">The largest scaled number.</param>
internal sealed record ColumnScaling(double[] Offsets, double[] Factors, double[] Fillers, double Least, double Most)
{
    // Products with 0 stay 0: infinite numbers, which only later rows may have, come down to this first.
    private const double Largest = 1e300;

    /// <summary>Number of numeric columns.</summary>
    public int Count => Offsets.Length;

    /// <summary>Measures rows.</summary>
    public static ColumnScaling Of(RowBlock rows, NumericScaling scaling)
    {
        if (rows.FeatureCount == 0)
            return new([], [], [], 0, 0);
        var (least, most) = Ranges(rows);
        var standardized = FeatureScaling.Of(rows, MissingValueRule.Mean);
        double Factor(int j, double unit) => most[j] > least[j] ? 1 / unit : 0;
        if (scaling == NumericScaling.Standardize)
            return new(standardized.Means, [.. standardized.Deviations.Select((deviation, j) => Factor(j, deviation))], new double[rows.FeatureCount], -5, 5);
        double[] factors = [.. least.Select((_, j) => Factor(j, most[j] - least[j]))];
        return new(least, factors, [.. standardized.Means.Select((mean, j) => (mean - least[j]) * factors[j])], -1, 2);
    }

    /// <summary>The scaled numbers of all rows, row by row.</summary>
    /// <exception cref="InvalidOperationException">They are more than one array takes.</exception>
    public float[] Apply(RowBlock rows)
    {
        if (rows.Count * (long)Count > Array.MaxLength)
            throw new InvalidOperationException($"{rows.Count} rows x {Count} columns are more numbers than fit in memory as one matrix: expected at most {Array.MaxLength}.");
        var scaled = new float[rows.Count * Count];
        var zeros = Enumerable.Range(0, Count).Select(j => Scale(j, 0)).ToArray();
        for (var row = 0; row < rows.Count; row++)
        {
            var numbers = scaled.AsSpan(row * Count, Count);
            zeros.CopyTo(numbers);
            foreach (var (j, x) in new StoredValues(rows, row))
                numbers[j] = Scale(j, x);
        }
        return scaled;
    }

    /// <summary>Adds the scaling to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="numbers">The numbers, float [N, <see cref="Count"/>].</param>
    /// <returns>The scaled numbers, float [N, <see cref="Count"/>]; NaN where they are missing.</returns>
    public OnnxValue Build(OnnxGraphBuilder graph, OnnxValue numbers)
    {
        // Not every engine carries NaN through all operators.
        var missing = graph.IsNaN(numbers);
        var x = graph.Cast(graph.Where(missing, graph.Constant(0f), numbers), OnnxElementType.Double);
        x = graph.Sub(graph.Clip(x, graph.Constant(-Largest), graph.Constant(Largest)), graph.Constant(Offsets, Count));
        x = graph.Clip(graph.Mul(x, graph.Constant(Factors, Count)), graph.Constant(Least), graph.Constant(Most));
        return graph.Where(missing, graph.Constant(float.NaN), graph.Cast(x, OnnxElementType.Float));
    }

    /// <summary>Adds scaled numbers without missing ones to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="scaled">What <see cref="Build"/> gives.</param>
    public OnnxValue Fill(OnnxGraphBuilder graph, OnnxValue scaled)
        => graph.Where(graph.IsNaN(scaled), graph.Constant([.. Fillers.Select(filler => (float)filler)], Count), scaled);

    private float Scale(int column, float x)
        => float.IsNaN(x) ? x : (float)Math.Clamp((Math.Clamp(x, -Largest, Largest) - Offsets[column]) * Factors[column], Least, Most);

    // A column without any value has the range 0 to 0.
    private static (double[] Least, double[] Most) Ranges(RowBlock rows)
    {
        double[] least = new double[rows.FeatureCount], most = new double[rows.FeatureCount];
        Array.Fill(least, double.PositiveInfinity);
        Array.Fill(most, double.NegativeInfinity);
        var stored = new int[rows.FeatureCount];
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var (j, x) in new StoredValues(rows, row))
            {
                stored[j]++;
                if (!float.IsNaN(x))
                    (least[j], most[j]) = (Math.Min(least[j], x), Math.Max(most[j], x));
            }
        }
        for (var j = 0; j < stored.Length; j++)
        {
            // Zeros of sparse rows are not stored.
            if (stored[j] < rows.Count)
                (least[j], most[j]) = (Math.Min(least[j], 0), Math.Max(most[j], 0));
            else if (least[j] > most[j])
                (least[j], most[j]) = (0, 0);
        }
        return (least, most);
    }
}
