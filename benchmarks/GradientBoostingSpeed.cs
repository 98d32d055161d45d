using System.Globalization;
using Microsoft.ML;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>What threads gain in training the gradient-boosted neural network, and what truncation gains in scoring.</summary>
internal sealed class GradientBoostingSpeed : Measurement
{
    private const int RowCount = 39_000;
    private const int Features = 100;
    private const int Steps = 20;

    public override string Name => "gradient-boosting-speed";

    public override string Title => "Gradient-boosted neural network: threads and truncation";

    public override string Run()
    {
        var ml = new MLContext(1);
        var view = ml.Data.Cache(Rows.View(ml, Rows.Create(RowCount, Features, 2), Features, 2));
        Rows.Read(view, "Features", "Label");
        return $"{RowCount:N0} rows of {Features} dense features, binary.\n\n{Threads(ml, view)}\n{Truncation(ml, view)}";
    }

    private static string Threads(MLContext ml, IDataView view)
    {
        Progress("threads");
        void Fit(int threads) => Trainer(ml, new() { NumberOfUnits = Steps, NumberOfThreads = threads }).Fit(view);
        var samples = Samples.Measure(3, () => Fit(1), () => Fit(2));
        Table table = new($"{Steps} steps of 1 unit, subsample 0.5", "seconds", "times faster");
        table.Add("1 thread", Text(samples.Median(0)), "1");
        table.Add("2 threads", Text(samples.Median(1)), Text(samples.Ratio(0, 1)));
        return table.ToString();
    }

    private static string Truncation(MLContext ml, IDataView view)
    {
        Progress("truncation");
        // Weights that are hardly trained take as long to score as any.
        var fitted = Trainer(ml, new() { NumberOfUnits = 200, Subsample = 0.02, MaximumIterations = 3, MaximumRejectedSteps = 200 }).Fit(view);
        var cut = fitted.Truncate(fitted.Model.UnitCount / 4);
        var (whole, quarter) = (fitted.Transform(view), cut.Transform(view));
        var samples = Samples.Measure(5, () => Read(whole), () => Read(quarter));
        Table table = new("Scoring", "microseconds a row", "times faster");
        table.Add($"{fitted.Model.UnitCount} units", Text(samples.Median(0) / RowCount * 1e6), "1");
        table.Add($"{cut.Model.UnitCount} units", Text(samples.Median(1) / RowCount * 1e6), Text(samples.Ratio(0, 1)));
        return table.ToString();
    }

    private static GradientBoostedNeuralNetworkTrainer Trainer(MLContext ml, GradientBoostedNeuralNetworkTrainer.Options options)
    {
        (options.LabelColumnName, options.Seed) = (nameof(Row.Positive), 1);
        return ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options);
    }

    private static void Read(IDataView scored)
    {
        using var cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        var getter = cursor.GetGetter<float>(scored.Schema["Score"]);
        var score = 0f;
        while (cursor.MoveNext())
            getter(ref score);
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
