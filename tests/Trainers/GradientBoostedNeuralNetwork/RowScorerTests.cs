using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.GradientBoostedNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>Batches, single rows and reloaded models give the same scores for any features.</summary>
public class RowScorerTests
{
    private static readonly double[] Extremes =
        [0, 1e30, -1e30, 1.5e38, 3e38, -3e38, float.MaxValue, double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    private readonly MLContext _context = new(seed: 1);

    public static TheoryData<PredictionTask, RegressionLoss, HiddenActivation> Cases { get; } = AllCases();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_form_scores_extreme_rows_alike(PredictionTask task, RegressionLoss loss, HiddenActivation activation)
    {
        foreach (var missing in new[] { MissingValueRule.Error, MissingValueRule.Mean })
        {
            var fitted = Fit(task, new() { Loss = loss, Activation = activation, MissingValues = missing });
            var (rows, isMissing) = ExtremeRows(Networks.Table(task));
            foreach (var model in new[] { fitted, fitted.Truncate(0) })
            {
                var byRow = RowScores(model, rows);
                foreach (var (form, other) in Models.Forms(_context, model, rows.ToView(_context).Schema))
                    AssertSame(byRow, BatchScores(other, rows), $"{form}, {model.Model.UnitCount} units");
                // A missing value is one, unless it is replaced or there is no unit to see it.
                for (var i = 0; i < byRow.Length; i++)
                    Assert.Equal(isMissing[i] && missing == MissingValueRule.Error && model.Model.UnitCount > 0, Array.Exists(byRow[i], float.IsNaN));
            }
        }
    }

    [Fact]
    public void Huge_features_are_scored_as_they_were_trained_on()
    {
        // Beyond 1e38, and different from each other only there.
        double[][] features = [.. Enumerable.Range(0, 40).Select(i => new[] { (1.1 + (0.05 * i)) * 1e38 })];
        SmallTable table = new(features, [.. Enumerable.Range(0, 40).Select(i => (double)i)]);
        var fitted = _context.Trainer(PredictionTask.Regression, new() { NumberOfUnits = 60, Seed = 3 }).Fit(table.ToView(_context));
        var error = BatchScores(fitted, table).Zip(table.Labels, (score, label) => (score[0] - label) * (score[0] - label)).Average() / 2;
        Assert.Equal(1, error / fitted.Model.Steps[^1].TrainingLoss, 1e-3);
        Assert.InRange(error, 0, 10);
    }

    [Fact]
    public void A_constant_model_gives_its_constant_for_missing_features_as_well()
    {
        var table = SmallTables.Diabetes.Train;
        var fitted = _context.Trainer(PredictionTask.Regression, new()).Fit((table with { Labels = [.. table.Labels.Select(_ => 7.25)] }).ToView(_context));
        var rows = ExtremeRows(table).Rows;
        Assert.All(RowScores(fitted, rows), score => Assert.Equal(7.25f, score[0]));
        Assert.All(BatchScores(fitted, rows), score => Assert.Equal(7.25f, score[0]));
    }

    private static TheoryData<PredictionTask, RegressionLoss, HiddenActivation> AllCases()
    {
        TheoryData<PredictionTask, RegressionLoss, HiddenActivation> cases = [];
        foreach (var activation in new[] { HiddenActivation.Logistic, HiddenActivation.Tanh, HiddenActivation.Relu })
        {
            foreach (var loss in Enum.GetValues<RegressionLoss>())
                cases.Add(PredictionTask.Regression, loss, activation);
            cases.Add(PredictionTask.BinaryClassification, RegressionLoss.Squared, activation);
            cases.Add(PredictionTask.MulticlassClassification, RegressionLoss.Squared, activation);
        }
        return cases;
    }

    private PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> Fit(PredictionTask task, Options options)
    {
        (options.NumberOfUnits, options.UnitsPerStep, options.MaximumIterations, options.Seed) = (10, 2, 30, 3);
        return _context.Trainer(task, options).Fit(Networks.Table(task).ToView(_context));
    }

    // A few ordinary rows; then each extreme in all features, and in one feature of an ordinary row.
    private static (SmallTable Rows, bool[] IsMissing) ExtremeRows(SmallTable table)
    {
        double[][] rows =
        [
            .. table.Features.Take(4),
            .. Extremes.Select(value => Enumerable.Repeat(value, table.FeatureCount).ToArray()),
            .. Extremes.Select((value, i) => table.Features[i].Select((x, j) => j == i % table.FeatureCount ? value : x).ToArray()),
        ];
        return (new(rows, new double[rows.Length]), [.. rows.Select(row => Array.Exists(row, double.IsNaN))]);
    }

    private static float[][] RowScores(PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> model, SmallTable rows)
    {
        var score = model.Model.CreateRowScorer(model.Task);
        Assert.NotNull(score);
        return Array.ConvertAll(rows.Features, row =>
        {
            var scores = new float[model.Model.OutputCount];
            score(Array.ConvertAll(row, x => (float)x), scores);
            return scores;
        });
    }

    private float[][] BatchScores(ITransformer model, SmallTable rows)
    {
        var scored = model.Transform(rows.ToView(_context));
        return scored.Schema["Score"].Type is VectorDataViewType
            ? [.. scored.GetColumn<float[]>("Score")]
            : [.. scored.GetColumn<float>("Score").Select(score => new[] { score })];
    }

    private static void AssertSame(float[][] expected, float[][] actual, string form)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            for (var k = 0; k < expected[i].Length; k++)
            {
                var (want, got) = (expected[i][k], actual[i][k]);
                var isSame = float.IsNaN(want) ? float.IsNaN(got) : Math.Abs(want - got) <= 1e-5 * Math.Max(1, Math.Abs(want));
                Assert.True(isSame, $"{form}, row {i}, output {k}: a row by itself gives {want}, a batch {got}");
            }
        }
    }
}
