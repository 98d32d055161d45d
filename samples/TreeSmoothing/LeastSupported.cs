using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Transforms;
using Samples;
using Spectre.Console;

namespace TreeSmoothing;

/// <summary>The row with the largest leverage and the training rows with the largest weights in its score.</summary>
internal static class LeastSupported
{
    public static void Print(MLContext ml, TreeSmoothingReport report, ITransformer model, IDataView train, IDataView test)
    {
        var row = Enumerable.Range(0, report.QueryLeverage.Count).MaxBy(i => report.QueryLeverage[i]);
        Diamond[] known = [.. ml.Data.CreateEnumerable<Diamond>(train, reuseRowObject: false)];
        var diamond = ml.Data.CreateEnumerable<Diamond>(test, reuseRowObject: false).ElementAt(row);
        var predicted = model.Transform(test).GetColumn<float>("Score").ElementAt(row);

        var table = new Table().AddColumns("Diamond", "Weight", "Carat", "Cut", "Color", "Clarity", "Price");
        AddRow(table, "to be priced", $"predicted {predicted:N0}", diamond);
        foreach (var (number, weight) in report.GetTopRows(row, 5))
            AddRow(table, $"row {number}", weight.ToString("F3", CultureInfo.InvariantCulture), known[number]);
        AnsiConsole.Write(table);
        // Weights of a boosted model can be negative: its leverage does not count diamonds.
        var usual = report.TrainLeverage.Order().ElementAt(report.TrainRowCount / 2);
        Console.WriteLine($"Leverage {report.QueryLeverage[row]:F4}, {report.QueryLeverage[row] / usual:F0} times the median of the {report.TrainRowCount:N0} known diamonds.");
    }

    private static void AddRow(Table table, string name, string weight, Diamond diamond)
        => table.AddRow(name, weight, diamond.Carat.ToString("F2", CultureInfo.InvariantCulture), diamond.Cut, diamond.Color, diamond.Clarity, $"{diamond.Price:N0}");
}
