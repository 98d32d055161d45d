using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Transforms;
using ScottPlot;
using Options = MLExtensions.Transforms.ExampleDifficultyEstimator.Options;

namespace MLExtensions.Benchmarks;

/// <summary>How well wrong labels are found on two small tables, after how many epochs, and how far runs and scores agree; beside independent numbers.</summary>
internal sealed class DifficultyNoise : Measurement
{
    private const double Noise = 0.1;
    private const int Choices = 3;
    private const double BinWidth = 0.05;
    private static readonly int[] Epochs = [1, 2, 5, 10, 20, 40];

    // Reference: mean of ten runs, a single run, GraNd; epochs as above.
    private static readonly Dictionary<string, double[][]> Reference = new()
    {
        ["digits"] = [[0.995, 0.998, 0.999, 0.999, 1.000, 1.000], [0.989, 0.996, 0.997, 0.998, 0.998, 0.999], [0.993, 0.997, 0.997, 0.998, 0.999, 0.999]],
        ["breast-cancer"] = [[0.991, 0.994, 0.984, 0.966, 0.948, 0.905], [0.967, 0.984, 0.967, 0.950, 0.914, 0.888], [0.987, 0.994, 0.990, 0.979, 0.965, 0.923]],
    };

    private static readonly Dictionary<string, double[]> ReferenceAgreement = new()
    {
        ["digits"] = [0.652, 0.964, 0.994, 0.944, 1.235, 0.234, 0.998],
        ["breast-cancer"] = [0.843, 0.940, 0.959, 0.872, 1.065, 0.195, 0.964],
    };

    private readonly List<(string Table, float[] Clean, float[] Wrong)> _histograms = [];

    public override string Name => "example-difficulty-noise";

    public override string Title => "Example difficulty: wrong labels on small tables";

    public override string Run()
    {
        _histograms.Clear();
        Table areas = new(["Table, score", .. Epochs.Select(epoch => $"epoch {epoch}")]);
        Table agreement = new("Table", "two runs", "means of 5 and 5", "EL2N and GraNd", "wrong in the top 10 %", "mean EL2N wrong", "mean EL2N right", "AUC forgetting, 40 epochs");
        foreach (var source in FlippedTable.Sources)
        {
            Progress(source.Name);
            var tables = Enumerable.Range(1, Choices).Select(seed => FlippedTable.Load(source, Noise, seed)).ToArray();
            string[] Areas(DifficultyScore score, int runs) => [.. Epochs.Select(epoch => Text(tables.Average(table => table.AreaUnderCurve(Score(table, score, runs, epoch, seed: 1)))))];
            areas.Add([$"{source.Name}, EL2N, 10 runs", .. Areas(DifficultyScore.EL2N, 10)]);
            areas.Add([$"{source.Name}, reference", .. Reference[source.Name][0].Select(Text)]);
            areas.Add([$"{source.Name}, EL2N, one run", .. Areas(DifficultyScore.EL2N, 1)]);
            areas.Add([$"{source.Name}, reference", .. Reference[source.Name][1].Select(Text)]);
            areas.Add([$"{source.Name}, GraNd, 10 runs", .. Areas(DifficultyScore.GraNd, 10)]);
            areas.Add([$"{source.Name}, reference", .. Reference[source.Name][2].Select(Text)]);
            agreement.Add([source.Name, .. Agreement(tables)]);
            agreement.Add([$"{source.Name}, reference", .. ReferenceAgreement[source.Name].Select(Text)]);
            var scores = Score(tables[0], DifficultyScore.EL2N, 10, 5, seed: 1);
            _histograms.Add((source.Name, [.. scores.Where((_, row) => !tables[0].IsWrong[row])], [.. scores.Where((_, row) => tables[0].IsWrong[row])]));
        }
        return $"""
            Area under the ROC curve of the scores of training rows, 10 % of which have a wrong label; the mean of {Choices} choices of these rows. Options as the reference's: one hidden layer of 64 units and batches of 32
            (digits), 32 units and 16 (breast cancer). Reference: independent code, one choice; pixels of digits divided by 16 there and standardised here, so that digits are learned by heart earlier here; its
            learning rate falls after epoch 30.

            {areas}
            Rank correlations after epoch 5, and what else is known of that epoch:

            {agreement}
            """;
    }

    public override void Draw(string folder)
    {
        foreach (var (table, clean, wrong) in _histograms)
        {
            Plot plot = new();
            AddBars(plot, clean, "right labels", Colors.SteelBlue);
            AddBars(plot, wrong, "wrong labels", Colors.OrangeRed);
            plot.Title($"{table}, 10 % wrong labels");
            plot.XLabel("EL2N after 5 epochs, mean of 10 runs");
            plot.YLabel("square root of the number of rows");
            plot.Axes.SetLimits(0, Math.Sqrt(2), 0, Math.Sqrt(clean.CountBy(score => (int)(score / BinWidth)).Max(bin => bin.Value)) * 1.05);
            plot.ShowLegend(Alignment.UpperRight);
            Directory.CreateDirectory(folder);
            plot.SaveSvg(Path.Combine(folder, $"example-difficulty-histogram-{table}.svg"), 560, 340);
        }
    }

    private static void AddBars(Plot plot, float[] scores, string name, Color color)
    {
        var bars = scores.CountBy(score => (int)(score / BinWidth))
            .Select(bin => new Bar { Position = (bin.Key + 0.5) * BinWidth, Value = Math.Sqrt(bin.Value), Size = BinWidth * 0.95, FillColor = color.WithAlpha(0.6), LineWidth = 0 }).ToArray();
        plot.Add.Bars(bars).LegendText = name;
    }

    private static IEnumerable<string> Agreement(FlippedTable[] tables)
    {
        float[] Scores(FlippedTable table, int runs, int seed, DifficultyScore score = DifficultyScore.EL2N) => Score(table, score, runs, 5, seed);
        yield return Text(tables.Average(table => DifficultyRanks.Correlation(Scores(table, 1, 1), Scores(table, 1, 2))));
        yield return Text(tables.Average(table => DifficultyRanks.Correlation(Scores(table, 5, 1), Scores(table, 5, 2))));
        yield return Text(tables.Average(table => DifficultyRanks.Correlation(Scores(table, 10, 1), Scores(table, 10, 1, DifficultyScore.GraNd))));
        yield return Text(tables.Average(table => table.PrecisionAtTop(Scores(table, 10, 1))));
        yield return Text(tables.Average(table => Scores(table, 10, 1).Where((_, row) => table.IsWrong[row]).Average()));
        yield return Text(tables.Average(table => Scores(table, 10, 1).Where((_, row) => !table.IsWrong[row]).Average()));
        yield return Text(tables.Average(table => table.AreaUnderCurve(Score(table, DifficultyScore.Forgetting, 10, 40, seed: 1))));
    }

    private static float[] Score(FlippedTable table, DifficultyScore score, int runs, int epochs, int seed) => [.. new MLContext(seed).Data.ScoreTrainingRows(table.Train, new Options
    {
        Score = score,
        Runs = runs,
        Epochs = epochs,
        HiddenUnits = table.About.HiddenUnits,
        BatchSize = table.About.BatchSize,
        Seed = seed,
    }).GetColumn<float>("Difficulty")];

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
