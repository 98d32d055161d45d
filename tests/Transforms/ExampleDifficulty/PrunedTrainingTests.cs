using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>The estimator around another one: only its fit sees fewer rows.</summary>
public sealed class PrunedTrainingTests
{
    private readonly MLContext _ml = new(1);

    private static PruningOptions Options => new()
    {
        LabelColumnName = "Positive",
        KeepFraction = 0.5,
        DropHardestFraction = 0.15,
        Runs = 3,
        Epochs = 2,
        Seed = 5,
    };

    [Fact]
    public void The_model_is_the_one_that_is_trained_on_the_pruned_rows_by_hand()
    {
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        var byHand = Trainer(_ml).Fit(PrunedByHand(view));
        var pruned = Trainer(_ml).WithPrunedTraining(_ml, Options).Fit(view);
        Assert.Equal(byHand.GetType(), pruned.GetType());
        Snapshot.AssertSame(Snapshot.Of(byHand.Transform(view)), Snapshot.Of(pruned.Transform(view)), tolerance: 0);
        // All rows are scored, those too that were not trained on.
        Assert.Equal(399, pruned.Transform(view).GetColumn<bool>("PredictedLabel").Count());
        Assert.NotEqual(Trainer(_ml).Fit(view).Transform(view).GetColumn<float>("Score"), pruned.Transform(view).GetColumn<float>("Score"));
    }

