using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;
using Options = MLExtensions.Transforms.ExampleDifficultyEstimator.Options;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

public sealed class EstimatorTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void Wrong_labels_are_the_most_difficult_and_other_labels_are_suggested_for_them()
    {
        foreach (var (table, label) in new[] { (DifficultyTable.Digits(0.1), "Label"), (DifficultyTable.BreastCancer(0.1), "Positive") })
        {
            var view = table.View(_ml);
            var scored = _ml.Transforms.ExampleDifficulty(label, epochs: 2).Fit(view).Transform(view);
            Assert.InRange(table.AreaUnderCurve(DifficultyTable.Difficulties(scored)), 0.97, 1);
            var isOther = LabelIssues.Suggested(scored, label, "SuggestedLabel");
            Assert.InRange(isOther.Zip(table.IsWrong).Where(row => row.Second).Average(row => row.First ? 1 : 0), 0.85, 1);
            Assert.InRange(isOther.Zip(table.IsWrong).Where(row => !row.Second).Average(row => row.First ? 1 : 0), 0, 0.05);
            Assert.All(scored.GetColumn<float>("DifficultyStd"), deviation => Assert.InRange(deviation, 0, 1));
            Assert.Equal(view.Schema[label].Type, scored.Schema["SuggestedLabel"].Type);
        }
    }

    [Theory]
    [InlineData(DifficultyScore.GraNd)]
    [InlineData(DifficultyScore.GraNdLastLayer)]
    [InlineData(DifficultyScore.MaxMargin)]
    [InlineData(DifficultyScore.CrossEntropy)]
    public void Every_score_finds_wrong_labels(DifficultyScore score)
    {
        var table = DifficultyTable.Digits(0.1, seed: 2);
        var view = table.View(_ml);
        var scored = _ml.Transforms.ExampleDifficulty(score: score, runs: 5, epochs: 2).Fit(view).Transform(view);
        Assert.InRange(table.AreaUnderCurve(DifficultyTable.Difficulties(scored)), 0.97, 1);
    }

    [Fact]
    public void Scores_do_not_depend_on_the_number_of_threads_or_on_other_runs()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        Options options = new() { Runs = 7, Epochs = 2, Seed = 5, NumberOfThreads = 1 };
        var one = _ml.Transforms.ExampleDifficulty(options).Fit(view);
        options.NumberOfThreads = 3;
        var three = _ml.Transforms.ExampleDifficulty(options).Fit(view);
        Assert.Equal(DifficultyTable.Difficulties(one.Transform(view)), DifficultyTable.Difficulties(three.Transform(view)));
        // The first five runs are a group of their own.
        options.Runs = 5;
        Assert.Equal(one.Model.Runs[4].Networks[0][0].Weights.ToArray(), _ml.Transforms.ExampleDifficulty(options).Fit(view).Model.Runs[4].Networks[0][0].Weights.ToArray());
        options.Seed = 6;
        Assert.NotEqual(DifficultyTable.Difficulties(one.Transform(view)), DifficultyTable.Difficulties(_ml.Transforms.ExampleDifficulty(options).Fit(view).Transform(view)));
    }

    [Fact]
    public void Runs_that_diverge_are_done_again_with_half_the_learning_rate()
    {
        LogLines log = new(_ml);
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        // Far beyond what any network bears.
        var estimator = _ml.Transforms.ExampleDifficulty(new Options { Runs = 6, Epochs = 3, LearningRate = 1e20, Seed = 3 });
        var error = Record.Exception(() => estimator.Fit(view));
        Assert.Contains("of 6 runs diverged at a learning rate of 1E+20: they are done again with half of it", string.Join("\n", log.Warnings), StringComparison.Ordinal);
        Assert.Contains("3.12E+18 and are left out", string.Join("\n", log.Warnings), StringComparison.Ordinal);
        Assert.StartsWith("Only 0 of 6 runs did not diverge, down to a learning rate of 3.12E+18; expected at least 3.", Assert.IsType<InvalidOperationException>(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverged_at_first_says_so()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        var runs = _ml.Transforms.ExampleDifficulty(new Options { Runs = 6, Epochs = 3, LearningRate = HighestRate(view), Seed = 3 }).Fit(view).Model.Runs;
        Assert.Equal(Enumerable.Range(0, 6), runs.Select(run => run.Number));
        Assert.Contains(runs, run => run.LearningRate < HighestRate(view));
        Assert.All(runs, run => Assert.All(run.Networks.SelectMany(layers => layers), layer => Assert.All(layer.Weights.ToArray(), weight => Assert.True(float.IsFinite(weight)))));
    }

    // The first power of ten at which some run diverges at once.
    private double HighestRate(IDataView view)
    {
        for (var rate = 1.0; ; rate *= 10)
        {
            var log = new LogLines(_ml);
            _ = Record.Exception(() => _ml.Transforms.ExampleDifficulty(new Options { Runs = 6, Epochs = 3, LearningRate = rate, Seed = 3 }).Fit(view));
            if (log.Warnings.Any(line => line.Contains("diverged", StringComparison.Ordinal)))
                return rate;
        }
    }

    [Fact]
    public void A_Boolean_label_and_a_key_of_two_classes_have_the_same_scores()
    {
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        Options options = new() { LabelColumnName = "Positive", Runs = 3, Epochs = 2, Seed = 3 };
        var byBoolean = _ml.Transforms.ExampleDifficulty(options).Fit(view).Transform(view);
        options.LabelColumnName = "Label";
        var byKey = _ml.Transforms.ExampleDifficulty(options).Fit(view).Transform(view);
        Assert.Equal(DifficultyTable.Difficulties(byBoolean), DifficultyTable.Difficulties(byKey));
        Assert.Equal(byBoolean.GetColumn<bool>("SuggestedLabel").Select(label => label ? 2u : 1), byKey.GetColumn<uint>("SuggestedLabel"));
        Assert.Equal(byBoolean.GetColumn<float>("SuggestedLabelProbability"), byKey.GetColumn<float>("SuggestedLabelProbability"));
    }

    [Fact]
    public void Rows_without_a_label_are_suggested_one_and_stay()
    {
        // The key has two values, and every tenth row a third.
        var rows = Enumerable.Range(0, 100).Select(i => new Unlabelled { Features = [i % 2 == 0 ? 1 : -1, 0.01f * i], Label = i % 10 == 3 ? 7u : (uint)(i % 2), Id = i }).ToArray();
        var view = _ml.Data.LoadFromEnumerable(rows);
        var scored = _ml.Transforms.ExampleDifficulty(new Options { Runs = 3, Seed = 3 }).Fit(view).Transform(view);
        Assert.Equal(rows.Select(row => row.Label == 7), DifficultyTable.Difficulties(scored).Select(float.IsNaN));
        Assert.Equal(rows.Select(row => (uint)((row.Id % 2) + 1)), scored.GetColumn<uint>("SuggestedLabel"));
        int[] kept = [.. _ml.Data.PruneByDifficulty(scored, keepFraction: 0.5, dropHardestFraction: 0.2).GetColumn<int>("Id")];
        Assert.Equal(10, kept.Count(id => id % 10 == 3));
        // Half of the 90 with a label.
        Assert.Equal(55, kept.Length);
    }

    private sealed class Unlabelled
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [KeyType(2)]
        public uint Label { get; set; }

        public int Id { get; set; }
    }

    [Fact]
    public void Epochs_can_be_averaged()
    {
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        Options options = new() { LabelColumnName = "Positive", Runs = 3, Epochs = 4, Seed = 3 };
        double[] Scores(int epochs, bool average)
        {
            (options.Epochs, options.AverageEpochs) = (epochs, average);
            var fitted = _ml.Transforms.ExampleDifficulty(options).Fit(view);
            Assert.All(fitted.Model.Runs, run => Assert.Equal(average ? epochs - 1 : 1, run.Networks.Count));
            return [.. DifficultyTable.Difficulties(fitted.Transform(view)).Select(value => (double)value)];
        }
        var averaged = Scores(4, true);
        var single = new[] { 2, 3, 4 }.Select(epochs => Scores(epochs, false)).ToArray();
        for (var row = 0; row < averaged.Length; row++)
            Assert.Equal(single.Average(scores => scores[row]), averaged[row], 1e-5);
    }

    [Fact]
    public void Fewer_rows_than_classes_are_scored_with_a_warning()
    {
        LogLines log = new(_ml);
        var view = _ml.Data.TakeRows(DifficultyTable.Digits(0).View(_ml), 4);
        var scored = _ml.Transforms.ExampleDifficulty(runs: 3).Fit(view).Transform(view);
        Assert.All(DifficultyTable.Difficulties(scored), difficulty => Assert.InRange(difficulty, 0, Math.Sqrt(2)));
        Assert.Contains(log.Warnings, line => line.Contains("4 training rows for 10 classes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mistyped_label_is_named_with_both_types()
    {
        var view = DifficultyTable.Digits(0).View(_ml);
        Errors.AssertSchemaError("Schema mismatch for label column 'Target': expected Boolean or Key<UInt32>, got Single", () => _ml.Transforms.ExampleDifficulty("Target").Fit(view));
        Errors.AssertSchemaError("Could not find label column 'Nothing'", () => _ml.Transforms.ExampleDifficulty("Nothing").Fit(view));
        var fitted = _ml.Transforms.ExampleDifficulty("Positive", runs: 3, epochs: 1).Fit(view);
        Errors.AssertSchemaError("Could not find label column 'Positive'", () => fitted.Transform(view.Then(_ml.Transforms.DropColumns("Positive"))));
        Errors.AssertSchemaError("Schema mismatch for label column 'Positive'", () => fitted.Transform(view.Then(_ml.Transforms.CopyColumns("Positive", "Target"))));
    }

    [Fact]
    public void Options_outside_their_ranges_are_refused()
    {
        foreach (var (change, problem) in new (Action<Options>, string)[]
        {
            (options => options.Epochs = 0, "Epochs must be at least 1: scores of networks that have not been trained say nothing about labels (GraNd then follows the length of the inputs"),
            (options => options.Runs = 0, "Runs must be at least 1"), (options => options.HiddenUnits = 0, "HiddenUnits must be at least 1"), (options => options.HiddenLayers = -1, "HiddenLayers must be at least 0"),
            (options => options.LearningRate = 0, "LearningRate must be above 0"), (options => options.BatchSize = 0, "BatchSize must be at least 1"), (options => options.WeightDecay = -1, "WeightDecay must be at least 0"),
            (options => options.Score = (DifficultyScore)77, "Score must be EL2N"), (options => options.NumberOfThreads = 0, "NumberOfThreads must be at least 1"), (options => options.GpuDeviceId = -1, "GpuDeviceId must be at least 0"),
            (options => (options.Score, options.Epochs) = (DifficultyScore.Forgetting, 5), "Epochs must be at least 10 with Forgetting"),
            (options => (options.Score, options.Epochs) = (DifficultyScore.Forgetting, 40), "Use ml.Data.ScoreTrainingRows"),
            (options => options.DifficultyColumnName = "Features", "The column to add 'Features' is one that is read"), (options => options.SuggestedLabelColumnName = "Difficulty", "need names that are not empty and differ"),
            (options => options.DifficultyColumnName = options.ExampleWeightColumnName = "Weight", "The column to add 'Weight' is one that is read"),
            (options => options.DifficultyStdColumnName = " ", "need names that are not empty and differ"),
        })
        {
            Options options = new();
            change(options);
            Assert.Contains(problem, Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.ExampleDifficulty(options)).Message, StringComparison.Ordinal);
        }
    }
}
