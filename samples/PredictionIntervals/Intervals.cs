using Microsoft.ML;
using Microsoft.ML.Data;
using Samples;
using Spectre.Console;

namespace PredictionIntervals;

/// <summary>Intervals from two models, one for each end, and how many prices lie in them.</summary>
internal sealed class Intervals
{
    private static readonly float[] Bands = [0, 0.5f, 1, 1.5f, float.PositiveInfinity];

    private readonly List<Interval> _rows = [];

    public Intervals(ITransformer lower, ITransformer upper, IDataView diamonds)
    {
        float[] prices = [.. diamonds.GetColumn<float>("Label")], carats = [.. diamonds.GetColumn<float>(nameof(Diamond.Carat))];
        float[] lows = [.. lower.Transform(diamonds).GetColumn<float>("Score")], highs = [.. upper.Transform(diamonds).GetColumn<float>("Score")];
        for (var i = 0; i < prices.Length; i++)
        {
            // Two models know nothing of each other: where their ends cross, they change places.
            Crossings += lows[i] > highs[i] ? 1 : 0;
            _rows.Add(new(carats[i], prices[i], Math.Min(lows[i], highs[i]), Math.Max(lows[i], highs[i])));
        }
    }

    /// <summary>Rows whose lower end was above the upper one.</summary>
    public int Crossings { get; }

    /// <summary>Prints how many prices lie inside, for all diamonds and by weight.</summary>
    public void Print()
    {
        var table = new Table().AddColumns("Diamonds", "Rows", "Inside", "Below", "Above", "Mean width", "Mean price");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        AddRow(table, "all", _rows);
        for (var band = 1; band < Bands.Length; band++)
        {
            var (from, to) = (Bands[band - 1], Bands[band]);
            AddRow(table, float.IsFinite(to) ? $"{from} to {to} carat" : $"from {from} carat", [.. _rows.Where(row => row.Carat >= from && row.Carat < to)]);
        }
        AnsiConsole.Write(table);
        Console.WriteLine($"Crossing ends: {Crossings} of {_rows.Count:N0}, swapped.");
    }

    private static void AddRow(Table table, string name, List<Interval> rows) => table.AddRow(
        name, $"{rows.Count:N0}", Share(rows, row => row.Price >= row.Low && row.Price <= row.High), Share(rows, row => row.Price < row.Low), Share(rows, row => row.Price > row.High),
        $"{rows.Average(row => row.High - row.Low):N0}", $"{rows.Average(row => row.Price):N0}");

    private static string Share(List<Interval> rows, Func<Interval, bool> condition) => $"{100.0 * rows.Count(condition) / rows.Count:F1} %";

    private readonly record struct Interval(float Carat, float Price, float Low, float High);
}
