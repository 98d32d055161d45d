using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;

namespace MLExtensions.Benchmarks;

/// <summary>How far probabilities can be taken at their word, with self-distillation and without, on true labels.</summary>
internal sealed class LabelNoiseCalibration : Measurement
{
    private const int Seeds = 3;
    private const int Bins = 15;

    private static readonly string[] Tables = ["telco_churn", "wine_quality", "optdigits"];

    private static readonly (string Name, Action<Options> Configure)[] Settings =
    [
        ("plain, best epoch by loss", options => (options.ElrLambda, options.ValidationMetric) = (0, ValidationMetric.Loss)),
        ("`Calibrated`, best epoch by loss", options => (options.Preset, options.ValidationMetric) = (NoiseRobustPreset.Calibrated, ValidationMetric.Loss)),
        ("plain, all 60 epochs", options => (options.ElrLambda, options.ValidationFraction) = (0, 0)),
        ("`Calibrated`, all 60 epochs", options => (options.Preset, options.ValidationFraction) = (NoiseRobustPreset.Calibrated, 0)),
    ];

    public override string Name => "label-noise-calibration";

    public override string Title => "Calibration by self-distillation";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        Table table = new("Table", "network", "accuracy", "log-loss", "calibration error");
        foreach (var name in Tables)
        {
            foreach (var (setting, configure) in Settings)
            {
                var runs = Enumerable.Range(1, Seeds).Select(seed => Measure(name, seed, configure)).ToArray();
                table.Add(name, setting, Text(runs.Average(run => run.Accuracy)), Text(runs.Average(run => run.LogLoss)), Text(runs.Average(run => run.Error)));
                Progress($"{name}, {setting}: {Text(runs.Average(run => run.Accuracy))} {Text(runs.Average(run => run.LogLoss))} {Text(runs.Average(run => run.Error))}");
            }
        }
        return $"Log-loss in nats; calibration error: mean distance of accuracy and confidence over {Bins} equal bins of the confidence, weighted by their rows. Mean of {Seeds} seeds.\n\n{table}";
    }

    private static (double Accuracy, double LogLoss, double Error) Measure(string name, int seed, Action<Options> configure)
    {
        MLContext ml = new(seed);
        var real = RealTable.Load(ml, name);
        Options options = new() { Seed = seed, NumberOfThreads = 1 };
        configure(options);
        var model = LabelNoiseTables.Trainer(ml, real, options).Fit(real.Train);
        var result = Evaluation.Of(ml, real, model);
        return (result.Accuracy!.Value, result.LogLoss!.Value, CalibrationError(model.Transform(real.Test)));
    }

    private static double CalibrationError(IDataView scored)
    {
        var predictions = scored.Schema["Score"].Type is VectorDataViewType
            ? scored.GetColumn<float[]>("Score").Select(scores => scores.Max()).Zip(scored.GetColumn<uint>("PredictedLabel").Zip(scored.GetColumn<uint>("Label"), (a, b) => a == b))
            : scored.GetColumn<float>("Probability").Select(p => Math.Max(p, 1 - p)).Zip(scored.GetColumn<bool>("PredictedLabel").Zip(scored.GetColumn<bool>("Label"), (a, b) => a == b));
        var rows = predictions.ToArray();
        return rows.GroupBy(row => Math.Min(Bins - 1, (int)(Bins * row.First)))
            .Sum(bin => bin.Count() / (double)rows.Length * Math.Abs(bin.Average(row => row.First) - bin.Average(row => row.Second ? 1 : 0)));
    }

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
