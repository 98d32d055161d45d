using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Tests.Transforms.TJepa;

/// <summary>Ten columns that are nonlinear functions of three factors: what a table must have for its columns to be predictable from each other.</summary>
public sealed class SyntheticTests
{
    private const int Columns = 10;

    private sealed class Row
    {
        [VectorType(Columns)]
        public float[] Values { get; set; } = [];

        public float Factor { get; set; }
    }

    [Fact]
    public void Columns_are_learned_from_each_other_and_no_column_collapses()
    {
        MLContext ml = new(1);
        var rows = Rows(5000);
        var view = ml.Data.LoadFromEnumerable(rows);
        var fitted = ml.Transforms.TJepa("Embedding", ["Values"], epochs: 20).Fit(view);
        var last = fitted.Model.History[^1];
        Assert.InRange(last.NormalizedLoss, 0, 0.9);
        Assert.InRange(last.SmallestDeviation, 0.1, 2);
        Assert.All(fitted.Model.History, epoch => Assert.True(epoch.IsHealthy));

        // A factor that no column shows by itself is a linear function of the tokens.
        var (train, test) = (ml.Data.LoadFromEnumerable(Rows(3000, seed: 2)), ml.Data.LoadFromEnumerable(Rows(2000, seed: 3)));
        double ErrorOf(string features)
        {
            var trainer = ml.Transforms.NormalizeMeanVariance(features).Append(ml.Regression.Trainers.Sdca(nameof(Row.Factor), features, l2Regularization: 1e-5f, maximumNumberOfIterations: 100));
            return ml.Regression.Evaluate(trainer.Fit(fitted.Transform(train)).Transform(fitted.Transform(test)), nameof(Row.Factor)).RootMeanSquaredError;
        }
        Assert.InRange(ErrorOf("Embedding"), 0, 0.9 * ErrorOf("Values"));
    }

    private static Row[] Rows(int count, int seed = 1)
    {
        Random random = new(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var (a, b, c) = (Normal(), Normal(), Normal());
            double[] values = [a * a, Math.Abs(a + b), Math.Sin(2 * b), b * c, Math.Exp(0.5 * c), a * b, Math.Cos(a + c), Math.Tanh(a - c), Math.Max(0, b), c * c * c / 4];
            return new Row { Values = [.. values.Select(value => (float)(value + (0.1 * Normal())))], Factor = (float)a };
        })];
    }
}
