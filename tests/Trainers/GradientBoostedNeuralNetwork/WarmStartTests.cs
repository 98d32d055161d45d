using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.GradientBoostedNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>What a model that is gone on from hands over, and which models are refused.</summary>
public class WarmStartTests
{
    private static readonly SmallTable Table = SmallTables.Diabetes.Train;

    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(MissingValueRule.Mean, MissingValueRule.Error)]
    [InlineData(MissingValueRule.Error, MissingValueRule.Mean)]
    [InlineData(MissingValueRule.Mean, MissingValueRule.Mean)]
    public void A_longer_model_replaces_missing_values_if_either_fit_did(MissingValueRule first, MissingValueRule then)
    {
        var start = Fit(Table with { Features = [.. Table.Features.Select(row => row.Select(x => x + 1).ToArray())] }, new() { MissingValues = first }).Model;
        foreach (var labels in new[] { Table.Labels, [.. Table.Labels.Select(_ => 3.0)] })
        {
            var longer = Fit(Table with { Labels = labels }, new() { MissingValues = then }, start);
            var expected = first == MissingValueRule.Mean ? start.Replacements[1] : Table.Features.Average(row => (float)row[1]);
            Assert.Equal(expected, longer.Model.Replacements[1], 1e-6);
            var (gaps, filled) = (WithSecond(double.NaN), WithSecond((float)expected));
            foreach (var (form, model) in Models.Forms(_context, longer, gaps.Schema))
                Snapshot.AssertSame(Snapshot.Of(longer.Transform(filled), "Score"), Snapshot.Of(model.Transform(gaps), "Score"), form);
        }
    }

    [Fact]
    public void New_rows_with_missing_values_are_refused_as_the_option_says()
    {
        var start = Fit(Table, new() { MissingValues = MissingValueRule.Mean }).Model;
        var trainer = _context.Trainer(PredictionTask.Regression, new());
        Assert.Contains("'Features'", Assert.Throws<InvalidOperationException>(() => trainer.Fit(WithSecond(double.NaN), start)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PredictionTask.Regression, PredictionTask.BinaryClassification)]
    [InlineData(PredictionTask.BinaryClassification, PredictionTask.Regression)]
    public void A_model_of_another_task_is_refused(PredictionTask earlier, PredictionTask now)
    {
        var view = SmallTables.BreastCancer.ToView(_context);
        var start = _context.Trainer(earlier, new() { NumberOfUnits = 2 }).Fit(view).Model;
        foreach (var model in new[] { start, GradientBoostedNeuralNetworkModelParameters.FromState(start.GetState()) })
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => _context.Trainer(now, new() { NumberOfUnits = 2 }).Fit(view, model));
            Assert.StartsWith($"The model to go on from was trained for {earlier}; expected {now}", error.Message, StringComparison.Ordinal);
            Assert.True(_context.Trainer(earlier, new() { NumberOfUnits = 2 }).Fit(view, model).Model.UnitCount >= 2);
        }
    }

    [Fact]
    public void A_Poisson_model_of_zeros_is_left_as_if_it_were_none()
    {
        var zeros = Fit(Table with { Labels = [.. Table.Labels.Select(_ => 0.0)] }, new() { Loss = RegressionLoss.Poisson });
        Assert.All(Scores(zeros), score => Assert.InRange(score, 0, 1e-37));
        Assert.Equal(-87, zeros.Model.OutputBiases[0]);
        var (fresh, longer) = (Fit(Table, new() { Loss = RegressionLoss.Poisson }), Fit(Table, new() { Loss = RegressionLoss.Poisson }, zeros.Model));
        Assert.Equal(Scores(fresh), Scores(longer));
        Assert.Equal(Table.Labels.Average(), Scores(longer).Average(), 0.05 * Table.Labels.Average());
    }

    private PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> Fit(SmallTable table, Options options, GradientBoostedNeuralNetworkModelParameters? start = null)
    {
        (options.NumberOfUnits, options.Seed) = (5, 3);
        var trainer = _context.Trainer(PredictionTask.Regression, options);
        return start is null ? trainer.Fit(table.ToView(_context)) : trainer.Fit(table.ToView(_context), start);
    }

    private float[] Scores(ITransformer model) => [.. model.Transform(Table.ToView(_context)).GetColumn<float>("Score")];

    // All rows with another value for the second feature.
    private IDataView WithSecond(double value)
        => (Table with { Features = [.. Table.Features.Select(row => new[] { row[0], value }.Concat(row[2..]).ToArray())] }).ToView(_context);
}
