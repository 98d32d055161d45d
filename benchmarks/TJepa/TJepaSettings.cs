using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>How the defaults were chosen: settings of the encoder on training rows alone, every fifth of which is the test set.</summary>
/// <remarks>It takes hours, and goes on where it was stopped: see <see cref="ResumableResults"/>. Its parts are NAME/NUMBER, the number of a setting from 0.</remarks>
internal sealed class TJepaSettings : Measurement
{
    private static readonly string[] s_tables = ["letter", "telco_churn"];

    private static readonly (string Name, Action<TJepaFeaturizer.Options> Set)[] s_settings =
    [
        ("defaults", _ => { }),
        ("first weights as in the paper", options => options.ValueDeviation = null),
        ("first weights and scaling as in the paper", options => (options.ValueDeviation, options.Scaling) = (null, NumericScaling.MinMax)),
        ("batches of 256 rows", options => options.BatchSize = 256),
        ("learning rate 0.0003", options => options.LearningRate = 3e-4),
        ("learning rate 0.003", options => options.LearningRate = 3e-3),
        ("target encoder from 0.99", options => options.EmaStart = 0.99),
        ("context up to 0.8", options => options.LargestContextShare = 0.8),
        ("tokens of 64 numbers", options => options.HiddenSize = 64),
        ("20 epochs", options => options.Epochs = 20),
        ("no [REG] token", options => options.RegTokens = 0),
        ("masks as in the published code", options => options.ReferenceIndexing = true),
    ];

    public override string Name => "t-jepa-settings";

    public override string Title => "T-JEPA: settings";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        ResumableResults results = new(Name);
        foreach (var (i, (setting, set)) in s_settings.Index())
        {
            foreach (var name in s_tables.Where(name => ResumableResults.Includes($"{name}/{i}")))
                Measure(results, name, setting, set);
        }
        return results.Finish(() => Write(results));
    }

    private static string Write(ResumableResults results)
    {
        Table table = new(["Setting", .. s_tables]);
        foreach (var features in new[] { TJepaTable.Raw, TJepaTable.Untrained })
            table.Add([features == TJepaTable.Raw ? "raw columns only" : "raw columns and an encoder with its first weights", .. s_tables.Select(name => Cell(results, name, "defaults", features))]);
        foreach (var (setting, _) in s_settings)
            table.Add([setting, .. s_tables.Select(name => Cell(results, name, setting, TJepaTable.Both))]);
        return $"A linear model on raw columns and tokens: accuracy on every fifth training row; one seed.\n\n{table}";
    }

    private static string Cell(ResumableResults results, string name, string setting, string features) => TJepaTable.Text(results.Get(Key(name, setting, features), () => double.NaN));

    private static string Key(string name, string setting, string features) => $"{name}, {setting}, {features}";

    private static void Measure(ResumableResults results, string name, string setting, Action<TJepaFeaturizer.Options> set)
    {
        string[] wanted = setting == "defaults" ? [TJepaTable.Raw, TJepaTable.Untrained, TJepaTable.Both] : [TJepaTable.Both];
        if (wanted.All(features => results.Has(Key(name, setting, features))))
            return;
        TJepaFeaturizer.Options options = new() { Seed = 1, NumberOfThreads = 1, Output = TJepaOutput.Flatten };
        set(options);
        MLContext ml = new(1);
        var start = Stopwatch.GetTimestamp();
        var table = TJepaTable.Prepare(ml, RealTable.Load(ml, name, forTuning: true), options, results.Folder, $"{name}-{setting}");
        foreach (var features in wanted)
        {
            var key = Key(name, setting, features);
            var quality = results.Get(key, () => Linear(ml, table, features));
            Progress(string.Create(CultureInfo.InvariantCulture, $"{key}: {quality:0.0000}, {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s"));
        }
    }

    private static double Linear(MLContext ml, TJepaTable table, string features)
    {
        var rows = table.Labelled(1, 1);
        return table.Measure(
            table.Task == PredictionTask.BinaryClassification
                ? ml.BinaryClassification.Trainers.LbfgsLogisticRegression(featureColumnName: features)
                : ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(featureColumnName: features), rows);
    }
}
