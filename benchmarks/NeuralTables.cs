using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>The neural network on three small public tables, with some of its settings, beside linear models.</summary>
internal sealed class NeuralTables : Measurement
{
    private const int Seeds = 3;

    private static readonly (string Name, Action<NeuralNetworkTrainer.Options> Set)[] Settings =
    [
        ("defaults", _ => { }),
        ("one layer of 100 units", options => (options.HiddenLayers, options.HiddenUnits) = (1, 100)),
        ("dropout 0.3", options => options.DropoutRate = 0.3),
        ("batch normalisation, SiLU", options => (options.Normalization, options.Activation) = (LayerNormalization.Batch, HiddenActivation.Silu)),
        ("layer normalisation, GELU", options => (options.Normalization, options.Activation) = (LayerNormalization.Layer, HiddenActivation.Gelu)),
        ("best epoch by loss", options => options.ValidationMetric = ValidationMetric.Loss),
        ("no layer (linear)", options => options.HiddenLayers = 0),
    ];

    private static readonly (string Name, PredictionTask Task)[] Sets =
        [("breast-cancer", PredictionTask.BinaryClassification), ("digits", PredictionTask.MulticlassClassification), ("diabetes", PredictionTask.Regression)];

    public override string Name => "neural-tables";

    public override string Title => "Neural network on small tables";

    public override string Run()
    {
        Table table = new(["Setting", .. Sets.Select(set => set.Name), "seconds for digits"]);
        foreach (var (name, set) in Settings)
        {
            Progress(name);
            var runs = Sets.Select(data => Enumerable.Range(1, Seeds).Select(seed => Measure(data.Name, data.Task, seed, set)).ToArray()).ToArray();
            table.Add([name, .. runs.Select(results => Quality(results.Average(run => run.Quality))), Text(runs[1].Average(run => run.Seconds), "0.0")]);
        }
        table.Add(["SDCA of ML.NET, standardised features", .. Sets.Select(data => Quality(Linear(data.Name, data.Task))), ""]);
        return $"Accuracy for breast-cancer and digits, root of the mean squared error for diabetes; one thread, mean of {Seeds} seeds; test rows are those with index modulo 10 in 3, 6, 9.\n\n{table}";
    }

    private static (double Quality, double Seconds) Measure(string name, PredictionTask task, int seed, Action<NeuralNetworkTrainer.Options> set)
    {
        MLContext ml = new(seed);
        NeuralNetworkTrainer.Options options = new() { LabelColumnName = LabelOf(task), Seed = seed, NumberOfThreads = 1 };
        set(options);
        var trainer = task switch
        {
            PredictionTask.Regression => ml.Regression.Trainers.NeuralNetwork(options),
            PredictionTask.BinaryClassification => ml.BinaryClassification.Trainers.NeuralNetwork(options),
            _ => ml.MulticlassClassification.Trainers.NeuralNetwork(options),
        };
        var start = Stopwatch.GetTimestamp();
        var fitted = trainer.Fit(GradientBoosting.Load(ml, name, isTest: false));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (GradientBoosting.Evaluate(ml, fitted.Transform(GradientBoosting.Load(ml, name, isTest: true)), task), seconds);
    }

    private static double Linear(string name, PredictionTask task)
    {
        MLContext ml = new(1);
        var (train, test) = (GradientBoosting.Load(ml, name, isTest: false), GradientBoosting.Load(ml, name, isTest: true));
        var standardised = ml.Transforms.NormalizeMeanVariance("Features");
        ITransformer fitted = task switch
        {
            PredictionTask.Regression => standardised.Append(ml.Regression.Trainers.Sdca(LabelOf(task))).Fit(train),
            PredictionTask.BinaryClassification => standardised.Append(ml.BinaryClassification.Trainers.SdcaLogisticRegression(LabelOf(task))).Fit(train),
            _ => standardised.Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy()).Fit(train),
        };
        return GradientBoosting.Evaluate(ml, fitted.Transform(test), task);
    }

    private static string LabelOf(PredictionTask task) => task switch
    {
        PredictionTask.Regression => "Target",
        PredictionTask.BinaryClassification => "Positive",
        _ => "Label",
    };

    private static string Quality(double value) => Text(value, value > 1 ? "0.00" : "0.0000");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
