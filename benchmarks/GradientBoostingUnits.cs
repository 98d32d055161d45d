using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using ScottPlot;

namespace MLExtensions.Benchmarks;

/// <summary>How good the gradient-boosted neural network is with its first units only, for several learning rates: a table and a plot each.</summary>
internal sealed class GradientBoostingUnits : Measurement
{
    private const int Seeds = 3;
    private const int Units = 300;

    private static readonly double[] LearningRates = [1, 0.3, 0.1, 0.03];
    private static readonly int[] Counts = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 60, 80, 100, 125, 150, 175, 200, 250, 300];
    private static readonly int[] Shown = [10, 30, 100, 300];

    private readonly List<Curves> _tables = [];

    public override string Name => "gradient-boosting-units";

    public override string Title => "Gradient-boosted neural network, quality by number of units";

    public override string Run()
    {
        _tables.Add(Measure("digits", PredictionTask.MulticlassClassification, "accuracy"));
        _tables.Add(Measure("diabetes", PredictionTask.Regression, "root of the mean squared error"));
        Table table = new(["Table, learning rate", .. Shown.Select(units => $"{units} units")]);
        foreach (var curves in _tables)
        {
            foreach (var (rate, qualities) in curves.ByRate)
                table.Add([$"{curves.Name}, {Text(rate)}", .. Shown.Select(units => qualities[Array.IndexOf(Counts, units)].ToString(curves.Format, CultureInfo.InvariantCulture))]);
        }
        return $"Accuracy for digits, root of the mean squared error for diabetes, on test rows; each row is one training of {Units} units, cut; mean of {Seeds} seeds.\n\n{table}";
    }

    public override void Draw(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var curves in _tables)
        {
            using Plot plot = new();
            plot.Font.Set("DejaVu Sans");
            foreach (var (rate, qualities) in curves.ByRate)
            {
                var line = plot.Add.Scatter(Array.ConvertAll(Counts, units => (double)units), qualities);
                (line.LegendText, line.LineWidth, line.MarkerSize) = ($"learning rate {Text(rate)}", 2, 4);
            }
            plot.Title($"{curves.Name}: test rows, first units of one network");
            plot.XLabel("hidden units kept");
            plot.YLabel(curves.Quality);
            plot.ShowLegend(curves.Task == PredictionTask.Regression ? Alignment.UpperRight : Alignment.LowerRight);
            // The first few units would take up most of the plot.
            if (curves.Task != PredictionTask.Regression)
                plot.Axes.SetLimitsY(0.8, 0.98);
            plot.SaveSvg(Path.Combine(folder, $"{Name}-{curves.Name}.svg"), 640, 400);
        }
    }

    private static Curves Measure(string name, PredictionTask task, string quality)
    {
        Curves curves = new(name, task, quality, []);
        foreach (var rate in LearningRates)
        {
            Progress($"{name}, learning rate {Text(rate)}");
            var runs = Enumerable.Range(1, Seeds).Select(seed => Measure(name, task, rate, seed)).ToArray();
            curves.ByRate.Add((rate, [.. Counts.Select((_, i) => runs.Average(run => run[i]))]));
        }
        return curves;
    }

    private static double[] Measure(string name, PredictionTask task, double rate, int seed)
    {
        var ml = new MLContext(seed);
        var isRegression = task == PredictionTask.Regression;
        GradientBoostedNeuralNetworkTrainer.Options options = new() { NumberOfUnits = Units, LearningRate = rate, Seed = seed, LabelColumnName = isRegression ? "Target" : "Label" };
        var trainer = isRegression ? ml.Regression.Trainers.GradientBoostedNeuralNetwork(options) : ml.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(options);
        var fitted = trainer.Fit(GradientBoosting.Load(ml, name, isTest: false));
        var test = GradientBoosting.Load(ml, name, isTest: true);
        return [.. Counts.Select(units => GradientBoosting.Evaluate(ml, fitted.Truncate(units).Transform(test), task))];
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed record Curves(string Name, PredictionTask Task, string Quality, List<(double Rate, double[] Qualities)> ByRate)
    {
        public string Format => Task == PredictionTask.Regression ? "0.00" : "0.0000";
    }
}
