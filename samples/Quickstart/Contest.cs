using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using MLExtensions.Estimators.Reports;
using MLExtensions.Trainers;
using Spectre.Console;

namespace Quickstart;

/// <summary>Third stop: ML.NET's trainers and those of this pack on the same rows, and the same trainers on learned features.</summary>
internal sealed class Contest(MLContext ml, TourData data, Preparation prepared, ITransformer features, TourSettings settings, Steps steps)
{
    private readonly IDataView _train = ml.Data.Cache(features.Transform(prepared.Train));
    private readonly IDataView _test = ml.Data.Cache(features.Transform(prepared.Test));

    /// <summary>The best of this pack's trainers, fitted, on the prepared columns.</summary>
    public (string Name, ITransformer Model) Best { get; private set; }

    public void Run(HtmlPage report, (ITransformer Model, double Seconds)? noiseRobustNetwork)
    {
        var contenders = Contenders();
        List<(string Name, double[] Metrics, double Seconds)> results = [];
        var best = double.NegativeInfinity;
        foreach (var (name, isOwn, trainer) in contenders)
        {
            // The audit of the labels has trained it already.
            var (model, seconds) = name == NoiseRobust && noiseRobustNetwork is { } trained ? trained : (steps.Run(name, () => trainer.Fit(_train)), steps.LastSeconds);
            var metrics = Evaluate(model.Transform(_test));
            results.Add((name, metrics, seconds));
            if (isOwn && Goodness(metrics) > best)
                (best, Best) = (Goodness(metrics), (name, model));
        }
        Show(results, report);
    }

    private const string NoiseRobust = "NoiseRobustNeuralNetwork";

    // On busy cores threads of LightGBM wait for each other.
    private const int Threads = 1;

    private (string Name, bool IsOwn, IEstimator<ITransformer> Trainer)[] Contenders() => data.Task switch
    {
        TourTask.Binary => Binary(),
        TourTask.Multiclass => Multiclass(),
        _ => Regression(),
    };

    private (string Name, bool IsOwn, IEstimator<ITransformer> Trainer)[] Binary()
    {
        var trainers = ml.BinaryClassification.Trainers;
        return
        [
            ("LbfgsLogisticRegression", false, trainers.LbfgsLogisticRegression()),
            ("FastTree", false, trainers.FastTree()),
            ("LightGbm", false, trainers.LightGbm(new LightGbmBinaryTrainer.Options { NumberOfThreads = Threads })),
            ("NaiveBayesLinearProbe", true, trainers.NaiveBayesLinearProbe(new NaiveBayesLinearProbeTrainer.Options { CalibrationFraction = 0.2 })),
            ("GradientBoostedNeuralNetwork", true, trainers.GradientBoostedNeuralNetwork(new GradientBoostedNeuralNetworkTrainer.Options { NumberOfUnits = settings.BoostedUnits })),
            ("NeuralNetwork", true, trainers.NeuralNetwork(Network<NeuralNetworkTrainer.Options>())),
            (NoiseRobust, true, trainers.NoiseRobustNeuralNetwork(Network<NoiseRobustNeuralNetworkTrainer.Options>())),
            ("LbfgsLogisticRegression, T-JEPA", false, trainers.LbfgsLogisticRegression(featureColumnName: "Both")),
            ("LightGbm, T-JEPA", false, trainers.LightGbm(new LightGbmBinaryTrainer.Options { FeatureColumnName = "Both", NumberOfThreads = Threads })),
        ];
    }

    private (string Name, bool IsOwn, IEstimator<ITransformer> Trainer)[] Multiclass()
    {
        var trainers = ml.MulticlassClassification.Trainers;
        return
        [
            ("LbfgsMaximumEntropy", false, trainers.LbfgsMaximumEntropy()),
            ("LightGbm", false, trainers.LightGbm(new LightGbmMulticlassTrainer.Options { NumberOfThreads = Threads })),
            ("NaiveBayesLinearProbe", true, trainers.NaiveBayesLinearProbe(new NaiveBayesLinearProbeTrainer.Options { CalibrationFraction = 0.2 })),
            ("GradientBoostedNeuralNetwork", true, trainers.GradientBoostedNeuralNetwork(new GradientBoostedNeuralNetworkTrainer.Options { NumberOfUnits = settings.BoostedUnits })),
            ("NeuralNetwork", true, trainers.NeuralNetwork(Network<NeuralNetworkTrainer.Options>())),
            (NoiseRobust, true, trainers.NoiseRobustNeuralNetwork(Network<NoiseRobustNeuralNetworkTrainer.Options>())),
            ("LbfgsMaximumEntropy, T-JEPA", false, trainers.LbfgsMaximumEntropy(featureColumnName: "Both")),
            ("LightGbm, T-JEPA", false, trainers.LightGbm(new LightGbmMulticlassTrainer.Options { FeatureColumnName = "Both", NumberOfThreads = Threads })),
        ];
    }

