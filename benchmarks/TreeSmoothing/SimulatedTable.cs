using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Benchmarks;

/// <summary>
/// The simulation of the second paper: X uniform on [0, 1]^5, y = 0.1 exp(4 x1) + 4 / (1 + exp(-20 (x2 - 0.5))) + 3 x3 + 2 x4 + x5 + N(0, 1).
/// Source: A. Curth, A. Jeffares, M. van der Schaar, NeurIPS 2023, arXiv 2310.18988, after J. Friedman's MARS function.
/// </summary>
internal sealed class SimulatedTable
{
    private const int FeatureCount = 5;

    public SimulatedTable(int rows, Random random)
        : this([.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, FeatureCount).Select(_ => random.NextSingle()).ToArray())], random)
    {
    }

    private SimulatedTable(float[][] x, Random random)
    {
        X = x;
        Mean = [.. x.Select(row => (0.1 * Math.Exp(4 * row[0])) + (4 / (1 + Math.Exp(-20 * (row[1] - 0.5)))) + (3 * row[2]) + (2 * row[3]) + row[4])];
        Y = [.. Mean.Select(mean => mean + Normal(random))];
    }

    public float[][] X { get; }

    /// <summary>The labels without noise.</summary>
    public double[] Mean { get; }

    public double[] Y { get; }

    /// <summary>Rows near those of this table: each feature moved by up to so much in either direction.</summary>
    public SimulatedTable Near(float offset, Random random)
        => new([.. X.Select(row => row.Select(value => value + (offset * ((2 * random.NextSingle()) - 1))).ToArray())], random);

    public IDataView View(MLContext ml) => ml.Data.LoadFromEnumerable(X.Zip(Y, (x, y) => new Point { Features = x, Label = (float)y }).ToArray());

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private sealed class Point
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
