using System.Text.Json;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Optimization;
using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>The independent numbers in Data/gradient-boosted-neural-network.json, 10 digits each.</summary>
internal static class Reference
{
    private static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "gradient-boosted-neural-network.json"))).RootElement;

    public static FixedBlocks OneThread { get; } = new(1);

    public static JsonElement Of(params string[] path) => path.Aggregate(Root, (element, name) => element.GetProperty(name));

    public static double Number(this JsonElement element, string name) => element.GetProperty(name).GetDouble();

    /// <summary>All numbers of an array, in their order, however deeply nested.</summary>
    public static double[] Flat(this JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Flat)]
        : [element.GetDouble()];

    public static double[] Flat(this JsonElement element, string name) => element.GetProperty(name).Flat();

    public static FeatureRows Rows(JsonElement x, int featureCount) => FeatureRows.From(RowBlock.Dense(featureCount, [.. x.Flat().Select(value => (float)value)]));

    public static double[] Ones(int count) => [.. Enumerable.Repeat(1.0, count)];

    public static double MeanLoss(this BoostingLoss loss, double[] scores) => loss.Loss(0, loss.RowCount, scores) / loss.RowCount;

    public static void Close(double[] expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"{i}: expected {expected[i]:R}, got {actual[i]:R}");
    }
}

/// <summary>Least squares with an intercept: a block without hidden units' help, in closed form.</summary>
internal sealed class LeastSquaresLearner(double[][] x, int outputCount) : IBlockLearner
{
    /// <summary>Coefficients of the features and the intercept for each output, of each step.</summary>
    public List<double[]> Coefficients { get; } = [];

    public NetworkBlock Fit(int step, double[] residuals, double[] outputs)
    {
        double[][] design = [.. x.Select(row => new[] { row[0], row[1], 1 })];
        var coefficients = new double[3 * outputCount];
        for (var k = 0; k < outputCount; k++)
        {
            var solved = Solve(design, [.. design.Select((_, i) => residuals[(i * outputCount) + k])]);
            for (var i = 0; i < design.Length; i++)
                outputs[(i * outputCount) + k] = design[i].Zip(solved, (a, b) => a * b).Sum();
            for (var j = 0; j < 3; j++)
                coefficients[(j * outputCount) + k] = solved[j];
        }
        Coefficients.Add(coefficients);
        return new(new(2, 1, outputCount), HiddenActivation.Relu, new double[4 + (2 * outputCount)]);
    }

    // Cramer's rule on the normal equations.
    private static double[] Solve(double[][] a, double[] b)
    {
        var normal = Matrix((i, j) => a.Sum(row => row[i] * row[j]));
        var right = Enumerable.Range(0, 3).Select(i => a.Zip(b, (row, value) => row[i] * value).Sum()).ToArray();
        return [.. Enumerable.Range(0, 3).Select(column => Determinant(Matrix((i, j) => j == column ? right[i] : normal[i][j])) / Determinant(normal))];
    }

    private static double[][] Matrix(Func<int, int, double> element) => [.. Enumerable.Range(0, 3).Select(i => Enumerable.Range(0, 3).Select(j => element(i, j)).ToArray())];

    private static double Determinant(double[][] m) => Enumerable.Range(0, 3).Sum(j =>
        m[0][j] * ((m[1][(j + 1) % 3] * m[2][(j + 2) % 3]) - (m[1][(j + 2) % 3] * m[2][(j + 1) % 3])));
}

/// <summary>Fits blocks to all rows from given starting points.</summary>
internal sealed class GivenStartsLearner(FeatureRows rows, double[][] starts, double penalty) : IBlockLearner
{
    private readonly BlockObjective _objective = new(rows, Standardization.None(1), Reference.OneThread, new(1, 1, 1), HiddenActivation.Logistic, penalty);

    public List<double> Objectives { get; } = [];

    public NetworkBlock Fit(int step, double[] residuals, double[] outputs)
    {
        _objective.Start([.. Enumerable.Range(0, rows.Count)], residuals, Reference.Ones(rows.Count));
        double[] parameters = [.. starts[step]];
        Objectives.Add(new LimitedMemoryBfgs(1000, relativeDecrease: 0, gradientTolerance: 1e-9).Minimize(_objective.Evaluate, parameters).Value);
        var block = _objective.Fold(parameters);
        block.Evaluate(rows, Reference.OneThread, outputs);
        return block;
    }
}

/// <summary>Squared loss whose every step has length 1, as in the reference code.</summary>
internal sealed class UnitStepLoss(double[] targets) : BoostingLoss(Reference.Ones(targets.Length), 1)
{
    private readonly SquaredLoss _inner = new(targets, Reference.Ones(targets.Length));

    public override double Cap(double logOddsCap) => double.PositiveInfinity;

    public override double[] Start() => _inner.Start();

    public override double LossAlong(int first, int end, double[] scores, double[] direction, double step) => _inner.LossAlong(first, end, scores, direction, step);

    public override void Residuals(int first, int end, double[] scores, double[] residuals) => _inner.Residuals(first, end, scores, residuals);

    public override double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction)
        => Enumerable.Range(first, end - first).Sum(i => residuals[i] * direction[i]);
}