    private (string Name, bool IsOwn, IEstimator<ITransformer> Trainer)[] Regression()
    {
        var trainers = ml.Regression.Trainers;
        return
        [
            ("Sdca", false, trainers.Sdca()),
            ("FastTree", false, trainers.FastTree()),
            ("LightGbm", false, trainers.LightGbm(new LightGbmRegressionTrainer.Options { NumberOfThreads = Threads })),
            ("GradientBoostedNeuralNetwork", true, trainers.GradientBoostedNeuralNetwork(new GradientBoostedNeuralNetworkTrainer.Options { NumberOfUnits = settings.BoostedUnits })),
            ("NeuralNetwork", true, trainers.NeuralNetwork(Network<NeuralNetworkTrainer.Options>())),
            ("Sdca, T-JEPA", false, trainers.Sdca(featureColumnName: "Both")),
            ("LightGbm, T-JEPA", false, trainers.LightGbm(new LightGbmRegressionTrainer.Options { FeatureColumnName = "Both", NumberOfThreads = Threads })),
        ];
    }

    private TOptions Network<TOptions>()
        where TOptions : NeuralNetworkOptions, new()
        => new() { FeatureColumnName = prepared.NetworkFeatures, CategoricalColumnNames = prepared.NetworkCategories, Epochs = settings.Epochs };

    private string[] MetricNames => data.Task switch
    {
        TourTask.Binary => ["AUC", "log-loss", "accuracy"],
        TourTask.Multiclass => ["accuracy", "log-loss", "mean recall"],
        _ => ["RMSE", "R squared", "mean error"],
    };

    // Log-loss in nats, as papers have it; ML.NET counts bits.
    private double[] Evaluate(IDataView scored)
    {
        switch (data.Task)
        {
            case TourTask.Binary:
                var binary = ml.BinaryClassification.Evaluate(scored);
                return [binary.AreaUnderRocCurve, binary.LogLoss * Math.Log(2), binary.Accuracy];
            case TourTask.Multiclass:
                var multiclass = ml.MulticlassClassification.Evaluate(scored);
                return [multiclass.MicroAccuracy, multiclass.LogLoss, multiclass.MacroAccuracy];
            default:
                var regression = ml.Regression.Evaluate(scored);
                return [regression.RootMeanSquaredError, regression.RSquared, regression.MeanAbsoluteError];
        }
    }

    private double Goodness(double[] metrics) => data.Task == TourTask.Regression ? -metrics[0] : metrics[0];

    private void Show(List<(string Name, double[] Metrics, double Seconds)> results, HtmlPage report)
    {
        string[] headers = ["Trainer", .. MetricNames, "seconds"];
        var table = new Table().AddColumns(headers);
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        List<string[]> rows = [.. results.Select(result => (string[])[result.Name, .. result.Metrics.Select(Text), result.Seconds.ToString("0.00", CultureInfo.InvariantCulture)])];
        foreach (var row in rows)
            table.AddRow(row);
        AnsiConsole.Write(table);
        var text = $"{_train.GetColumn<float>(TourData.Position).Count():N0} training rows, {_test.GetColumn<float>(TourData.Position).Count():N0} test rows, one split, defaults throughout: differences in the third digit are chance.{(data.Task == TourTask.Regression ? "" : " Log-loss in nats; the noise-robust network is surer than it should be, its preset Calibrated is not.")}";
        Console.WriteLine(text);
        report.Heading("Who predicts best?").Table(headers, rows).Paragraph(text);
    }

    private static string Text(double value) => value.ToString(Math.Abs(value) >= 100 ? "N0" : "0.0000", CultureInfo.InvariantCulture);
}