    [Fact]
    public void A_saved_pipeline_is_that_of_the_trainer()
    {
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        var features = _ml.Transforms.NormalizeMinMax("Features");
        var prepared = features.Fit(view).Transform(view);
        // LightGbm's files differ from one training to the next.
        var trainer = _ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Positive");
        var byHand = features.Append(new Fitted(trainer.Fit(PrunedByHand(prepared)))).Fit(view);
        var pruned = features.Append(trainer.WithPrunedTraining(_ml, Options)).Fit(view);
        var (expected, actual) = (Entries(_ml.Save(byHand, view.Schema)), Entries(_ml.Save(pruned, view.Schema)));
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, entry => Assert.Equal(entry.Value, actual[entry.Key]));
        foreach (var (form, model) in Models.Forms(_ml, pruned, view.Schema))
            Snapshot.AssertSame(Snapshot.Of(byHand.Transform(view)), Snapshot.Of(model.Transform(view)), form);
    }

    [Fact]
    public void Cross_validation_prunes_the_training_rows_of_each_fold_only()
    {
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        var folds = _ml.BinaryClassification.CrossValidate(view, Trainer(_ml).WithPrunedTraining(_ml, Options), 3, "Positive", seed: 4);
        foreach (var (fold, split) in folds.Zip(_ml.Data.CrossValidationSplit(view, 3, seed: 4)))
        {
            var expected = Trainer(_ml).Fit(PrunedByHand(split.TrainSet)).Transform(split.TestSet);
            Assert.Equal(expected.GetColumn<float>("Score"), fold.ScoredHoldOutSet.GetColumn<float>("Score"));
            Assert.Equal(_ml.BinaryClassification.Evaluate(expected, "Positive").AreaUnderRocCurve, fold.Metrics.AreaUnderRocCurve);
        }
        Assert.Equal(399, folds.Sum(fold => fold.ScoredHoldOutSet.GetColumn<float>("Score").Count()));
    }

    [Fact]
    public void Permutation_feature_importance_sees_the_trainers_own_transformer()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        var pruned = Trainer(_ml).WithPrunedTraining(_ml, Options).Fit(view);
        var importance = _ml.BinaryClassification.PermutationFeatureImportance(pruned, pruned.Transform(view), "Positive");
        Assert.Equal(30, importance.Length);
        Assert.Contains(importance, metrics => metrics.AreaUnderRocCurve.Mean < 0);
    }

    [Fact]
    public void Keeping_all_rows_is_the_plain_training()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        var options = Options;
        (options.KeepFraction, options.DropHardestFraction) = (1, 0);
        var plain = Trainer(_ml).Fit(view);
        Snapshot.AssertSame(Snapshot.Of(plain.Transform(view)), Snapshot.Of(Trainer(_ml).WithPrunedTraining(_ml, options).Fit(view).Transform(view)), tolerance: 0);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0.5, 0.15)]
    public void Online_learners_go_on_shuffling(double keep, double drop)
    {
        var options = Options;
        (options.KeepFraction, options.DropHardestFraction) = (keep, drop);
        // A context each: learners take random numbers from it.
        float[] Scores(bool isPruned, out LogLines log)
        {
            MLContext ml = new(1);
            log = new(ml);
            var view = ml.Data.Cache(DifficultyTable.BreastCancer(0).View(ml));
            var trainer = ml.BinaryClassification.Trainers.AveragedPerceptron("Positive");
            ITransformer fitted = isPruned ? trainer.WithPrunedTraining(ml, options).Fit(view) : trainer.Fit(view);
            return [.. fitted.Transform(view).GetColumn<float>("Score")];
        }
        var plain = Scores(isPruned: false, out var plainLog);
        var pruned = Scores(isPruned: true, out var prunedLog);
        Assert.DoesNotContain(plainLog.Warnings.Concat(prunedLog.Warnings), line => line.Contains("does not support shuffling", StringComparison.Ordinal));
        Assert.Equal(keep == 1, plain.SequenceEqual(pruned));
    }

    [Fact]
    public void The_log_says_how_many_rows_are_left()
    {
        List<string> lines = [];
        _ml.Log += (_, line) => lines.Add(line.Message);
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        Trainer(_ml).WithPrunedTraining(_ml, Options).Fit(view);
        Assert.Contains(lines, line => line.Contains("Training goes on with 200 of 399 rows.", StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_can_be_drawn_with_weights_instead()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        var options = Options;
        (options.DropHardestFraction, options.SampleWeightColumnName) = (0, "Drawn");
        var trainer = _ml.BinaryClassification.Trainers.LightGbm("Positive", exampleWeightColumnName: "Drawn", numberOfIterations: 5);
        var estimator = trainer.WithPrunedTraining(_ml, options);
        var fitted = estimator.Fit(view);
        // The column is there while the trainer trains, and not afterwards.
        Assert.Null(fitted.Transform(view).Schema.GetColumnOrNull("Drawn"));
        Assert.DoesNotContain(estimator.GetOutputSchema(MLExtensions.Estimators.Catalogs.MlNetAccess.ShapeOf(view.Schema)), column => column.Name == "Drawn");

        var scored = _ml.Data.ScoreTrainingRows(view, new() { LabelColumnName = "Positive", Runs = 3, Epochs = 2, Seed = 5 });
        var byHand = trainer.Fit(_ml.Data.SampleByDifficulty(scored, 0.5, weightColumnName: "Drawn", seed: 5));
        Assert.Equal(byHand.Transform(view).GetColumn<float>("Score"), fitted.Transform(view).GetColumn<float>("Score"));
        Assert.InRange(_ml.BinaryClassification.Evaluate(fitted.Transform(view), "Positive").Accuracy, 0.9, 1);
    }

    [Fact]
    public void Rows_are_not_drawn_for_a_trainer_that_does_not_read_their_weights()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        PruningOptions options = new() { LabelColumnName = "Positive", KeepFraction = 0.3, SampleWeightColumnName = "Drawn" };
        Errors.AssertDataError(() => Trainer(_ml).WithPrunedTraining(_ml, options).Fit(view), "'Drawn'", "exampleWeightColumnName is 'Drawn'");
        // Nor where the data have such a column.
        options.ExampleWeightColumnName = "Drawn";
        Errors.AssertDataError(() => Trainer(_ml).WithPrunedTraining(_ml, options).Fit(view.Then(_ml.Transforms.CopyColumns("Drawn", "Target"))), "'Drawn'", "exampleWeightColumnName is 'Drawn'");
    }

    [Fact]
    public void Weights_that_are_there_are_multiplied_or_the_name_is_refused()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml).Then(_ml.Transforms.CopyColumns("Importance", "Target"));
        var options = Options;
        options.SampleWeightColumnName = "Importance";
        var trainer = _ml.BinaryClassification.Trainers.LightGbm("Positive", exampleWeightColumnName: "Importance", numberOfIterations: 5);
        Errors.AssertDataError(() => trainer.WithPrunedTraining(_ml, options).Fit(view), "'Importance'", "ExampleWeightColumnName");
    }

    [Theory]
    [InlineData(DifficultyScore.GraNd, null)]
    [InlineData(DifficultyScore.EL2N, 3)]
    [InlineData(DifficultyScore.Forgetting, null)]
    public void Rows_can_be_scored_in_other_ways(DifficultyScore score, int? folds)
    {
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        var options = Options;
        (options.Score, options.NumberOfFolds, options.Epochs) = (score, folds, 10);
        var scored = _ml.Data.ScoreTrainingRows(view, new() { LabelColumnName = "Positive", Score = score, Runs = 3, Epochs = 10, Seed = 5 }, folds);
        var byHand = Trainer(_ml).Fit(_ml.Data.PruneByDifficulty(scored, 0.5, 0.15, labelColumnName: "Positive"));
        Assert.Equal(byHand.Transform(view).GetColumn<float>("Score"), Trainer(_ml).WithPrunedTraining(_ml, options).Fit(view).Transform(view).GetColumn<float>("Score"));
    }

    [Fact]
    public void Pruning_needs_a_statement_and_valid_options()
    {
        var trainer = Trainer(_ml);
        Assert.StartsWith("Keeping the hardest rows is worse than keeping random ones", Assert.Throws<ArgumentException>(() => trainer.WithPrunedTraining(_ml, new() { KeepFraction = 0.5 })).Message, StringComparison.Ordinal);
        trainer.WithPrunedTraining(_ml, new() { KeepFraction = 0.5, LabelsAreClean = true });
        foreach (var (change, problem) in new (Action<PruningOptions>, string)[]
        {
            (options => options.KeepFraction = 0, "KeepFraction must be above 0 and at most 1"), (options => options.KeepFraction = 1.5, "KeepFraction must be above 0 and at most 1"),
            (options => options.DropHardestFraction = 1, "DropHardestFraction must be at least 0 and below 1"), (options => options.MinimumClassFraction = 0.6, "MinimumClassFraction must be 0 to KeepFraction (0.5)"),
            (options => options.NumberOfFolds = 1, "NumberOfFolds must be at least 2"), (options => (options.Score, options.Epochs, options.NumberOfFolds) = (DifficultyScore.Forgetting, 20, 3), "cannot be measured out of fold"),
            (options => options.Epochs = 0, "Epochs must be at least 1"), (options => options.StratifyBy = "", "StratifyBy"), (options => options.SampleWeightColumnName = " ", "whitespace"),
        })
        {
            var options = Options;
            change(options);
            Assert.Contains(problem, Assert.ThrowsAny<ArgumentException>(() => trainer.WithPrunedTraining(_ml, options)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Shares_hold_in_strata_and_labels_may_be_clean()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        PruningOptions options = new() { LabelColumnName = "Positive", KeepFraction = 0.3, LabelsAreClean = true, StratifyBy = "Positive", Runs = 3, Epochs = 2, Seed = 5 };
        Recorder recorder = new();
        recorder.WithPrunedTraining(_ml, options).Fit(view);
        var before = view.GetColumn<bool>("Positive").CountBy(label => label).ToDictionary();
        var after = recorder.Seen!.GetColumn<bool>("Positive").CountBy(label => label).ToDictionary();
        foreach (var label in new[] { true, false })
            Assert.Equal(Math.Round(0.3 * before[label], MidpointRounding.AwayFromZero), after[label]);
        // Without strata the classes do not shrink alike.
        options.StratifyBy = null;
        recorder.WithPrunedTraining(_ml, options).Fit(view);
        Assert.NotEqual(after[true], recorder.Seen!.GetColumn<bool>("Positive").Count(label => label));
    }

    [Fact]
    public void Weights_of_draws_are_times_those_of_the_rows()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml).Then(_ml.Transforms.CustomMapping<Labelled, Weighted>((row, added) => added.Importance = row.Positive ? 3 : 1, contractName: null));
        PruningOptions options = new() { LabelColumnName = "Positive", KeepFraction = 0.5, SampleWeightColumnName = "Drawn", ExampleWeightColumnName = "Importance", Runs = 3, Epochs = 2, Seed = 5 };
        Recorder recorder = new("Drawn");
        recorder.WithPrunedTraining(_ml, options).Fit(view);
        var scored = _ml.Data.ScoreTrainingRows(view, new() { LabelColumnName = "Positive", ExampleWeightColumnName = "Importance", Runs = 3, Epochs = 2, Seed = 5 });
        var alone = _ml.Data.SampleByDifficulty(scored, 0.5, weightColumnName: "Drawn", seed: 5);
        Assert.Equal(alone.GetColumn<float>("Drawn").Zip(alone.GetColumn<float>("Importance"), (drawn, importance) => (double)drawn * importance), recorder.Seen!.GetColumn<float>("Drawn").Select(weight => (double)weight), (a, b) => Math.Abs(a - b) <= 1e-5 * a);
        Assert.Contains(alone.GetColumn<float>("Importance"), weight => weight == 3);
    }

    [Fact]
    public void A_wrong_stratification_column_is_named_before_anything_is_trained()
    {
        LogLines log = new(_ml);
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        foreach (var (name, problem) in new[] { ("None", "Could not find stratification column 'None'"), ("Target", "Schema mismatch for stratification column 'Target': expected Boolean, a key or String, got Single") })
        {
            var options = Options;
            options.StratifyBy = name;
            var estimator = Trainer(_ml).WithPrunedTraining(_ml, options);
            Errors.AssertSchemaError(problem, () => estimator.GetOutputSchema(MLExtensions.Estimators.Catalogs.MlNetAccess.ShapeOf(view.Schema)));
            Errors.AssertSchemaError(problem, () => estimator.Fit(view));
        }
        Assert.DoesNotContain(log.All, line => line.Contains("Training", StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_of_one_class_is_refused_before_the_trainer_sees_it()
        => Errors.AssertDataError(
            () => Trainer(_ml).WithPrunedTraining(_ml, Options).Fit(_ml.Data.FilterRowsByColumn(DifficultyTable.BreastCancer(0).View(_ml), "Target", 0.5, 2)), "'Positive'", "two classes");

    /// <summary>The claims of the paper, on tables: section 7 of what was measured independently.</summary>
    [Fact]
    public void Half_of_the_digits_are_enough_and_random_halves_are_not()
    {
        var table = DifficultyTable.Digits(0);
        var view = table.View(_ml);
        // Scores of epoch 2: after the default 5, standardised digits are learned by heart, and the hardest half is one point below all rows (see the docs' table), which these bounds do not allow.
        var scored = _ml.Transforms.ExampleDifficulty(new ExampleDifficultyEstimator.Options { Seed = 1, Epochs = 2 }).Fit(view).Transform(view);
        var full = Accuracy(view, table.Test, 40);
        var hardest = Accuracy(_ml.Data.PruneByDifficulty(scored, 0.5, labelsAreClean: true), table.Test, 80);
        // Half of the rows by chance, three times.
        var random = Enumerable.Range(1, 3).Average(seed => Accuracy(_ml.Data.TakeRows(_ml.Data.ShuffleRows(view, seed), table.RowCount / 2), table.Test, 80));
        Assert.InRange(hardest - full, -0.01, 0.03);
        Assert.True(hardest > random, $"hardest {hardest}, random {random}, full {full}");
    }

    [Fact]
    public void With_wrong_labels_the_hardest_half_is_worse_than_a_window_below_the_hardest()
    {
        var table = DifficultyTable.BreastCancer(0.1);
        var view = table.View(_ml);
        var scored = _ml.Transforms.ExampleDifficulty(new ExampleDifficultyEstimator.Options { Seed = 1, BatchSize = 16, HiddenUnits = 32 }).Fit(view).Transform(view);
        var hardest = Accuracy(_ml.Data.PruneByDifficulty(scored, 0.5, labelsAreClean: true), table.Test, 80);
        var window = Accuracy(_ml.Data.PruneByDifficulty(scored, 0.5, dropHardestFraction: 0.15), table.Test, 80);
        Assert.True(window > hardest + 0.1, $"hardest {hardest}, window {window}");
        Assert.InRange(window, 0.93, 1);
    }

    // In as many steps as for all rows, the mean of three trainings.
    private double Accuracy(IDataView train, SmallTable test, int epochs) => Enumerable.Range(1, 3).Average(seed =>
    {
        var fitted = _ml.MulticlassClassification.Trainers.NeuralNetwork(new NeuralNetworkTrainer.Options
        {
            HiddenLayers = 1,
            HiddenUnits = 64,
            BatchSize = 32,
            Optimizer = NetworkOptimizer.Sgd,
            LearningRate = 0.05,
            ValidationFraction = 0,
            Epochs = epochs,
            NumberOfThreads = 1,
            Seed = seed,
        }).Fit(train);
        return _ml.MulticlassClassification.Evaluate(fitted.Transform(test.ToView(_ml))).MicroAccuracy;
    });

    // Deterministic, and without random numbers of the context.
    private static Microsoft.ML.Trainers.LightGbm.LightGbmBinaryTrainer Trainer(MLContext ml) => ml.BinaryClassification.Trainers.LightGbm("Positive", numberOfIterations: 5);

    private IDataView PrunedByHand(IDataView view)
    {
        var scored = _ml.Transforms.ExampleDifficulty(new ExampleDifficultyEstimator.Options { LabelColumnName = "Positive", Runs = 3, Epochs = 2, Seed = 5 }).Fit(view).Transform(view);
        // A file keeps the columns that its trainer has seen.
        return _ml.Data.PruneByDifficulty(scored, 0.5, 0.15, labelColumnName: "Positive").Then(_ml.Transforms.DropColumns("Difficulty", "DifficultyStd", "SuggestedLabel", "SuggestedLabelProbability"));
    }

    private static Dictionary<string, byte[]> Entries(byte[] file)
    {
        using ZipArchive archive = new(new MemoryStream(file));
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using MemoryStream copy = new();
            using var stream = entry.Open();
            stream.CopyTo(copy);
            return copy.ToArray();
        });
    }

    private sealed class Labelled
    {
        public bool Positive { get; set; }
    }

    private sealed class Weighted
    {
        public float Importance { get; set; }
    }

    /// <summary>Keeps the rows that it is trained on.</summary>
    private sealed class Recorder(string? weight = null) : IEstimator<ITransformer>
    {
        public IDataView? Seen { get; private set; }

        public ITransformer Fit(IDataView input)
        {
            Seen = input;
            return new MLContext(1).Transforms.CopyColumns("Copy", "Positive").Fit(input);
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => weight is null || inputSchema.Any(column => column.Name == weight)
            ? inputSchema
            : throw new ArgumentOutOfRangeException(nameof(inputSchema), $"Could not find weight column '{weight}'");
    }

    /// <summary>Gives a transformer that was fitted before.</summary>
    private sealed class Fitted(ITransformer transformer) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => transformer;

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;
    }
}
