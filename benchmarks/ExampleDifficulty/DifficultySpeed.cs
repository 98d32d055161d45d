using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Trainers;
using MLExtensions.Transforms;
using Options = MLExtensions.Transforms.ExampleDifficultyEstimator.Options;

namespace MLExtensions.Benchmarks;

/// <summary>How long ten runs of five epochs take on adult, beside one plain fit of the same network.</summary>
internal sealed class DifficultySpeed : Measurement
{
    public override string Name => "example-difficulty-speed";

    public override string Title => "Example difficulty: speed";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        MLContext ml = new(1);
        var real = RealTable.Load(ml, "adult");
        (string Name, Action Run)[] candidates =
        [
            ("one plain fit: `NeuralNetwork`, one hidden layer of 64, default options, one thread", () => Plain(ml, real, _ => { })),
            ("the same without early stopping (all 60 epochs)", () => Plain(ml, real, options => options.ValidationFraction = 0)),
            ("the same with the recipe of a run (gradient descent, batches of 32), 5 epochs", () => Plain(ml, real, Recipe)),
            ("10 runs of 5 epochs, all cores", () => Fit(ml, real, new())),
            ("10 runs of 5 epochs, one thread", () => Fit(ml, real, new() { NumberOfThreads = 1 })),
            ("one run of 5 epochs", () => Fit(ml, real, new() { Runs = 1 })),
        ];
        Progress("training");
        var samples = Samples.Measure(3, [.. candidates.Select(candidate => candidate.Run)]);
        Table table = new("Training on adult", "seconds", "ratio to the plain fit");
        foreach (var (i, (name, _)) in candidates.Index())
            table.Add(name, Text(samples.Median(i), "0.00"), Text(samples.Ratio(i, 0), "0.00"));
        return $"""
            {real.Train.GetRowCount():N0} rows of {((VectorDataViewType)real.Train.Schema["Features"].Type).Size} features, in memory; a run has one hidden layer of 64 units, batches of 32, gradient descent with Nesterov momentum.

            {table}
            {Scoring(ml, real)}
            """;
    }

    private static string Scoring(MLContext ml, RealTable real)
    {
        Progress("scoring");
        DifficultyScore[] scores = [DifficultyScore.EL2N, DifficultyScore.GraNd];
        var views = scores.Select(score => ml.Transforms.ExampleDifficulty(new Options { Score = score, Seed = 1, Epochs = 1 }).Fit(real.Train).Transform(real.Train)).ToArray();
        var samples = Samples.Measure(3, [.. views.Select<IDataView, Action>(view => () => Rows.ReadScalar<float>(view, "Difficulty"))]);
        var rows = real.Train.GetRowCount()!.Value;
        Table table = new("Scoring all rows with 10 networks", "seconds", "rows a second");
        foreach (var (i, score) in scores.Index())
            table.Add($"{score}", Text(samples.Median(i), "0.00"), Text(rows / samples.Median(i), "N0"));
        return table.ToString();
    }

    private static void Fit(MLContext ml, RealTable real, Options options)
    {
        options.Seed = 1;
        using var fitted = ml.Transforms.ExampleDifficulty(options).Fit(real.Train);
    }

    private static void Plain(MLContext ml, RealTable real, Action<NeuralNetworkTrainer.Options> configure)
    {
        NeuralNetworkTrainer.Options options = new() { HiddenLayers = 1, HiddenUnits = 64, NumberOfThreads = 1, Seed = 1 };
        configure(options);
        using var fitted = ml.BinaryClassification.Trainers.NeuralNetwork(options).Fit(real.Train) as IDisposable;
    }

    private static void Recipe(NeuralNetworkTrainer.Options options)
    {
        (options.Optimizer, options.LearningRate, options.LearningRateDecay, options.BatchSize, options.Epochs) = (NetworkOptimizer.Sgd, 0.05, LearningRateDecay.None, 32, 5);
        (options.ValidationFraction, options.MaximumGradientNorm) = (0, null);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
