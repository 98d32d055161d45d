using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using MLExtensions.Trainers;
using MLExtensions.Transforms;
using Options = MLExtensions.Transforms.ExampleDifficultyEstimator.Options;

namespace MLExtensions.Benchmarks;

/// <summary>Which labels of crowd workers are wrong: difficulty beside the noise-robust network's suspicion and confidence out of fold.</summary>
internal sealed class DifficultyLabelIssues : Measurement
{
    private const int Seeds = 3;
    private static readonly double[] Tops = [0.1, 0.2, 0.4];

    private static readonly (string Name, Func<MLContext, RealTable, int, Ranking> Rank)[] Methods =
    [
        ("EL2N", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed })),
        ("EL2N, epoch 2", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed, Epochs = 2 })),
        ("EL2N, epochs 2 to 5 averaged", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed, AverageEpochs = true })),
        ("EL2N, 5 folds", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed }, 5)),
        ("EL2N, 5 folds, epoch 20", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed, Epochs = 20 }, 5)),
        ("GraNd", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed, Score = DifficultyScore.GraNd })),
        ("MaxMargin", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed, Score = DifficultyScore.MaxMargin })),
        ("MaxMargin, 5 folds", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed, Score = DifficultyScore.MaxMargin }, 5)),
        ("Forgetting, 40 epochs", (ml, table, seed) => OfDifficulty(ml, table, new() { Seed = seed, Score = DifficultyScore.Forgetting, Epochs = 40 })),
        ("suspicion, noise-robust network, `EarlyLearning`", (ml, table, seed) => OfSuspicion(ml, table, NoiseRobustPreset.EarlyLearning, seed)),
        ("suspicion, noise-robust network, `HighNoise`", (ml, table, seed) => OfSuspicion(ml, table, NoiseRobustPreset.HighNoise, seed)),
        ("confidence out of fold, plain network", (ml, table, seed) => OfConfidence(ml, table, ml.MulticlassClassification.Trainers.NeuralNetwork(new NeuralNetworkTrainer.Options { Seed = seed, NumberOfThreads = 1 }), seed)),
        ("confidence out of fold, LightGbm", (ml, table, seed) => OfConfidence(ml, table, ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { NumberOfThreads = 1 }), seed)),
        ("confidence out of fold, LbfgsMaximumEntropy", (ml, table, seed) => OfConfidence(ml, table, ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(), seed)),
    ];

    public override string Name => "example-difficulty-label-issues";

    public override string Title => "Example difficulty: labels of crowd workers";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        Table table = new(["Labels, method", .. Tops.Select(top => $"wrong in the top {top:P0}"), "AUC", "suggestion right, top 20 %"]);
        foreach (var labels in new[] { "crowd_majority", "crowd_single" })
        {
            foreach (var (name, rank) in Methods)
            {
                Progress($"{labels}, {name}");
                var rankings = Enumerable.Range(1, Seeds).Select(seed =>
                {
                    MLContext ml = new(seed);
                    var real = RealTable.Load(ml, "music_genre", labels);
                    return (Ranking: rank(ml, real, seed), True: real.Train.GetColumn<uint>("TrueLabel").ToArray(), Given: real.Train.GetColumn<uint>("Label").ToArray());
                }).ToArray();
                table.Add([
                    $"{labels}, {name}",
                    .. Tops.Select(top => Text(rankings.Average(ranking => Top(ranking.Ranking, top).Average(row => ranking.True[row] != ranking.Given[row] ? 1.0 : 0)))),
                    Text(rankings.Average(ranking => AreaUnderCurve(ranking.Ranking.Rows, row => ranking.True[row] != ranking.Given[row]))),
                    Text(rankings.Average(ranking => Top(ranking.Ranking, 0.2).Average(row => ranking.Ranking.Suggested[row] == ranking.True[row] ? 1.0 : 0))),
                ]);
            }
        }
        return $"""
            music_genre: 700 tracks whose genre (ten classes) was named by crowd workers; 29 % (crowd_majority) and 44 % (crowd_single) of the labels are wrong. Share of wrong labels among the most suspicious rows, mean of {Seeds}
            seeds. The standard error of a share among 70 rows is about 5 points, among 280 rows 2 to 3, most of it common to all methods. Confidence out of fold: the probability of the given label by a
            model that is trained on four fifths without the row.

            {table}
            """;
    }

    private static IEnumerable<int> Top(Ranking ranking, double share) => ranking.Rows.Take((int)(share * ranking.Rows.Length));

    private static double AreaUnderCurve(int[] rows, Func<int, bool> isWrong)
    {
        double wrong = 0, pairs = 0;
        foreach (var row in rows)
        {
            if (isWrong(row))
                wrong++;
            else
                pairs += wrong;
        }
        return pairs / (wrong * (rows.Length - wrong));
    }

    private static Ranking OfDifficulty(MLContext ml, RealTable table, Options options, int? folds = null) => OfScored(ml.Data.ScoreTrainingRows(table.Train, options, folds));

    private static Ranking OfScored(IDataView scored)
    {
        float[] scores = [.. scored.GetColumn<float>("Difficulty")];
        return new([.. Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row])], [.. scored.GetColumn<uint>("SuggestedLabel")]);
    }

    private static Ranking OfSuspicion(MLContext ml, RealTable table, NoiseRobustPreset preset, int seed)
    {
        var trainer = ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(new NoiseRobustNeuralNetworkTrainer.Options { Preset = preset, Seed = seed, NumberOfThreads = 1, ValidationFraction = 0 });
        var audited = ml.Data.AuditLabels(table.Train, trainer);
        float[] scores = [.. audited.GetColumn<float>("Suspicion")];
        return new([.. Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row])], [.. audited.GetColumn<uint>("SuggestedLabel")]);
    }

    // Folds by ML.NET; each row is found again by its position.
    private static Ranking OfConfidence(MLContext ml, RealTable table, IEstimator<ITransformer> trainer, int seed)
    {
        var count = (int)table.Train.GetRowCount()!.Value;
        var numbered = ml.Data.LoadFromEnumerable(table.Train.GetColumn<float[]>("Features").Zip(table.Train.GetColumn<uint>("Label"), (features, label) => new Numbered { Features = features, Key = label }).Select((row, i) =>
        {
            row.Position = i;
            return row;
        }), Definition(table));
        var (scores, suggested) = (new float[count], new uint[count]);
        foreach (var fold in ml.MulticlassClassification.CrossValidate(numbered, trainer, 5, seed: seed))
        {
            var scored = ml.Data.ScoreDifficulty(fold.ScoredHoldOutSet, score: DifficultyScore.CrossEntropy);
            foreach (var (position, difficulty, other) in scored.GetColumn<float>("Position").Zip(scored.GetColumn<float>("Difficulty"), scored.GetColumn<uint>("SuggestedLabel")))
                (scores[(int)position], suggested[(int)position]) = (difficulty, other);
        }
        return new([.. Enumerable.Range(0, count).OrderByDescending(row => scores[row])], suggested);
    }

    private static SchemaDefinition Definition(RealTable table)
    {
        var schema = SchemaDefinition.Create(typeof(Numbered));
        schema[nameof(Numbered.Features)].ColumnType = table.Train.Schema["Features"].Type is VectorDataViewType vector ? new VectorDataViewType(NumberDataViewType.Single, vector.Size) : null;
        schema[nameof(Numbered.Label)].ColumnType = new KeyDataViewType(typeof(uint), ((KeyDataViewType)table.Train.Schema["Label"].Type).Count);
        return schema;
    }

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Rows in their order, the most suspicious first, and the key that is suggested for each row by its position.</summary>
    private sealed record Ranking(int[] Rows, uint[] Suggested);

    private sealed class Numbered
    {
        public float[] Features { get; set; } = [];

        // ML.NET counts keys of objects from 0.
        public uint Label => Key - 1;

        [NoColumn]
        public uint Key { get; set; }

        public float Position { get; set; }
    }
}
