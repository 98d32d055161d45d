using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork.Reference;
using Fitted = MLExtensions.Estimators.Scoring.PredictionTransformer<MLExtensions.Trainers.GradientBoostedNeuralNetworkModelParameters>;
using Options = MLExtensions.Trainers.GradientBoostedNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>Regression with other losses than the squared one, as users meet it.</summary>
public class RegressionLossTrainerTests
{
    private readonly MLContext _context = new(seed: 1);

    public static TheoryData<RegressionLoss> Losses { get; } = [.. Enum.GetValues<RegressionLoss>()];

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_training_loss_never_rises_and_falls_by_much(RegressionLoss loss)
    {
        foreach (var learningRate in new[] { 0.1, 1 })
        {
            var steps = Fit(SmallTables.Diabetes.Train, new() { Loss = loss, LearningRate = learningRate, NumberOfUnits = 60, Quantile = 0.2 }).Model.Steps;
            for (var t = 1; t < steps.Count; t++)
                Assert.True(steps[t].TrainingLoss <= steps[t - 1].TrainingLoss, $"step {t}");
            Assert.True(steps[^1].TrainingLoss < 0.8 * steps[0].TrainingLoss, $"{steps[0].TrainingLoss} to {steps[^1].TrainingLoss}");
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_reported_loss_is_that_of_the_scores_in_label_units(RegressionLoss loss)
    {
        var table = SmallTables.Diabetes.Train;
        var fitted = Fit(table, new() { Loss = loss, NumberOfUnits = 40, Quantile = 0.3, HuberDelta = 0.5 });
        Assert.Equal(1, MeanLoss(loss, table, Scores(fitted, table)) / fitted.Model.Steps[^1].TrainingLoss, 1e-5);
        Assert.Equal(loss, fitted.Model.Loss);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Early_stopping_keeps_the_prefix_with_the_lowest_validation_loss(RegressionLoss loss)
    {
        var (table, test) = (SmallTables.Diabetes.Train, SmallTables.Diabetes.Test);
        var options = new Options { Loss = loss, LearningRate = 1, NumberOfUnits = 150, PatienceSteps = 8, Quantile = 0.3, HuberDelta = 0.5 };
        var fitted = Trainer(options).Fit(View(table), View(test));
        var steps = fitted.Model.Steps;
        Assert.InRange(steps.Count, 1, 149);
        Assert.Equal(steps.Min(step => step.ValidationLoss), steps[^1].ValidationLoss);
        Assert.Equal(1, MeanLoss(loss, test, Scores(fitted, test)) / steps[^1].ValidationLoss!.Value, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_unit_of_the_label_does_not_matter(RegressionLoss loss)
    {
        var table = SmallTables.Diabetes.Train;
        // Powers of two are exact, but their logarithms are not: rounding, which many iterations of L-BFGS blow up.
        Options options = new() { Loss = loss, NumberOfUnits = 20, Quantile = 0.7, MaximumIterations = loss == RegressionLoss.Poisson ? 10 : 200 };
        var expected = Scores(Fit(table, options), table);
        foreach (var factor in new[] { 1 / 1024.0, 4096 })
        {
            var actual = Scores(Fit(table with { Labels = [.. table.Labels.Select(y => factor * y)] }, options), table);
            for (var i = 0; i < expected.Length; i++)
                Assert.Equal(1, actual[i] / (factor * expected[i]), 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Constant_features_give_the_best_constant(RegressionLoss loss)
    {
        // Weights as a column, so that the constants are weighted ones.
        double[] labels = [0, 1, 1, 2, 3, 5, 8, 40];
        float[] weights = [1, 2, 1, 1, 3, 1, 1, 2];
        var view = _context.Data.LoadFromEnumerable(labels.Select((y, i) => new WeightedRow { Features = [4, 4], Label = (float)y, Weight = weights[i] }));
        var fitted = Trainer(new() { Loss = loss, Quantile = 0.3, ExampleWeightColumnName = "Weight" }).Fit(view);

        // Median 3; distances 3 2 2 1 0 2 5 37 have the weighted median 2.
        const double Delta = 2 * 1.482602218505602;
        var score = Assert.Single(fitted.Transform(view).GetColumn<float>("Score").Distinct());
        var mean = labels.Zip(weights, (y, w) => y * w).Sum() / weights.Sum();
        if (loss == RegressionLoss.Huber)
            Assert.Equal(0, labels.Zip(weights, (y, w) => w * Math.Clamp(y - score, -Delta, Delta)).Sum(), 1e-4);
        else
            Assert.Equal(loss == RegressionLoss.Quantile ? 1 : mean, score, 1e-4);
    }

    [Fact]
    public void Quantiles_lie_above_their_share_of_the_labels()
    {
        var table = SmallTables.Diabetes.Train;
        double[] before = [.. table.Labels.Select(_ => double.NegativeInfinity)];
        foreach (var quantile in new[] { 0.1, 0.5, 0.9 })
        {
            var scores = Scores(Fit(table, new() { Loss = RegressionLoss.Quantile, Quantile = quantile, NumberOfUnits = 60 }), table);
            Assert.Equal(quantile, table.Labels.Zip(scores, (y, score) => y < score ? 1.0 : 0).Average(), 0.05);
            Assert.InRange(scores.Zip(before, (above, below) => above > below ? 1.0 : 0).Average(), 0.99, 1);
            before = scores;
        }
    }

    [Fact]
    public void Huber_does_not_follow_outliers()
    {
        var (table, test) = (SmallTables.Diabetes.Train, SmallTables.Diabetes.Test);
        var spoilt = table with { Labels = [.. table.Labels.Select((y, i) => i % 15 == 4 ? 100 * y : y)] };
        double TestError(RegressionLoss loss) => Scores(Fit(spoilt, new() { Loss = loss, NumberOfUnits = 40 }), test).Zip(test.Labels, (score, y) => Math.Abs(score - y)).Average();
        Assert.InRange(TestError(RegressionLoss.Huber), 0, 60);
        Assert.InRange(TestError(RegressionLoss.Squared), 200, double.MaxValue);
    }

    [Fact]
    public void Poisson_finds_a_log_linear_mean()
    {
        // Means exp(x1 - x2 / 2), counts as close to them as whole numbers can be in the mean.
        var random = new Random(5);
        double[][] features = [.. Enumerable.Range(0, 1500).Select(_ => new[] { (2 * random.NextDouble()) - 0.5, random.NextDouble() })];
        double[] means = [.. features.Select(x => Math.Exp(x[0] - (x[1] / 2)))];
        SmallTable table = new(features, [.. means.Select(mean => Math.Floor(mean + random.NextDouble()))]);
        var fitted = Fit(table, new() { Loss = RegressionLoss.Poisson, NumberOfUnits = 60 });
        var scores = Scores(fitted, table);
        Assert.True(means.Zip(scores, (mean, score) => Math.Abs(Math.Log(score / mean))).Average() < 0.05);
        Assert.Equal(table.Labels.Average(), scores.Average(), 0.05);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Every_form_of_the_model_gives_the_same_scores(RegressionLoss loss)
    {
        var view = View(SmallTables.Diabetes.Train);
        var fitted = Fit(SmallTables.Diabetes.Train, new() { Loss = loss, NumberOfUnits = 20 });
        foreach (var model in new[] { fitted, fitted.Truncate(7) })
        {
            var expected = Snapshot.Of(model.Transform(view), ["Score"]);
            foreach (var (form, other) in Models.Forms(_context, model, view.Schema))
                Snapshot.AssertSame(expected, Snapshot.Of(other.Transform(view), ["Score"]), form);
        }
    }

    [Theory]
    [InlineData(HiddenActivation.Logistic)]
    [InlineData(HiddenActivation.Relu)]
    public void Poisson_scores_are_finite_for_any_features(HiddenActivation activation)
    {
        var fitted = Fit(SmallTables.Diabetes.Train, new() { Loss = RegressionLoss.Poisson, NumberOfUnits = 20, Activation = activation });
        SmallTable extremes = new(
            [.. new[] { 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, 3e38, 0 }.Select(x => Enumerable.Repeat(x, SmallTables.Diabetes.FeatureCount).ToArray())],
            [0, 0, 0, 0, 0, 0]);
        Assert.All(Scores(fitted, extremes), score => Assert.InRange(score, 0, float.MaxValue));
    }

    [Fact]
    public void A_negative_count_is_named()
    {
        var table = SmallTables.Diabetes.Train;
        table.Labels[19] = -2.5;
        var error = Assert.Throws<InvalidOperationException>(() => Fit(table, new() { Loss = RegressionLoss.Poisson }));
        foreach (var part in new[] { "'Target'", "-2.5", "row 19", "at least 0", "Poisson" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal(5, Fit(table, new() { Loss = RegressionLoss.Huber, NumberOfUnits = 5 }).Model.UnitCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3.5)]
    public void Equal_labels_are_predicted_exactly(double label)
    {
        var table = SmallTables.Diabetes.Train with { Labels = [.. SmallTables.Diabetes.Train.Labels.Select(_ => label)] };
        foreach (var loss in Enum.GetValues<RegressionLoss>())
        {
            var fitted = Fit(table, new() { Loss = loss });
            Assert.Equal(0, fitted.Model.UnitCount);
            Assert.All(Scores(fitted, table), score => Assert.Equal(label, score, 1e-6));
        }
    }

    [Fact]
    public void Classification_has_its_own_loss()
    {
        foreach (var create in new Action<Options>[]
        {
            options => _context.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options),
            options => _context.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(options),
        })
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => create(new() { Loss = RegressionLoss.Huber }));
            Assert.Equal("Loss", error.ParamName);
            Assert.StartsWith("Loss must keep its default, Squared, in classification", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_model_is_gone_on_from_with_its_own_loss_only(RegressionLoss loss)
    {
        var table = SmallTables.Diabetes.Train;
        var first = Fit(table, new() { Loss = loss, NumberOfUnits = 10, Quantile = 0.2 }).Model;
        var longer = Trainer(new() { Loss = loss, NumberOfUnits = 10, Quantile = 0.2 }).Fit(View(table), first).Model;
        Assert.True(longer.UnitCount > 10 && longer.Steps[^1].TrainingLoss < first.Steps[^1].TrainingLoss);
        Close(first.OutputBiases.ToArray(), longer.Truncate(first.UnitCount).OutputBiases, 0);
        foreach (var other in Enum.GetValues<RegressionLoss>().Where(other => other != loss))
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(new() { Loss = other, Quantile = 0.2 }).Fit(View(table), first));
            Assert.Contains($"option Loss is {other}", error.Message, StringComparison.Ordinal);
            Assert.Contains($"expected {loss}", error.Message, StringComparison.Ordinal);
        }
        // Nothing to learn: the earlier model stays.
        Assert.Equal(first.UnitCount, Trainer(new() { Loss = loss, Quantile = 0.2 }).Fit(View(table with { Labels = [.. table.Labels.Select(_ => 3.0)] }), first).Model.UnitCount);
        if (loss == RegressionLoss.Quantile)
            Assert.Contains("Loss is Quantile 0.9; expected Quantile 0.2", Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(new() { Loss = loss, Quantile = 0.9 }).Fit(View(table), first)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_model_does_not_depend_on_the_number_of_threads(RegressionLoss loss)
    {
        var models = _context.NumbersByThreads(PredictionTask.Regression, () => new() { Loss = loss, NumberOfUnits = 6 });
        foreach (var (name, numbers) in models[0])
            Assert.All(models, model => Assert.Equal(numbers, model[name]));
    }

    /// <summary>Random small tables of every kind of trouble: no fit gives NaN.</summary>
    [Theory]
    [MemberData(nameof(Losses))]
    public void No_table_gives_NaN(RegressionLoss loss)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var (n, d) = (random.Next(1, 30), random.Next(1, 6));
            double Scale(int size) => Math.Pow(10, random.Next(-size, size + 1)) * random.Next(0, 2);
            var scales = Enumerable.Range(0, d).Select(_ => Scale(20)).ToArray();
            double[][] features = [.. Enumerable.Range(0, n).Select(_ => scales.Select(scale => scale * (random.NextDouble() + random.Next(0, 3))).ToArray())];
            // Many equal labels, many zeros, and now and then one that is far larger than all others.
            SmallTable table = new(features, [.. Enumerable.Range(0, n).Select(_ => Scale(seed % 2 == 0 ? 1 : 25) * random.Next(0, 3))]);
            var options = new Options
            {
                Loss = loss,
                Quantile = 0.01 + (0.98 * random.NextDouble()),
                HuberDelta = Math.Pow(10, random.Next(-3, 3)),
                NumberOfUnits = 8,
                LearningRate = 1,
                Subsample = 1,
                UnitsPerStep = 1 + (seed % 3),
                PolishOutputWeights = loss != RegressionLoss.Quantile && seed % 4 > 1,
                PolishPenalty = seed % 3,
                Activation = (HiddenActivation)(seed % 3),
            };
            Assert.All(Scores(Fit(table, options), table), score => Assert.True(double.IsFinite(score), $"seed {seed}: {score}"));
        }
    }

    // From the definitions, for quantile 0.3 and half a robust standard deviation of the training labels.
    private static double MeanLoss(RegressionLoss loss, SmallTable table, double[] scores)
    {
        double[] sorted = [.. SmallTables.Diabetes.Train.Labels.Order()];
        double[] distances = [.. sorted.Select(y => Math.Abs(y - sorted[(sorted.Length - 1) / 2])).Order()];
        var delta = 0.5 * 1.4826022 * distances[(distances.Length - 1) / 2];
        return table.Labels.Zip(scores, (y, score) => (loss, Math.Abs(y - score)) switch
        {
            (RegressionLoss.Squared, var e) => e * e / 2,
            (RegressionLoss.Huber, var e) => e < delta ? e * e / 2 : (delta * e) - (delta * delta / 2),
            (RegressionLoss.Quantile, var e) => y > score ? 0.3 * e : 0.7 * e,
            _ => (y * Math.Log(y / score)) - y + score,
        }).Average();
    }

    private Fitted Fit(SmallTable table, Options options) => Trainer(options).Fit(View(table));

    private GradientBoostedNeuralNetworkTrainer Trainer(Options options)
    {
        options.LabelColumnName = options.ExampleWeightColumnName is null ? "Target" : "Label";
        options.Seed = 3;
        return _context.Regression.Trainers.GradientBoostedNeuralNetwork(options);
    }

    private IDataView View(SmallTable table)
    {
        var definition = SchemaDefinition.Create(typeof(Row));
        definition[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, table.FeatureCount);
        return _context.Data.LoadFromEnumerable(table.Features.Select((x, i) => new Row { Features = [.. x.Select(value => (float)value)], Target = (float)table.Labels[i] }), definition);
    }

    private double[] Scores(ITransformer model, SmallTable table) => [.. model.Transform(View(table)).GetColumn<float>("Score").Select(score => (double)score)];

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public float Target { get; set; }
    }

    private sealed class WeightedRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public float Weight { get; set; }
    }
}
