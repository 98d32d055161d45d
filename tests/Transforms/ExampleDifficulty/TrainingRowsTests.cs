using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;
using Options = MLExtensions.Transforms.ExampleDifficultyEstimator.Options;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>Scores of the rows of a training: in sample, out of fold, forgetting counts.</summary>
public sealed class TrainingRowsTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void In_sample_scores_are_those_of_the_transformer()
    {
        var view = DifficultyTable.BreastCancer(0.1).View(_ml);
        Options options = new() { LabelColumnName = "Positive", Runs = 3, Epochs = 2, Seed = 5, DifficultyColumnName = "Hard" };
        var expected = Snapshot.Of(_ml.Transforms.ExampleDifficulty(options).Fit(view).Transform(view));
        Snapshot.AssertSame(expected, Snapshot.Of(_ml.Data.ScoreTrainingRows(view, options)));
    }

    [Fact]
    public void Out_of_fold_a_network_has_not_seen_the_row()
    {
        // Trained until it has learned the wrong labels by heart: in sample they are easy, out of fold they are not.
        var table = DifficultyTable.BreastCancer(0.1);
        var view = table.View(_ml);
        Options options = new() { Runs = 5, Epochs = 40, Seed = 5 };
        var inSample = DifficultyTable.Difficulties(_ml.Data.ScoreTrainingRows(view, options));
        var outOfFold = DifficultyTable.Difficulties(_ml.Data.ScoreTrainingRows(view, options, numberOfFolds: 5));
        double OfWrong(float[] scores) => scores.Where((_, row) => table.IsWrong[row]).Average();
        Assert.InRange(OfWrong(inSample), 0, 0.7);
        Assert.InRange(OfWrong(outOfFold), 1, Math.Sqrt(2));
        Assert.InRange(table.AreaUnderCurve(outOfFold), 0.93, 1);
    }

    [Fact]
    public void Each_fold_is_scored_by_the_networks_of_the_others()
    {
        var rows = Enumerable.Range(0, 60).Select(i => new Row { Features = [i % 2 == 0 ? 1f : -1, 0.01f * i], Label = (i % 2 == 0) != (i % 7 == 0) }).ToArray();
        var view = _ml.Data.LoadFromEnumerable(rows);
        Options options = new() { Runs = 3, Epochs = 20, Seed = 5 };
        var scored = DifficultyTable.Difficulties(_ml.Data.ScoreTrainingRows(view, options, numberOfFolds: 3));
        var foldOf = TrainingRowScores.FoldsOf([.. rows.Select(row => row.Label ? 1 : 0)], 3, seed: 5, _ => false);
        for (var fold = 0; fold < 3; fold++)
        {
            IDataView Rows(bool isHeldOut) => _ml.Data.LoadFromEnumerable(rows.Where((_, row) => (foldOf[row] == fold) == isHeldOut).ToArray());
            using var others = _ml.Transforms.ExampleDifficulty(options).Fit(Rows(isHeldOut: false));
            Assert.Equal(DifficultyTable.Difficulties(others.Transform(Rows(isHeldOut: true))), scored.Where((_, row) => foldOf[row] == fold));
        }
        // What networks say of the rows that they were trained on is something else; the same seed gives the same folds.
        Assert.All(DifficultyTable.Difficulties(_ml.Data.ScoreTrainingRows(view, options)).Zip(scored), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.Equal(scored, DifficultyTable.Difficulties(_ml.Data.ScoreTrainingRows(view, options, numberOfFolds: 3)));
    }

    [Fact]
    public void Forgetting_is_counted_over_a_training()
    {
        var table = DifficultyTable.BreastCancer(0.1);
        var scored = _ml.Data.ScoreTrainingRows(table.View(_ml), new Options { Score = DifficultyScore.Forgetting, Runs = 4, Epochs = 40, BatchSize = 16, Seed = 5 });
        float[] counts = [.. scored.GetColumn<float>("ForgettingCount")], rates = [.. scored.GetColumn<float>("NeverLearnedRate")], difficulties = DifficultyTable.Difficulties(scored);
        Assert.InRange(table.AreaUnderCurve(difficulties), 0.9, 1);
        Assert.All(rates, rate => Assert.Contains(rate, new[] { 0f, 0.25f, 0.5f, 0.75f, 1 }));
        Assert.All(counts, count => Assert.InRange(count, 0, 20));
        Assert.Contains(rates, rate => rate > 0);
        Assert.Contains(counts, count => count > 1);
        // First by the rate, then by the events over all runs.
        var events = counts.Zip(rates, (count, rate) => count * (1 - rate)).ToArray();
        var order = Enumerable.Range(0, rates.Length).OrderBy(row => rates[row]).ThenBy(row => events[row]).ToArray();
        Assert.All(order.Zip(order.Skip(1)), pair => Assert.True(difficulties[pair.Second] >= difficulties[pair.First] - 1e-4));
        Assert.All(difficulties.Zip(events, rates), row => Assert.Equal(row.Second + (row.Third * 4 * 40), row.First, 1e-3));
    }

    [Fact]
    public void Rows_that_training_skips_have_no_score()
    {
        var rows = Enumerable.Range(0, 60).Select(i => new Row { Features = [i % 2 == 0 ? 1f : -1, 0.01f * i], Label = i % 2 == 0, Weight = i % 10 == 3 ? 0 : 1, Kind = (uint)(i % 10 == 7 ? 5 : i % 2) });
        var view = _ml.Data.LoadFromEnumerable(rows);
        var skipped = Enumerable.Range(0, 60).Select(i => i % 10 == 3);
        foreach (var score in new[] { DifficultyScore.EL2N, DifficultyScore.Forgetting })
        {
            Options options = new() { Score = score, ExampleWeightColumnName = "Weight", Runs = 3, Epochs = 10, Seed = 5 };
            Assert.Equal(skipped, DifficultyTable.Difficulties(_ml.Data.ScoreTrainingRows(view, options)).Select(float.IsNaN));
            options.LabelColumnName = "Kind";
            var scored = _ml.Data.ScoreTrainingRows(view, options);
            Assert.Equal(Enumerable.Range(0, 60).Select(i => i % 10 is 3 or 7), DifficultyTable.Difficulties(scored).Select(float.IsNaN));
            // A suggestion needs no label.
            Assert.Equal(2u, scored.GetColumn<uint>("SuggestedLabel").ElementAt(17));
        }
        var folds = _ml.Data.ScoreTrainingRows(view, new Options { ExampleWeightColumnName = "Weight", Runs = 3, Epochs = 2, Seed = 5 }, numberOfFolds: 4);
        Assert.Equal(skipped, DifficultyTable.Difficulties(folds).Select(float.IsNaN));
    }

    [Fact]
    public void Counts_have_names_of_their_own()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        Options options = new() { Score = DifficultyScore.Forgetting, Epochs = 20, DifficultyColumnName = "ForgettingCount" };
        Assert.Contains("differ, found 'ForgettingCount'", Assert.Throws<ArgumentException>(() => _ml.Data.ScoreTrainingRows(view, options)).Message, StringComparison.Ordinal);
        (options.DifficultyColumnName, options.ExampleWeightColumnName) = ("Difficulty", "NeverLearnedRate");
        Assert.Contains("'NeverLearnedRate' is one that is read", Assert.Throws<ArgumentException>(() => _ml.Data.ScoreTrainingRows(view, options)).Message, StringComparison.Ordinal);
        // Other scores have no counts.
        new Options { DifficultyColumnName = "ForgettingCount" }.Validate();
    }

    [Fact]
    public void Folds_spread_each_class_and_classes_of_one_row()
    {
        // 22 rows of one class, and eight of one row each.
        int[] classes = [.. new int[22], .. Enumerable.Range(1, 8)];
        var foldOf = TrainingRowScores.FoldsOf(classes, 5, seed: 3, _ => false);
        Assert.All(Enumerable.Range(0, 5), fold =>
        {
            Assert.InRange(foldOf[..22].Count(own => own == fold), 4, 5);
            Assert.InRange(foldOf[22..].Count(own => own == fold), 1, 2);
            Assert.Equal(6, foldOf.Count(own => own == fold));
        });
    }

    [Fact]
    public void Folds_that_cannot_be_are_refused()
    {
        var view = DifficultyTable.BreastCancer(0).View(_ml);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Data.ScoreTrainingRows(view, new Options(), numberOfFolds: 1));
        var error = Assert.Throws<ArgumentException>(() => _ml.Data.ScoreTrainingRows(view, new Options { Score = DifficultyScore.Forgetting, Epochs = 20 }, numberOfFolds: 3));
        Assert.Contains("cannot be measured out of fold", error.Message, StringComparison.Ordinal);
        Errors.AssertDataError(() => _ml.Data.ScoreTrainingRows(_ml.Data.TakeRows(view, 3), new Options(), numberOfFolds: 5), "3 rows for 5 folds");
        // One row of true: where it is held out, nothing but false is left.
        var rows = Enumerable.Range(0, 20).Select(i => new Row { Features = [i % 5, 0.1f * i], Label = i == 7, Kind = (uint)(i == 7 ? 1 : 0) });
        Errors.AssertDataError(() => _ml.Data.ScoreTrainingRows(_ml.Data.LoadFromEnumerable(rows), new Options { Runs = 3, Seed = 5 }, numberOfFolds: 4), "'true'", "'Label'", "4 folds");
        Errors.AssertDataError(() => _ml.Data.ScoreTrainingRows(_ml.Data.LoadFromEnumerable(rows), new Options { Runs = 3, Seed = 5, LabelColumnName = "Kind" }, numberOfFolds: 4), "'key 2'", "'Kind'", "4 folds");
    }

    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }

        public float Weight { get; set; } = 1;

        [KeyType(2)]
        public uint Kind { get; set; }
    }
}
