using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Benchmarks;

/// <summary>Ten columns that are nonlinear functions of three factors, with noise of a tenth, and five that are nothing but noise.</summary>
internal static class SyntheticTable
{
    public const int Columns = 10;

    public const int NoiseColumns = 5;

    public static readonly string[] Factors = [nameof(Row.A), nameof(Row.B), nameof(Row.C)];

    public static IDataView View(MLContext ml, int count, int seed)
    {
        Random random = new(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        Row Draw()
        {
            var (a, b, c) = (Normal(), Normal(), Normal());
            double[] values = [a * a, Math.Abs(a + b), Math.Sin(2 * b), b * c, Math.Exp(0.5 * c), a * b, Math.Cos(a + c), Math.Tanh(a - c), Math.Max(0, b), c * c * c / 4];
            return new()
            {
                Values = [.. values.Select(value => (float)(value + (0.1 * Normal())))],
                Noise = [.. Enumerable.Range(0, NoiseColumns).Select(_ => (float)Normal())],
                A = (float)a,
                B = (float)b,
                C = (float)c,
            };
        }
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ => Draw()).ToArray());
    }

    private sealed class Row
    {
        [VectorType(Columns)]
        public float[] Values { get; set; } = [];

        [VectorType(NoiseColumns)]
        public float[] Noise { get; set; } = [];

        public float A { get; set; }

        public float B { get; set; }

        public float C { get; set; }
    }
}
