using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Transforms;
using ScottPlot;

namespace MLExtensions.Benchmarks;

/// <summary>Accuracy of a network on a part of the rows of two small tables, with right labels and with 10 % wrong ones; beside independent numbers.</summary>
internal sealed class DifficultyPruning : Measurement
{
    private const int Seeds = 5;
    private const double Window = 0.15;
    private static readonly double[] Clean = [1, 0.7, 0.5, 0.3, 0.2];
    private static readonly double[] Noisy = [0.7, 0.5, 0.3];
    private static readonly double[] Drops = [0, 0.05, 0.1, 0.15, 0.2];

    // Reference: hardest, random, easiest with right labels; hardest, window, random with wrong ones; dropping the hardest only.
    private static readonly Dictionary<string, (double[][] Clean, double[][] Noisy, double[] Drops)> Reference = new()
    {
        ["digits"] = (
            [[0.9748, 0.9751, 0.9748], [0.9748, 0.9603, 0.9258], [0.9763, 0.9599, 0.9139], [0.9774, 0.9499, 0.8278], [0.9755, 0.9447, 0.7321]],
            [[0.9492, 0.9555, 0.9302], [0.8245, 0.9584, 0.9020], [0.5154, 0.9618, 0.8597]], [0.970, 0.964, 0.960, 0.960, 0.952]),
        ["breast-cancer"] = (
            [[0.9765, 0.9776, 0.9765], [0.9765, 0.9612, 0.9588], [0.9765, 0.9647, 0.9624], [0.9765, 0.9506, 0.9518], [0.9753, 0.9565, 0.9282]],
            [[0.8000, 0.9729, 0.8671], [0.6435, 0.9718, 0.8541], [0.3835, 0.9741, 0.8741]], [0.908, 0.954, 0.964, 0.973, 0.965]),
    };

    private readonly Dictionary<string, List<(double Keep, double Accuracy)>> _lines = [];

    public override string Name => "example-difficulty-pruning";

    public override string Title => "Example difficulty: pruning small tables";

    public override string Run()
    {
        _lines.Clear();
        Table clean = new("Table, share kept", "hardest", "random", "easiest", "reference hardest", "random ", "easiest ");
        Table noisy = new("Table, share kept", "hardest", "window below the top 15 %", "random", "reference hardest", "window ", "random ");
        Table drops = new(["Share of the hardest dropped", .. Drops.Select(drop => drop.ToString("P0", CultureInfo.InvariantCulture))]);
        foreach (var source in FlippedTable.Sources)
        {
            Progress(source.Name);
            var right = Prepare(FlippedTable.Load(source, 0, seed: 1));
            foreach (var (keep, reference) in Clean.Zip(Reference[source.Name].Clean))
                clean.Add([$"{source.Name}, {keep}", .. Measure(source.Name, right, keep, "right labels", "hardest", "random", "easiest").Select(Text), .. reference.Select(Text)]);
            var wrong = Prepare(FlippedTable.Load(source, 0.1, seed: 1));
            foreach (var (keep, reference) in Noisy.Zip(Reference[source.Name].Noisy))
                noisy.Add([$"{source.Name}, {keep}", .. Measure(source.Name, wrong, keep, "10 % wrong", "hardest", "window", "random").Select(Text), .. reference.Select(Text)]);
            drops.Add([source.Name, .. Drops.Select(drop => Text(wrong.Table.Accuracy(wrong.Table.Rows(wrong.Order[..^(int)Math.Round(drop * wrong.Order.Length)]), 1 - drop, Seeds)))]);
            drops.Add([$"{source.Name}, reference", .. Reference[source.Name].Drops.Select(Text)]);
        }
        return $"""
            Accuracy on the test rows (true labels) of a network with one hidden layer that is trained on a part of the rows, in as many steps as 40 epochs of all of them; mean of {Seeds} seeds. EL2N after 5 epochs, 10 runs.
            Reference: independent code, digits divided by 16 instead of standardised. One test row more or less is 0.0019 (digits) and 0.0059 (breast cancer).

            Right labels:

            {clean}
            10 % wrong labels:

            {noisy}
            10 % wrong labels, only the hardest rows dropped:

            {drops}
            """;
    }

    public override void Draw(string folder)
    {
        Plot plot = new();
        foreach (var (i, (name, points)) in _lines.OrderBy(line => line.Key, StringComparer.Ordinal).Index())
        {
            var line = plot.Add.Scatter(points.Select(point => point.Keep).ToArray(), points.Select(point => point.Accuracy).ToArray());
            // Dashes do not come out in SVG.
            var isWrong = name.Contains("wrong", StringComparison.Ordinal);
            (line.LegendText, line.LineWidth, line.MarkerShape, line.MarkerSize) = (name, 2, isWrong ? MarkerShape.OpenSquare : MarkerShape.FilledCircle, isWrong ? 9 : 6);
            line.Color = new ScottPlot.Palettes.Category10().GetColor(i);
        }
        plot.Title("digits: a network on a part of its rows");
        plot.XLabel("share of the rows kept");
        plot.YLabel("accuracy on test rows");
        plot.ShowLegend(Alignment.LowerRight);
        Directory.CreateDirectory(folder);
        plot.SaveSvg(Path.Combine(folder, "example-difficulty-keep.svg"), 640, 420);
    }

    private double[] Measure(string name, (FlippedTable Table, int[] Order) scored, double keep, string labels, params string[] choices) => [.. choices.Select(choice =>
    {
        var accuracy = scored.Table.Accuracy(scored.Table.Rows(Choose(scored.Order, keep, choice)), keep, Seeds);
        Progress($"{name}, {labels}, {choice}, {keep}: {accuracy:0.0000}");
        if (name == "digits")
        {
            if (!_lines.TryGetValue($"{labels}, {choice}", out var points))
                _lines[$"{labels}, {choice}"] = points = [];
            points.Add((keep, accuracy));
        }
        return accuracy;
    })];

    /// <summary>Rows of a choice.</summary>
    /// <param name="order">Rows, the easiest first.</param>
    /// <param name="keep">Share that is kept.</param>
    /// <param name="choice">hardest, window (below the hardest 15 %), random or easiest.</param>
    public static int[] Choose(int[] order, double keep, string choice)
    {
        var kept = (int)Math.Round(keep * order.Length);
        var end = order.Length - (int)Math.Round(Window * order.Length);
        switch (choice)
        {
            case "hardest":
                return order[^kept..];
            case "window":
                return order[Math.Max(0, end - kept)..end];
            case "easiest":
                return order[..kept];
            default:
                int[] shuffled = [.. order.Order()];
                new Random(7).Shuffle(shuffled);
                return shuffled[..kept];
        }
    }

    private static (FlippedTable Table, int[] Order) Prepare(FlippedTable table)
    {
        float[] scores = [.. new MLContext(1).Data.ScoreTrainingRows(table.Train, new ExampleDifficultyEstimator.Options
        {
            HiddenUnits = table.About.HiddenUnits,
            BatchSize = table.About.BatchSize,
            Seed = 1,
        }).GetColumn<float>("Difficulty")];
        return (table, [.. Enumerable.Range(0, scores.Length).OrderBy(row => scores[row])]);
    }

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
