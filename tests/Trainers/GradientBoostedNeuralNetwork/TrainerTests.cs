using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork.Reference;
using Fitted = MLExtensions.Estimators.Scoring.PredictionTransformer<MLExtensions.Trainers.GradientBoostedNeuralNetworkModelParameters>;
using Options = MLExtensions.Trainers.GradientBoostedNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>The network as users meet it: through ML.NET views, cut, continued, stopped early.</summary>
public class TrainerTests
{
    private readonly MLContext _context = new(seed: 1);

    public static TheoryData<PredictionTask> Tasks { get; } = [PredictionTask.Regression, PredictionTask.BinaryClassification, PredictionTask.MulticlassClassification];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void The_training_loss_never_rises(PredictionTask task)
    {
        // Learning rate 1 is where the reference code runs away.
        var steps = Fit(task, new() { LearningRate = 1, NumberOfUnits = 60 }).Model.Steps;
        Assert.True(steps.Count >= 5);
        for (var t = 1; t < steps.Count; t++)
        {
            Assert.True(steps[t].TrainingLoss <= steps[t - 1].TrainingLoss, $"step {t}");
            Assert.Equal((t + 1, steps[t].StepLength > 0), (steps[t].Number, steps[t].Accepted));
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void The_assembled_network_is_what_boosting_summed_up(PredictionTask task)
    {
        // The loss that boosting reports for a step belongs to its own sum; the network's follows from its scores.
        var fitted = Fit(task, new() { NumberOfUnits = 40, UnitsPerStep = 2 });
        foreach (var units in new[] { 2, 11, 40 })
        {
            var cut = fitted.Model.Truncate(units);
            Assert.Equal(units / 2 * 2, cut.UnitCount);
            Assert.Equal(units / 2, cut.Steps.Count(step => step.Accepted));
            Assert.Equal(1, Loss(task, cut) / cut.Steps[^1].TrainingLoss, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void A_cut_model_is_the_prefix_of_the_sum_in_memory_and_reloaded(PredictionTask task)
    {
        var fitted = Fit(task, new() { NumberOfUnits = 30 });
        foreach (var units in new[] { 0, 1, 7, 30, 1000 })
        {
            var expected = Outputs(task, fitted.Model, units);
            var cut = fitted.Truncate(units);
            Assert.Equal(Math.Min(units, fitted.Model.UnitCount), cut.Model.UnitCount);
            foreach (var model in new ITransformer[] { cut, Reloaded(cut) })
            {
                var actual = Scores(task, model);
                for (var i = 0; i < expected.Length; i++)
                    Assert.Equal(expected[i], actual[i], 1e-4 * Math.Max(1, Math.Abs(expected[i])));
            }
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => fitted.Truncate(-1));
    }

    [Theory]
    [InlineData(PredictionTask.Regression, 0, 200)]
    [InlineData(PredictionTask.BinaryClassification, 0, 200)]
    [InlineData(PredictionTask.MulticlassClassification, 0, 200)]
    [InlineData(PredictionTask.Regression, 1, 10)]
    [InlineData(PredictionTask.BinaryClassification, 1, 10)]
    [InlineData(PredictionTask.MulticlassClassification, 1, 10)]
    public void Units_of_the_features_do_not_matter(PredictionTask task, double shift, int maximumIterations)
    {
        // A shift changes the last bit of the sums, which hundreds of iterations of L-BFGS on a function with many minima blow up; hence fewer of them.
        // Multiples of 1/1024, scaled by powers of two and shifted by whole numbers, are exact in Single: both tables say the same.
        var table = Table(task) with { Features = [.. Table(task).Features.Select(row => row.Select(x => Math.Round(1024 * x) / 1024).ToArray())] };
        var rescaled = table with { Features = [.. table.Features.Select(row => row.Select((x, j) => (x * Math.Pow(2, (j % 5) - 2)) + (shift * (j % 3))).ToArray())] };
        Options options = new() { NumberOfUnits = 20, MaximumIterations = maximumIterations, Seed = 3 };
        var expected = Scores(task, Trainer(task, options).Fit(View(table)), table);
        var actual = Scores(task, Trainer(task, options).Fit(View(rescaled)), rescaled);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-4 * Math.Max(1, Math.Abs(expected[i])));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void The_model_does_not_depend_on_the_number_of_threads(PredictionTask task)
    {
        var models = _context.NumbersByThreads(task, () => new() { NumberOfUnits = 12, UnitsPerStep = 3 });
        foreach (var model in models)
        {
            foreach (var (name, numbers) in model)
                Assert.Equal(models[0][name], numbers);
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Early_stopping_keeps_the_prefix_with_the_lowest_validation_loss(PredictionTask task)
    {
        var table = Table(task);
        var fitted = Trainer(task, new() { LearningRate = 1, NumberOfUnits = 150, PatienceSteps = 8, Seed = 3 }).Fit(View(table), View(TestTable(task)));
        var steps = fitted.Model.Steps;
        Assert.InRange(steps.Count, 1, 149);
        Assert.Equal(steps.Min(step => step.ValidationLoss), steps[^1].ValidationLoss);
        Assert.True(steps[^1].Accepted);
        Assert.Equal(1, Loss(task, fitted.Model, TestTable(task)) / steps[^1].ValidationLoss!.Value, 1e-9);
    }

    [Fact]
    public void A_share_of_the_rows_can_be_held_out_instead()
    {
        var fitted = Fit(PredictionTask.Regression, new() { LearningRate = 1, NumberOfUnits = 150, PatienceSteps = 8, ValidationFraction = 0.3 });
        Assert.All(fitted.Model.Steps, step => Assert.NotNull(step.ValidationLoss));
        Assert.InRange(fitted.Model.Steps.Count, 1, 149);
    }

    [Fact]
    public void A_validation_view_must_be_like_the_training_view()
    {
        var trainer = Trainer(PredictionTask.MulticlassClassification, new());
        var (wine, iris) = (SmallTables.Wine.ToView(_context), SmallTables.Iris.ToView(_context));
        Assert.Contains("validation feature column 'Features'", Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(wine, iris)).Message, StringComparison.Ordinal);
        var digits = SmallTables.Digits.ToView(_context);
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(wine, _context.Transforms.CopyColumns("Label", "Target").Fit(wine).Transform(wine)));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(wine, digits));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Going_on_from_a_model_appends_to_it(PredictionTask task)
    {
        var first = Fit(task, new() { NumberOfUnits = 10 });
        var trainer = Trainer(task, new() { NumberOfUnits = 12, UnitsPerStep = 4, Seed = 3 });
        var longer = trainer.Fit(View(Table(task)), first.Model).Model;

        Assert.Equal((22, 13), (longer.UnitCount, longer.Steps.Count));
        Assert.Equal(Enumerable.Range(1, 13), longer.Steps.Select(step => step.Number));
        Assert.True(longer.Steps[^1].TrainingLoss < first.Model.Steps[^1].TrainingLoss);
        Assert.Equal(1, Loss(task, longer) / longer.Steps[^1].TrainingLoss, 1e-9);
        Close(first.Model.HiddenWeights.ToArray(), longer.Truncate(10).HiddenWeights, 0);
        Close(first.Model.OutputBiases.ToArray(), longer.Truncate(10).OutputBiases, 0);
        // The same steps in one go: steps have their own random numbers, whoever runs them. Scores are rounded in another order, and a block may settle elsewhere.
        var whole = Trainer(task, new() { NumberOfUnits = 14, Seed = 3 }).Fit(View(Table(task))).Model;
        var half = Trainer(task, new() { NumberOfUnits = 7, Seed = 3 });
        var resumed = half.Fit(View(Table(task)), half.Fit(View(Table(task))).Model).Model;
        Assert.Equal(Loss(task, whole), Loss(task, resumed), 0.02 * Loss(task, whole));
    }

    [Fact]
    public void A_model_of_other_classes_or_activation_is_not_gone_on_from()
    {
        var wine = SmallTables.Wine.ToView(_context);
        var model = Trainer(PredictionTask.MulticlassClassification, new() { NumberOfUnits = 3 }).Fit(wine).Model;
        Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(PredictionTask.MulticlassClassification, new() { Activation = HiddenActivation.Tanh }).Fit(wine, model));
        Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(PredictionTask.MulticlassClassification, new()).Fit(SmallTables.Iris.ToView(_context), model));
    }

    [Fact]
    public void Missing_values_are_counted_in_the_error()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Trainer(PredictionTask.Regression, new()).Fit(View(WithGaps(Table(PredictionTask.Regression)))));
        foreach (var part in new[] { "'Features'", "in 62 of 310 rows", "row 2", "slot 1", "ReplaceMissingValues", "MissingValues" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_values_are_replaced_by_means_in_the_graph()
    {
        var table = Table(PredictionTask.Regression);
        Options options = new() { NumberOfUnits = 10, MissingValues = MissingValueRule.Mean, Seed = 3 };
        var fitted = Trainer(PredictionTask.Regression, options).Fit(View(WithGaps(table)));
        var means = fitted.Model.Replacements.ToArray();
        Assert.Equal(table.Features.Where((_, i) => i % 5 != 2).Average(row => (float)row[1]), means[1], 1e-6);
        var filled = table with { Features = [.. table.Features.Select((row, i) => i % 5 == 2 ? [row[0], means[1], .. row[2..]] : row)] };
        var expected = Trainer(PredictionTask.Regression, options).Fit(View(filled)).Transform(View(filled)).GetColumn<float>("Score").ToArray();
        foreach (var model in new ITransformer[] { fitted, Reloaded(fitted) })
            Assert.Equal(expected, model.Transform(View(WithGaps(table))).GetColumn<float>("Score").ToArray());
    }

    [Fact]
    public void A_constant_target_gives_its_value_and_no_units()
    {
        var table = Table(PredictionTask.Regression);
        var view = View(table with { Labels = [.. table.Labels.Select(_ => 7.25)] });
        var fitted = Trainer(PredictionTask.Regression, new()).Fit(view);
        Assert.Equal(0, fitted.Model.UnitCount);
        foreach (var model in new ITransformer[] { fitted, Reloaded(fitted) })
            Assert.All(model.Transform(view).GetColumn<float>("Score"), score => Assert.Equal(7.25f, score));
    }

    [Theory]
    [InlineData(HiddenActivation.Tanh)]
    [InlineData(HiddenActivation.Relu)]
    public void Other_activations_learn_as_well(HiddenActivation activation)
    {
        var table = Table(PredictionTask.MulticlassClassification);
        var fitted = Trainer(PredictionTask.MulticlassClassification, new() { NumberOfUnits = 60, LearningRate = 0.3, Activation = activation, Seed = 3 }).Fit(View(table));
        var metrics = _context.MulticlassClassification.Evaluate(fitted.Transform(View(TestTable(PredictionTask.MulticlassClassification))));
        Assert.InRange(metrics.MicroAccuracy, 0.93, 1);
        Assert.Equal(1, Loss(PredictionTask.MulticlassClassification, fitted.Model) / fitted.Model.Steps[^1].TrainingLoss, 1e-9);
    }

    /// <summary>Random small tables of every kind of trouble: no fit gives NaN.</summary>
    [Fact]
    public void No_table_gives_NaN()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var (n, d, classes) = (random.Next(2, 30), random.Next(1, 6), random.Next(2, 4));
            var scales = Enumerable.Range(0, d).Select(_ => Math.Pow(10, random.Next(-20, 21)) * random.Next(0, 2)).ToArray();
            double[][] features = [.. Enumerable.Range(0, n).Select(_ => scales.Select(scale => scale * (random.NextDouble() + random.Next(0, 3))).ToArray())];
            double[] labels = [.. Enumerable.Range(0, n).Select(i => i < classes ? i : random.Next(classes))];
            SmallTable table = new(features, labels);
            foreach (var task in Enum.GetValues<PredictionTask>())
            {
                var fitted = Trainer(task, new() { NumberOfUnits = 8, LearningRate = 1, Subsample = 1, Seed = seed, UnitsPerStep = 1 + (seed % 3) }).Fit(View(table));
                Assert.All(Scores(task, fitted, table), score => Assert.True(double.IsFinite(score), $"seed {seed}, {task}"));
            }
        }
    }

    private Fitted Fit(PredictionTask task, Options options)
    {
        options.Seed = 3;
        return Trainer(task, options).Fit(View(Table(task)));
    }

    private GradientBoostedNeuralNetworkTrainer Trainer(PredictionTask task, Options options) => _context.Trainer(task, options);

    private static SmallTable Table(PredictionTask task) => Networks.Table(task).Train;

    private static SmallTable TestTable(PredictionTask task) => Networks.Table(task).Test;

    private static SmallTable WithGaps(SmallTable table)
        => table with { Features = [.. table.Features.Select((row, i) => i % 5 == 2 ? [row[0], double.NaN, .. row[2..]] : row)] };

    private IDataView View(SmallTable table) => table.ToView(_context);

    private ITransformer Reloaded(ITransformer model)
    {
        using var stream = new MemoryStream();
        _context.Model.Save(model, null, stream);
        return new MLContext().Model.Load(new MemoryStream(stream.ToArray()), out _);
    }

    private double[] Scores(PredictionTask task, ITransformer model, SmallTable? table = null)
    {
        var scored = model.Transform(View(table ?? Table(task)));
        return task == PredictionTask.MulticlassClassification
            ? [.. scored.GetColumn<float[]>("Score").SelectMany(row => row).Select(score => (double)score)]
            : [.. scored.GetColumn<float>("Score").Select(score => (double)score)];
    }

    // The forward pass written out, over the first units only.
    private static double[] Outputs(PredictionTask task, GradientBoostedNeuralNetworkModelParameters model, int units, SmallTable? table = null)
    {
        units = Math.Min(units, model.UnitCount);
        var k = model.OutputCount;
        List<double> outputs = [];
        foreach (var row in (table ?? Table(task)).Features)
        {
            var scores = model.PrefixBiases.Slice(units / model.GetOptions().UnitsPerStep * k, k).ToArray();
            for (var unit = 0; unit < units; unit++)
            {
                var z = model.HiddenBiases[unit];
                for (var j = 0; j < row.Length; j++)
                    z += model.HiddenWeights[(unit * row.Length) + j] * (float)row[j];
                for (var output = 0; output < k; output++)
                    scores[output] += model.OutputWeights[(unit * k) + output] / (1 + Math.Exp(-z));
            }
            var highest = scores.Max();
            outputs.AddRange(task == PredictionTask.MulticlassClassification
                ? scores.Select(score => Math.Exp(score - highest) / scores.Sum(other => Math.Exp(other - highest)))
                : scores);
        }
        return [.. outputs];
    }

    private static double Loss(PredictionTask task, GradientBoostedNeuralNetworkModelParameters model, SmallTable? table = null)
    {
        table ??= Table(task);
        var rows = FeatureRows.From(table.ToBlock());
        var raw = model.RawScores(rows, OneThread);
        BoostingLoss loss = task switch
        {
            PredictionTask.Regression => new SquaredLoss(table.Labels, Ones(rows.Count)),
            PredictionTask.BinaryClassification => new LogisticLoss(table.Classes, Ones(rows.Count)),
            _ => new SoftmaxLoss(table.Classes, Ones(rows.Count), model.OutputCount),
        };
        return loss.MeanLoss(task == PredictionTask.BinaryClassification ? [.. raw.Select(score => score / 2)] : raw);
    }
}
