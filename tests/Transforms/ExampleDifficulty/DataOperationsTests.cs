using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>What <c>ml.Data</c> does with scored views.</summary>
public sealed class DataOperationsTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void Pruning_keeps_rows_in_their_order_and_all_their_columns()
    {
        var scored = View(20);
        var pruned = _ml.Data.PruneByDifficulty(scored, keepFraction: 0.5, dropHardestFraction: 0.2, minimumClassFraction: 0);
        // 6 to 15 of 0 to 19 in the order of difficulty, which is every third row, around.
        var expected = Enumerable.Range(0, 20).Where(row => row * 3 % 20 is >= 6 and < 16).ToArray();
        Assert.Equal(expected.Select(row => $"row {row}"), pruned.GetColumn<string>("Id"));
        Assert.Equal(expected.Select(row => row * 3 % 20 / 10f), pruned.GetColumn<float>("Difficulty"));
        Assert.Equal(scored.Schema, pruned.Schema);
        Assert.Equal(10, pruned.GetRowCount());
        Assert.False(pruned.CanShuffle);
        Assert.Equal(expected.Length, Snapshot.Of(pruned).Ids.Distinct().Count());
        Assert.Equal(Snapshot.Of(scored).Ids.Where((_, row) => expected.Contains(row)), Snapshot.Of(pruned).Ids);
        // Shuffled and cached by ML.NET itself.
        Assert.Equal(expected.Select(row => $"row {row}").Order(), _ml.Data.ShuffleRows(pruned, seed: 1).GetColumn<string>("Id").Order());
        Assert.Equal(expected.Select(row => $"row {row}"), _ml.Data.Cache(pruned).GetColumn<string>("Id"));
    }

    [Fact]
    public void A_pruned_view_is_shuffled_as_the_view_is()
    {
        // A cache can be shuffled, objects cannot.
        Assert.False(_ml.Data.PruneByDifficulty(View(200), 0.5, 0.2).CanShuffle);
        var pruned = _ml.Data.PruneByDifficulty(_ml.Data.Cache(View(200)), keepFraction: 0.5, dropHardestFraction: 0.2);
        Assert.True(pruned.CanShuffle);
        string[] ordered = [.. pruned.GetColumn<string>("Id")];
        var (first, second) = (Shuffled(pruned, 1), Shuffled(pruned, 2));
        Assert.NotEqual(ordered, first);
        Assert.NotEqual(first, second);
        Assert.Equal(ordered.Order(), first.Order());
        Assert.Equal(ordered.Order(), second.Order());
    }

    private static string[] Shuffled(IDataView view, int seed)
    {
        using var cursor = view.GetRowCursor([view.Schema["Id"]], new Random(seed));
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Id"]);
        List<string> ids = [];
        ReadOnlyMemory<char> id = default;
        while (cursor.MoveNext())
        {
            Assert.Equal(ids.Count, cursor.Position);
            getter(ref id);
            ids.Add(id.ToString());
        }
        return [.. ids];
    }

    [Fact]
    public void Pruning_holds_shares_in_strata_of_any_kind()
    {
        var scored = View(40);
        foreach (var column in new[] { "Label", "Kind", "Region" })
        {
            var pruned = _ml.Data.PruneByDifficulty(scored, keepFraction: 0.5, dropHardestFraction: 0.25, stratifyBy: column);
            Assert.Equal([10, 10], pruned.GetColumn<bool>("Label").CountBy(label => label).Select(pair => pair.Value));
        }
        Errors.AssertSchemaError("Schema mismatch for stratification column 'Difficulty': expected Boolean, a key or String, got Single", () => _ml.Data.PruneByDifficulty(scored, 0.5, 0.1, stratifyBy: "Difficulty"));
        Errors.AssertSchemaError("Could not find stratification column 'None'", () => _ml.Data.PruneByDifficulty(scored, 0.5, 0.1, stratifyBy: "None"));
        Errors.AssertSchemaError("Could not find label column 'None'", () => _ml.Data.PruneByDifficulty(scored, 0.5, 0.1, labelColumnName: "None"));
        Errors.AssertSchemaError("Could not find difficulty column 'None'", () => _ml.Data.PruneByDifficulty(scored, 0.5, 0.1, difficultyColumnName: "None"));
        Errors.AssertSchemaError("Schema mismatch for difficulty column 'Id': expected Single, got String", () => _ml.Data.PruneByDifficulty(scored, 0.5, 0.1, difficultyColumnName: "Id"));
    }

    [Fact]
    public void Keeping_the_hardest_needs_a_statement()
    {
        var scored = View(20);
        var error = Assert.Throws<ArgumentException>(() => _ml.Data.PruneByDifficulty(scored));
        Assert.StartsWith("Keeping the hardest rows is worse than keeping random ones where labels are wrong", error.Message, StringComparison.Ordinal);
        Assert.Equal(10, _ml.Data.PruneByDifficulty(scored, labelsAreClean: true).GetRowCount());
        Assert.Same(scored, _ml.Data.PruneByDifficulty(scored, keepFraction: 1));
        foreach (var (keep, drop, minimum) in new[] { (0, 0.1, 0), (-0.5, 0.1, 0), (1.01, 0.1, 0), (double.NaN, 0.1, 0), (0.5, 1, 0), (0.5, -0.1, 0), (0.5, double.NaN, 0), (0.05, 0.1, 0.1), (0.5, 0.1, -0.1) })
            Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Data.PruneByDifficulty(scored, keep, drop, minimumClassFraction: minimum));
    }

    [Fact]
    public void A_view_that_has_grown_or_shrunk_meanwhile_is_refused()
    {
        List<Row> rows = [.. Rows(20)];
        var scored = _ml.Data.LoadFromEnumerable(rows);
        var (pruned, issues) = (_ml.Data.PruneByDifficulty(scored, 0.5, 0.1), _ml.Data.FindLabelIssues(scored));
        rows.RemoveAt(19);
        Assert.Contains("19 rows, fewer than the 20", Assert.Throws<InvalidOperationException>(() => pruned.GetColumn<string>("Id").ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains("no row 19", Assert.Throws<InvalidOperationException>(() => issues.GetColumn<string>("Id").ToArray()).Message, StringComparison.Ordinal);
        rows.AddRange(Rows(2));
        Assert.Contains("more than the 20 rows", Assert.Throws<InvalidOperationException>(() => pruned.GetColumn<string>("Id").ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Drawn_rows_have_weights()
    {
        var scored = View(2000);
        var drawn = _ml.Data.SampleByDifficulty(scored, keepFraction: 0.3, seed: 4);
        var weights = drawn.GetColumn<float>("Weight").ToArray();
        Assert.InRange(weights.Length, 500, 700);
        Assert.InRange(weights.Sum(weight => (double)weight), 1850, 2150);
        Assert.All(weights, weight => Assert.InRange(weight, 1, 10 / 0.3));
        // The hardest are kept more often, and weigh less.
        Assert.All(drawn.GetColumn<float>("Difficulty").Zip(weights), row => Assert.Equal(row.First > 150 ? 1 : 0, row.Second < 3 && row.First > 150 ? 1 : 0));
        Assert.Equal(drawn.GetColumn<string>("Id"), _ml.Data.SampleByDifficulty(scored, keepFraction: 0.3, seed: 4).GetColumn<string>("Id"));
        Assert.NotEqual(drawn.GetColumn<string>("Id"), _ml.Data.SampleByDifficulty(scored, keepFraction: 0.3, seed: 5).GetColumn<string>("Id"));
        Assert.Equal(new MLContext(7).Data.SampleByDifficulty(scored).GetRowCount(), new MLContext(7).Data.SampleByDifficulty(scored).GetRowCount());
    }

    [Fact]
    public void Drawn_rows_multiply_the_weights_that_they_have_and_leave_out_the_hardest()
    {
        var scored = View(2000);
        var plain = _ml.Data.SampleByDifficulty(scored, 0.5, dropHardestFraction: 0.1, seed: 4);
        var weighted = _ml.Data.SampleByDifficulty(scored, 0.5, dropHardestFraction: 0.1, weightColumnName: "New", exampleWeightColumnName: "Importance", seed: 4);
        Assert.Equal(plain.GetColumn<float>("Weight").Zip(weighted.GetColumn<float>("Importance"), (weight, importance) => weight * importance), weighted.GetColumn<float>("New"), new Near());
        Assert.All(plain.GetColumn<float>("Difficulty"), difficulty => Assert.InRange(difficulty, 0, 180));
        Assert.InRange(plain.GetRowCount()!.Value, 900, 1100);
    }

    [Fact]
    public void Where_rows_are_drawn_the_drop_leaves_each_class_its_least_and_holds_in_strata()
    {
        // The class true is the hardest fifth of the rows.
        var view = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 100).Select(i => new Row { Id = $"row {i}", Label = i >= 80, Region = i >= 80 ? "north" : "south" }));
        float[] scores = [.. Enumerable.Range(0, 100).Select(i => 1 + (i / 100f))];
        PruningOptions options = new() { KeepFraction = 0.3, DropHardestFraction = 0.25, MinimumClassFraction = 0.5, SampleWeightColumnName = "Drawn" };
        options.Validate();
        var drawn = PrunedRows.Sample(view, scores, options, "Label", seed: 4);
        var trues = drawn.GetColumn<string>("Id").Zip(drawn.GetColumn<float>("Drawn"), drawn.GetColumn<bool>("Label")).Where(row => row.Third).ToArray();
        // The least hard ten of the twenty that were dropped, without a draw.
        Assert.Equal(Enumerable.Range(80, 10).Select(i => $"row {i}"), trues.Select(row => row.First));
        Assert.All(trues, row => Assert.Equal(1, row.Second));
        Assert.InRange(drawn.GetRowCount()!.Value, 25, 55);

        options.StratifyBy = "Region";
        string[] ids = [.. PrunedRows.Sample(view, scores, options, "Label", seed: 4).GetColumn<string>("Id")];
        // A quarter of each stratum is gone; draws take from the rest of both.
        Assert.DoesNotContain(ids, id => int.Parse(id[4..], System.Globalization.CultureInfo.InvariantCulture) is (>= 60 and < 80) or >= 95);
        Assert.InRange(ids.Count(id => int.Parse(id[4..], System.Globalization.CultureInfo.InvariantCulture) >= 80), 1, 12);
    }

    [Fact]
    public void Weights_that_are_there_are_multiplied_or_stay()
    {
        var scored = View(2000);
        Errors.AssertDataError(() => _ml.Data.SampleByDifficulty(scored, 0.5, weightColumnName: "Importance"), "'Importance'", "ExampleWeightColumnName");
        var weighted = _ml.Data.SampleByDifficulty(scored, 0.5, weightColumnName: "Importance", exampleWeightColumnName: "Importance", seed: 4);
        var apart = _ml.Data.SampleByDifficulty(scored, 0.5, weightColumnName: "New", exampleWeightColumnName: "Importance", seed: 4);
        Assert.Equal(apart.GetColumn<float>("New"), weighted.GetColumn<float>("Importance"));
    }

    [Fact]
    public void The_least_of_a_class_may_be_above_the_share_that_is_drawn()
    {
        new PruningOptions { KeepFraction = 0.05, SampleWeightColumnName = "Drawn" }.Validate();
        Assert.Contains("MinimumClassFraction must be 0 to 1", Assert.Throws<ArgumentOutOfRangeException>(new PruningOptions { MinimumClassFraction = 1.1, SampleWeightColumnName = "Drawn" }.Validate).Message, StringComparison.Ordinal);
        Assert.Equal(0.05 * 2000, _ml.Data.SampleByDifficulty(View(2000), keepFraction: 0.05, seed: 4).GetRowCount()!.Value, 40.0);
    }

    [Fact]
    public void Label_issues_come_hardest_first_with_their_rows()
    {
        var scored = View(20);
        var issues = _ml.Data.FindLabelIssues(scored, top: 4);
        // Every second row is suggested otherwise: 13 has the difficulty 39 mod 20 = 19, and so on.
        Assert.Equal([13L, 19, 5, 11], issues.GetColumn<long>("Row"));
        Assert.Equal(["row 13", "row 19", "row 5", "row 11"], issues.GetColumn<string>("Id"));
        Assert.Equal([1.9f, 1.7f, 1.5f, 1.3f], issues.GetColumn<float>("Difficulty"));
        Assert.Equal(4, issues.GetRowCount());
        Assert.Equal([.. scored.Schema.Select(column => column.Name), "Row"], issues.Schema.Select(column => column.Name));
        Assert.Equal(["two", "words"], issues.GetColumn<string[]>("Words").First());
        Assert.Equal(10, _ml.Data.FindLabelIssues(scored).GetColumn<long>("Row").Count());
        Assert.Equal("row 13", _ml.Data.CreateEnumerable<Named>(issues, reuseRowObject: false).First().Id);
        Assert.Equal(4, Snapshot.Of(issues).Ids.Distinct().Count());
        using var cursor = issues.GetRowCursor([issues.Schema["Id"]]);
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(issues.Schema["Id"]);
        ReadOnlyMemory<char> id = default;
        Assert.Equal(-1, cursor.Position);
        Assert.Throws<InvalidOperationException>(() => getter(ref id));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(issues.Schema["Difficulty"]));
        while (cursor.MoveNext())
            getter(ref id);
        Assert.False(cursor.MoveNext());
        Assert.Equal(-1, cursor.Position);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Data.FindLabelIssues(scored, top: 0));
        Errors.AssertSchemaError("Schema mismatch for suggested label column 'Kind': expected Boolean", () => _ml.Data.FindLabelIssues(scored, suggestedLabelColumnName: "Kind"));
        Errors.AssertSchemaError("Schema mismatch for label column 'Id': expected Boolean or a key, got String", () => _ml.Data.FindLabelIssues(scored, labelColumnName: "Id"));
    }

    [Fact]
    public void Ranks_are_added_as_a_column()
    {
        var scored = View(20);
        Assert.Equal(Enumerable.Range(0, 20).Select(row => row * 3 % 20 / 19f), _ml.Data.RankByDifficulty(scored).GetColumn<float>("DifficultyRank"));
        var within = _ml.Data.RankByDifficulty(scored, within: "Kind", rankColumnName: "Rank");
        Assert.Equal(0, within.GetColumn<float>("Rank").First());
        Assert.Equal(Enumerable.Range(0, 20).Select(row => row * 3 % 20 / 2 / 9f), within.GetColumn<float>("Rank"));
    }

    [Fact]
    public void Any_model_that_gives_probabilities_scores_difficulty()
    {
        var table = DifficultyTable.Digits(0.1);
        var view = table.View(_ml);
        var folds = _ml.Data.CrossValidationSplit(view, 2, seed: 1);
        var scored = _ml.MulticlassClassification.Trainers.LightGbm(numberOfIterations: 10).Fit(folds[0].TrainSet).Transform(view);
        var difficult = _ml.Data.ScoreDifficulty(scored);
        var (scores, labels) = (scored.GetColumn<float[]>("Score").ToArray(), scored.GetColumn<uint>("Label").ToArray());
        var difficulties = DifficultyTable.Difficulties(difficult);
        for (var row = 0; row < scores.Length; row++)
            Assert.Equal(Math.Sqrt(scores[row].Select((p, k) => Math.Pow(p - (k + 1 == labels[row] ? 1 : 0), 2)).Sum()), difficulties[row], 1e-6);
        Assert.Equal(scored.GetColumn<uint>("PredictedLabel"), difficult.GetColumn<uint>("SuggestedLabel"));
        Assert.Equal(scores.Select(p => p.Max()), difficult.GetColumn<float>("SuggestedLabelProbability"));
        // Half of the rows were trained on.
        Assert.InRange(table.AreaUnderCurve(difficulties), 0.8, 1);

        var binary = _ml.BinaryClassification.Trainers.LightGbm("Positive", numberOfIterations: 10).Fit(view).Transform(view);
        var margins = _ml.Data.ScoreDifficulty(binary, "Positive", score: DifficultyScore.MaxMargin, difficultyColumnName: "Margin", suggestedLabelColumnName: "Other", suggestedLabelProbabilityColumnName: "P");
        Assert.All(margins.GetColumn<float>("Margin").Zip(binary.GetColumn<float>("Probability"), binary.GetColumn<bool>("Positive")), row => Assert.Equal(row.Third ? 1 - (2 * row.Second) : (2 * row.Second) - 1, row.First, 1e-6));
        Assert.Equal(binary.GetColumn<float>("Probability").Select(p => p > 0.5f), margins.GetColumn<bool>("Other"));
        Assert.All(margins.GetColumn<float>("P"), p => Assert.InRange(p, 0.5f, 1));
    }

    [Fact]
    public void Columns_to_add_to_predictions_have_names_of_their_own()
    {
        var scored = _ml.Data.LoadFromEnumerable([new Predicted { Label = 0, Score = [0.25f, 0.75f] }]);
        Assert.Contains("differ, found 'A', 'A'", Assert.Throws<ArgumentException>(() => _ml.Data.ScoreDifficulty(scored, difficultyColumnName: "A", suggestedLabelColumnName: "A")).Message, StringComparison.Ordinal);
        Assert.Contains("not empty", Assert.Throws<ArgumentException>(() => _ml.Data.ScoreDifficulty(scored, difficultyColumnName: " ")).Message, StringComparison.Ordinal);
        foreach (var read in new[] { "Label", "Score" })
            Assert.Contains($"'{read}' is one that is read", Assert.Throws<ArgumentException>(() => _ml.Data.ScoreDifficulty(scored, suggestedLabelProbabilityColumnName: read)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_without_a_label_or_a_prediction_have_no_difficulty()
    {
        var rows = new[] { new Predicted { Label = 0, Score = [0.25f, 0.75f] }, new Predicted { Label = 9, Score = [0.25f, 0.75f] }, new Predicted { Label = 1, Score = [float.NaN, float.NaN] } };
        var scored = _ml.Data.ScoreDifficulty(_ml.Data.LoadFromEnumerable(rows));
        Assert.Equal([0.75f * MathF.Sqrt(2), float.NaN, float.NaN], DifficultyTable.Difficulties(scored));
        Assert.Equal([2u, 2, 0], scored.GetColumn<uint>("SuggestedLabel"));
        Assert.Equal([0.75f, 0.75f, float.NaN], scored.GetColumn<float>("SuggestedLabelProbability"));
    }

    [Fact]
    public void What_is_no_probability_is_refused()
    {
        IDataView View(params float[] score) => _ml.Data.LoadFromEnumerable([new Predicted { Label = 0, Score = [0.5f, 0.5f] }, new Predicted { Label = 0, Score = score }]);
        Errors.AssertDataError(() => _ml.Data.ScoreDifficulty(View(2, 1)), "'Score'", "row 1", "sum of 3", "probabilities");
        Errors.AssertDataError(() => _ml.Data.ScoreDifficulty(View(1.5f, -0.5f)), "'Score'", "row 1");
        foreach (var score in new[] { DifficultyScore.GraNd, DifficultyScore.GraNdLastLayer, DifficultyScore.Forgetting })
            Assert.Contains("needs more than probabilities", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Data.ScoreDifficulty(View(0.5f, 0.5f), score: score)).Message, StringComparison.Ordinal);
        Errors.AssertSchemaError("Could not find probability column 'Probability'", () => _ml.Data.ScoreDifficulty(_ml.Data.LoadFromEnumerable(Rows(3))));
        Errors.AssertSchemaError("Schema mismatch for probability column 'Wide': expected Vector<Single, 2>, one probability for each value of the label", () => _ml.Data.ScoreDifficulty(View(0.5f, 0.5f), probabilityColumnName: "Wide"));
    }

    [Fact]
    public void The_mixture_tells_the_share_of_wrong_labels()
    {
        foreach (var noise in new[] { 0.1, 0.2 })
        {
            var table = DifficultyTable.Digits(noise);
            var view = table.View(_ml);
            var scored = _ml.Transforms.ExampleDifficulty(runs: 5, epochs: 2).Fit(view).Transform(view);
            var mixture = _ml.Data.FitDifficultyMixture(scored);
            Assert.Equal(noise, mixture.NoisyShare, 0.03);
            Assert.InRange(mixture.NoisyMean, 0.9, 1.3);
            Assert.InRange(mixture.CleanMean, 0.05, 0.4);
        }
        var clean = DifficultyTable.Digits(0).View(_ml);
        Assert.Equal(0, _ml.Data.FitDifficultyMixture(_ml.Transforms.ExampleDifficulty(runs: 5, epochs: 2).Fit(clean).Transform(clean)).SuggestedDropHardestFraction);
    }

    private IDataView View(int count) => _ml.Data.LoadFromEnumerable(Rows(count));

    private static IEnumerable<Row> Rows(int count) => Enumerable.Range(0, count).Select(row => new Row
    {
        Id = $"row {row}",
        Difficulty = row * 3 % count / 10f,
        Label = row % 2 == 0,
        SuggestedLabel = true,
        Kind = (uint)(row % 2),
        Region = row % 2 == 0 ? "north" : "south",
        Importance = 1 + (row % 3),
        Words = ["two", "words"],
    });

    private sealed class Near : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= 1e-5 * Math.Abs(x);

        public int GetHashCode(float obj) => 0;
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public float Difficulty { get; set; }

        public bool Label { get; set; }

        public bool SuggestedLabel { get; set; }

        [KeyType(2)]
        public uint Kind { get; set; }

        public string Region { get; set; } = "";

        public float Importance { get; set; }

        [VectorType(2)]
        public string[] Words { get; set; } = [];
    }

    private sealed class Named
    {
        public string Id { get; set; } = "";
    }

    private sealed class Predicted
    {
        [KeyType(2)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Score { get; set; } = [];

        [VectorType(3)]
        public float[] Wide { get; set; } = [0, 0, 1];
    }
}
