using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace TreeSmoothing;

/// <summary>How far prices are off, from the rows with the smallest leverage to those with the largest.</summary>
internal static class ErrorsByLeverage
{
    public static void Print(IDataView scored)
    {
        var rows = scored.GetColumn<float>("TreeLeverage").Zip(scored.GetColumn<float>("Score"), scored.GetColumn<float>("Label"))
            .Select(row => (Leverage: row.First, Error: Math.Abs(row.Second - row.Third), Relative: Math.Abs(row.Second - row.Third) / row.Third))
            .OrderBy(row => row.Leverage).ToArray();
        var table = new Table().AddColumns("Tenth of the diamonds", "Mean leverage", "Mean error, dollars", "Mean error, % of the price");
        foreach (var column in table.Columns)
            column.RightAligned();
        for (var tenth = 1; tenth <= 10; tenth++)
        {
            var part = rows[((tenth - 1) * rows.Length / 10)..(tenth * rows.Length / 10)];
            table.AddRow($"{tenth}", $"{part.Average(row => row.Leverage):F5}", $"{part.Average(row => row.Error):N0}", $"{100 * part.Average(row => row.Relative):F1}");
        }
        AnsiConsole.Write(table);
    }
}
