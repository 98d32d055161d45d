using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;

namespace MLExtensions.Benchmarks;

/// <summary>Tables with wrong training labels, injected or by crowd workers, beside the plain network and ML.NET's trainers.</summary>
/// <remarks>It takes hours, and goes on where it was stopped: see <see cref="ResumableResults"/>. Its parts are NAME/LABELS.</remarks>
internal sealed class LabelNoiseTables : Measurement
{
    private const int Seeds = 3;
    private const long FewRows = 10_000;
    private const string True = "true";

    /// <summary>The tables, and their training labels; <see langword="null"/> for the true ones.</summary>
    public static IReadOnlyList<(string Table, string? Labels)> Noisy { get; } =
    [
        ("optdigits", null), ("optdigits", "sym20"), ("optdigits", "sym40"),
        ("music_genre", null), ("music_genre", "crowd_majority"), ("music_genre", "crowd_single"),
        ("letter", null), ("letter", "sym20"), ("letter", "sym40"),
        ("adult", null), ("adult", "sym20"), ("adult", "sym40"),
    ];

    public override string Name => "label-noise";

    public override string Title => "Wrong labels: tables";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        ResumableResults results = new(Name);
        Table table = new("Table", "training labels", "`HighNoise`", "`EarlyLearning`", "plain network", "LightGbm", "LbfgsMaximumEntropy");
        foreach (var (name, labels) in Noisy.Where(table => ResumableResults.Includes($"{table.Table}/{table.Labels ?? True}")))
        {
            MLContext ml = new(1);
            var real = RealTable.Load(ml, name, labels);
            double Accuracy(string trainer, Func<IEstimator<ITransformer>> create)
            {
                var key = $"{name} {labels ?? True}, {trainer}";
                var accuracy = results.Get(key, () => Evaluation.Of(ml, real, create()).Accuracy!.Value);
                Progress($"{key}: {Text(accuracy)}");
                return accuracy;
            }

            string Networks(string trainer, Func<int, IEstimator<ITransformer>> create)
            {
                var runs = Enumerable.Range(1, real.Train.GetRowCount() < FewRows ? Seeds : 1).Select(seed => Accuracy($"{trainer} {seed}", () => create(seed))).ToArray();
                return runs.Length == 1 ? Text(runs[0]) : $"{Text(runs.Average())} ± {Text(NeuralData.Spread(runs))}";
            }

            string[] cells =
            [
                Networks("HighNoise", seed => Trainer(ml, real, new() { Preset = NoiseRobustPreset.HighNoise, Seed = seed })),
                Networks("EarlyLearning", seed => Trainer(ml, real, new() { Preset = NoiseRobustPreset.EarlyLearning, Seed = seed })),
                Networks("plain", seed => Plain(ml, real, seed)),
                Text(Accuracy("LightGbm", () => LightGbm(ml, real))), Text(Accuracy("linear", () => Linear(ml, real))),
            ];
            table.Add([name, labels ?? True, .. cells]);
        }
        return results.Finish(() => $"""
            Accuracy on the test rows with their true labels; the same settings for all tables. For the networks the mean of {Seeds} seeds and the standard deviation over them on
            the tables of fewer than {FewRows:N0} rows, one seed on the others. The choice of test rows alone makes a standard error of
            0.4 points on adult and letter, 0.5 on optdigits, 2.7 on music_genre.

            {table}
            """);
    }

    /// <summary>The noise-robust network for a table.</summary>
    public static NoiseRobustNeuralNetworkTrainer Trainer(MLContext ml, RealTable table, Options options) => IsBinary(table)
        ? ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(options)
        : ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(options);

    /// <summary>The plain network for a table.</summary>
    public static NeuralNetworkTrainer Plain(MLContext ml, RealTable table, int seed)
    {
        NeuralNetworkTrainer.Options options = new() { Seed = seed };
        return IsBinary(table) ? ml.BinaryClassification.Trainers.NeuralNetwork(options) : ml.MulticlassClassification.Trainers.NeuralNetwork(options);
    }

    private static IEstimator<ITransformer> LightGbm(MLContext ml, RealTable table)
        => IsBinary(table) ? ml.BinaryClassification.Trainers.LightGbm() : ml.MulticlassClassification.Trainers.LightGbm();

    private static IEstimator<ITransformer> Linear(MLContext ml, RealTable table)
        => IsBinary(table) ? ml.BinaryClassification.Trainers.LbfgsLogisticRegression() : ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy();

    private static bool IsBinary(RealTable table) => table.Description.PredictionTask == PredictionTask.BinaryClassification;

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
