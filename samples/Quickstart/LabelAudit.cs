using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Reports;
using MLExtensions.Trainers;
using MLExtensions.Transforms;
using Spectre.Console;

namespace Quickstart;

/// <summary>First stop: are the labels right? Two ways to doubt them, and the rows that both doubt.</summary>
internal sealed class LabelAudit(MLContext ml, TourData data, Preparation prepared, TourSettings settings, Steps steps)
{
    private const int Shown = 5;
    private const int MostCells = 3;
    private const int Bins = 10;

    private ITransformer? _network;

    /// <summary>The noise-robust network that was trained on the way, and the seconds that it took.</summary>
    public (ITransformer Model, double Seconds)? NoiseRobustNetwork { get; private set; }

    public void Run(HtmlPage report)
    {
        var scored = steps.Run("how hard are the rows (EL2N)", () => ml.Data.Cache(ml.Transforms.ExampleDifficulty(new ExampleDifficultyEstimator.Options
        {
            FeatureColumnName = prepared.NetworkFeatures,
            CategoricalColumnNames = prepared.NetworkCategories,
            Runs = settings.ScoringRuns,
        }).Fit(prepared.Train).Transform(prepared.Train), "Label", "SuggestedLabel", "Difficulty", TourData.Position));
        var suspicions = steps.Run("what would a network say that does not believe all labels", Suspicions);
        NoiseRobustNetwork = (_network!, steps.LastSeconds);

        var difficulties = scored.GetColumn<float>("Difficulty").ToArray();
        var (given, suggested) = (Labels(scored, "Label"), Labels(scored, "SuggestedLabel"));
        var doubts = suspicions.ToDictionary(suspicion => suspicion.Row, suspicion => suspicion.Score);
        int[] byDifficulty = [.. Enumerable.Range(0, difficulties.Length).OrderByDescending(row => difficulties[row])];
        var hardest = byDifficulty.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        var mostSuspicious = suspicions.Index().ToDictionary(entry => (int)entry.Item.Row, entry => entry.Index);
        // Both networks are overconfident in their own way; a row that both put high is worth a look.
        int[] worst = [.. byDifficulty.Where(row => given[row] != suggested[row] && mostSuspicious.ContainsKey(row)).OrderBy(row => hardest[row] + mostSuspicious[row]).Take(Shown)];

        var holds = Descriptions(given);
        var positions = scored.GetColumn<float>(TourData.Position).ToArray();
        List<string[]> rows = [.. worst.Select(row => (string[])
            [positions[row].ToString("N0", CultureInfo.InvariantCulture), data.Classes[given[row]], data.Classes[suggested[row]], Rounded(difficulties[row]), Rounded(doubts[row]), holds[row]])];
        string[] headers = ["Row", data.Label, "suggested", "difficulty", "suspicion", "which holds"];
        Print(headers, rows);
        var agree = byDifficulty.Take(100).Intersect(suspicions.Take(100).Select(suspicion => (int)suspicion.Row)).Count();
        var text = $"Of the 100 hardest rows {agree} are among the 100 most suspicious ones. Hard is not wrong: look at these rows before you trust them, or drop them.";
        Console.WriteLine(text);
        report.Heading("Are the labels right?").Table(headers, rows).Paragraph(text)
            .Figure(new SvgChart("difficulty (EL2N)", "share of the rows").Histogram("", difficulties.Select(value => (double)value)), "Rows to the right are those that small networks get wrong early in their training.");
    }

    private IReadOnlyList<LabelSuspicion> Suspicions()
    {
        NoiseRobustNeuralNetworkTrainer.Options options = new()
        {
            FeatureColumnName = prepared.NetworkFeatures,
            CategoricalColumnNames = prepared.NetworkCategories,
            Preset = NoiseRobustPreset.EarlyLearning,
            Epochs = settings.Epochs,
        };
        var fitted = data.Task == TourTask.Binary
            ? ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(options).Fit(prepared.Train)
            : ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(options).Fit(prepared.Train);
        _network = fitted;
        return fitted.Model.SuspiciousLabels;
    }

    // Keys count from 1, and a view of a Boolean label has no keys.
    private int[] Labels(IDataView rows, string column) => data.Task == TourTask.Binary
        ? [.. rows.GetColumn<bool>(column).Select(value => value ? 1 : 0)]
        : [.. rows.GetColumn<uint>(column).Select(key => (int)key - 1)];

    // What a row holds in the columns that tell most about the label.
    private string[] Descriptions(int[] given)
    {
        var columns = data.CategoryColumns.Concat(data.NumberColumns).Select(column => (Name: column, Cells: Cells(column)))
            .OrderByDescending(column => ExplainedShare(column.Cells.Groups, given)).Take(MostCells).ToArray();
        return [.. Enumerable.Range(0, given.Length).Select(row => string.Join(", ", columns.Select(column => $"{column.Name} {column.Cells.Texts[row]}")))];
    }

    // A number belongs to one of ten groups of equal size.
    private (string[] Texts, int[] Groups) Cells(string column)
    {
        if (data.Train.Schema[column].Type is TextDataViewType)
        {
            string[] texts = [.. data.Train.GetColumn<string>(column)];
            var groups = texts.Distinct().Index().ToDictionary(entry => entry.Item, entry => entry.Index);
            return (texts, [.. texts.Select(text => groups[text])]);
        }
        float[] numbers = [.. data.Train.GetColumn<float>(column)];
        float[] bounds = [.. numbers.Order().Where((_, i) => i > 0 && i % Math.Max(1, numbers.Length / Bins) == 0)];
        return ([.. numbers.Select(Text)], [.. numbers.Select(number => bounds.Count(bound => number >= bound))]);
    }

    // Of the variance of the largest class's indicator, what differs between the groups.
    private static double ExplainedShare(int[] groups, int[] given)
    {
        var largest = given.CountBy(label => label).MaxBy(pair => pair.Value).Key;
        var mean = given.Average(label => label == largest ? 1.0 : 0);
        return groups.Zip(given).GroupBy(pair => pair.First).Sum(group => group.Count() * Math.Pow(group.Average(pair => pair.Second == largest ? 1.0 : 0) - mean, 2)) / (given.Length * mean * (1 - mean));
    }

    private static void Print(string[] headers, List<string[]> rows)
    {
        var table = new Table().AddColumns([.. headers.Select(Markup.Escape)]);
        foreach (var row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
    }

    private static string Rounded(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Text(float value) => value.ToString("G5", CultureInfo.InvariantCulture);
}
