using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;

namespace MLExtensions.Benchmarks;

/// <summary>Tables with wrong training labels, injected or by crowd workers, beside the plain network and ML.NET's trainers.</summary>
internal sealed class LabelNoiseTables : Measurement
{
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
        Table table = new("Table", "training labels", "`HighNoise`", "`EarlyLearning`", "plain network", "LightGbm", "LbfgsMaximumEntropy", "seconds, `HighNoise`", "`EarlyLearning`", "plain");
        foreach (var (name, labels) in Noisy)
        {
            MLContext ml = new(1);
            var real = RealTable.Load(ml, name, labels);
            var (high, early) = (Measure(ml, real, NoiseRobustPreset.HighNoise), Measure(ml, real, NoiseRobustPreset.EarlyLearning));
            Progress($"{name} {labels} HighNoise {high.Accuracy:0.0000}, {high.FitSeconds:0} s; EarlyLearning {early.Accuracy:0.0000}, {early.FitSeconds:0} s");
            var plain = Evaluation.Of(ml, real, Plain(ml, real));
            var lightGbm = Evaluation.Of(ml, real, LightGbm(ml, real));
            var linear = Evaluation.Of(ml, real, Linear(ml, real));
            Progress($"{name} {labels} plain: {plain.Accuracy:0.0000}, {plain.FitSeconds:0} s; LightGbm {lightGbm.Accuracy:0.0000}; Lbfgs {linear.Accuracy:0.0000}");
            table.Add(name, labels ?? "true", Text(high), Text(early), Text(plain), Text(lightGbm), Text(linear), Seconds(high), Seconds(early), Seconds(plain));
        }
        return $"Accuracy on the test rows with their true labels; one seed, the same settings for all tables.\n\n{table}";
    }

    private static Evaluation Measure(MLContext ml, RealTable table, NoiseRobustPreset preset)
        => Evaluation.Of(ml, table, Trainer(ml, table, new() { Preset = preset, Seed = 1, NumberOfThreads = 1 }));

    /// <summary>The noise-robust network for a table.</summary>
    public static NoiseRobustNeuralNetworkTrainer Trainer(MLContext ml, RealTable table, Options options) => IsBinary(table)
        ? ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(options)
        : ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(options);

    /// <summary>The plain network for a table.</summary>
    public static NeuralNetworkTrainer Plain(MLContext ml, RealTable table)
    {
        NeuralNetworkTrainer.Options options = new() { Seed = 1, NumberOfThreads = 1 };
        return IsBinary(table) ? ml.BinaryClassification.Trainers.NeuralNetwork(options) : ml.MulticlassClassification.Trainers.NeuralNetwork(options);
    }

    private static IEstimator<ITransformer> LightGbm(MLContext ml, RealTable table)
        => IsBinary(table) ? ml.BinaryClassification.Trainers.LightGbm() : ml.MulticlassClassification.Trainers.LightGbm();

    private static IEstimator<ITransformer> Linear(MLContext ml, RealTable table)
        => IsBinary(table) ? ml.BinaryClassification.Trainers.LbfgsLogisticRegression() : ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy();

    private static bool IsBinary(RealTable table) => table.Description.PredictionTask == PredictionTask.BinaryClassification;

    private static string Text(Evaluation evaluation) => evaluation.Accuracy!.Value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Seconds(Evaluation evaluation) => evaluation.FitSeconds.ToString("0", CultureInfo.InvariantCulture);
}
