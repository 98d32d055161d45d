using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>
/// The gradient-boosted neural network on three small public tables, at several numbers of units, beside the reference code's results on the same rows
/// (measured elsewhere with scikit-learn 1.2.1, one thread).
/// </summary>
internal sealed class GradientBoosting : Measurement
{
    private const int Seeds = 3;
    private const int Units = 200;

    private static readonly double[] Shares = [0.05, 0.25, 0.5, 1];

    // Published settings, the reference code's result with them, and that of a variant with this pack's safeguards.
    private static readonly Setting[] Settings =
    [
        new("breast-cancer", 1, 1, 0.9412, 1.4, 0.9647), new("breast-cancer", 0.1, 1, 0.9765, 4.1, 0.9824), new("breast-cancer", 0.1, 4, 0.9745, 1.9, 0.9784),
        new("digits", 1, 1, 0.9276, 3.9, 0.9536), new("digits", 0.1, 1, 0.9678, 8.1, 0.9629), new("digits", 0.1, 4, 0.9728, 6.1, 0.9722),
        new("diabetes", 1, 1, 95.61, 3.2, 67.50), new("diabetes", 0.1, 1, 58.03, 2.7, 56.27), new("diabetes", 0.1, 4, 56.77, 1.4, 56.06),
    ];

    public override string Name => "gradient-boosting";

    public override string Title => "Gradient-boosted neural network on small tables";

    public override string Run()
    {
        Table table = new("Table, learning rate, units a step", "with 5 % of the units", "25 %", "50 %", "all", "seconds", "reference code", "its seconds", "safeguarded reference");
        foreach (var setting in Settings)
        {
            Progress($"{setting}");
            var runs = Enumerable.Range(1, Seeds).Select(seed => Measure(setting, seed)).ToArray();
            table.Add(
            [
                $"{setting.Table}, {Text(setting.LearningRate, "0.0")}, {setting.UnitsPerStep}",
                .. Shares.Select((_, i) => Quality(runs.Average(run => run.Qualities[i]))),
                Text(runs.Average(run => run.Seconds), "0.00"), Quality(setting.Reference), Text(setting.ReferenceSeconds, "0.0"), Quality(setting.Safeguarded),
            ]);
        }
        return $"Accuracy for breast-cancer and digits, root of the mean squared error for diabetes; {Units} units, subsample 0.5, mean of {Seeds} seeds; test rows are those with index modulo 10 in 3, 6, 9.\n\n{table}";
    }

    private static (double[] Qualities, double Seconds) Measure(Setting setting, int seed)
    {
        var ml = new MLContext(seed);
        var (train, test) = (Load(ml, setting.Table, isTest: false), Load(ml, setting.Table, isTest: true));
        GradientBoostedNeuralNetworkTrainer.Options options = new() { NumberOfUnits = Units, UnitsPerStep = setting.UnitsPerStep, LearningRate = setting.LearningRate, Seed = seed };
        options.LabelColumnName = setting.Task switch { PredictionTask.Regression => "Target", PredictionTask.BinaryClassification => "Positive", _ => "Label" };
        var trainer = setting.Task switch
        {
            PredictionTask.Regression => ml.Regression.Trainers.GradientBoostedNeuralNetwork(options),
            PredictionTask.BinaryClassification => ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options),
            _ => ml.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(options),
        };

        var start = Stopwatch.GetTimestamp();
        var fitted = trainer.Fit(train);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return ([.. Shares.Select(share => Evaluate(ml, fitted.Truncate((int)(share * Units)).Transform(test), fitted.Task))], seconds);
    }

    public static double Evaluate(MLContext ml, IDataView scored, PredictionTask task) => task switch
    {
        PredictionTask.Regression => ml.Regression.Evaluate(scored, nameof(SmallRow.Target)).RootMeanSquaredError,
        PredictionTask.BinaryClassification => ml.BinaryClassification.Evaluate(scored, nameof(SmallRow.Positive)).Accuracy,
        _ => ml.MulticlassClassification.Evaluate(scored).MicroAccuracy,
    };

    public static IDataView Load(MLContext ml, string name, bool isTest)
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", name + ".csv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => Array.ConvertAll(line.Split(','), cell => float.Parse(cell, CultureInfo.InvariantCulture)))
            .Where((_, i) => (i % 10 is 3 or 6 or 9) == isTest)
            .Select(cells => new SmallRow { Features = cells[1..], Label = (uint)cells[0], Positive = cells[0] == 1, Target = cells[0] })
            .ToArray();
        var schema = SchemaDefinition.Create(typeof(SmallRow));
        schema[nameof(SmallRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
        schema[nameof(SmallRow.Label)].ColumnType = new KeyDataViewType(typeof(uint), 10);
        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    private static string Quality(double value) => Text(value, value > 1 ? "0.00" : "0.0000");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Setting(string Table, double LearningRate, int UnitsPerStep, double Reference, double ReferenceSeconds, double Safeguarded)
    {
        public PredictionTask Task => Table switch
        {
            "diabetes" => PredictionTask.Regression,
            "breast-cancer" => PredictionTask.BinaryClassification,
            _ => PredictionTask.MulticlassClassification,
        };
    }

    private sealed class SmallRow
    {
        public float[] Features { get; set; } = [];

        public uint Label { get; set; }

        public bool Positive { get; set; }

        public float Target { get; set; }
    }
}
