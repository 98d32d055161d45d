using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Reports;
using Spectre.Console;

namespace Quickstart;

/// <summary>Last stop: the best model as a file, as stock ML.NET loads it, and as this pack does: the same predictions, at different speed.</summary>
internal static class SavedForms
{
    private const float Tolerance = 1e-5f;

    /// <summary>Whether both forms predict what the model in memory predicts.</summary>
    public static bool Compare(MLContext ml, ITransformer model, string path, IDataView data, HtmlPage report)
    {
        ml.Model.Save(model, data.Schema, path);
        var expected = Scores(model, data);
        var stock = new MLContext().Model.Load(path, out _);
        var accelerated = ml.Model.LoadAccelerated(path, out _);

        string[] headers = ["Loaded with", "largest difference", "ms", "rows/s"];
        List<string[]> rows = [];
        var agree = Add(rows, "Model.Load (stock)", stock, data, expected);
        agree &= Add(rows, "Model.LoadAccelerated", accelerated, data, expected);
        var table = new Table().AddColumns(headers);
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var row in rows)
            table.AddRow(row);
        AnsiConsole.Write(table);
        var text = string.Create(CultureInfo.InvariantCulture, $"Saved as {path} ({new FileInfo(path).Length / 1024.0:N0} KiB) and loaded again: {(agree ? "both predict what the model in memory predicts" : $"ERROR: predictions differ by more than {Tolerance}")}.");
        Console.WriteLine(text);
        report.Heading("Saved and served").Table(headers, rows).Paragraph(text);
        return agree;
    }

    private static bool Add(List<string[]> rows, string name, ITransformer model, IDataView data, float[][] expected)
    {
        var (found, time) = Fastest.Of(() => Scores(model, data));
        var difference = expected.Zip(found, (a, b) => a.Zip(b, (x, y) => Math.Abs(x - y) / Math.Max(1, Math.Abs(x))).Max()).Max();
        rows.Add([name, difference.ToString("G2", CultureInfo.InvariantCulture), time.TotalMilliseconds.ToString("N1", CultureInfo.InvariantCulture), (found.Length / time.TotalSeconds).ToString("N0", CultureInfo.InvariantCulture)]);
        return found.Length == expected.Length && difference <= Tolerance;
    }

    private static float[][] Scores(ITransformer model, IDataView data)
    {
        var scored = model.Transform(data);
        return scored.Schema["Score"].Type is VectorDataViewType ? [.. scored.GetColumn<float[]>("Score")] : [.. scored.GetColumn<float>("Score").Select(score => (float[])[score])];
    }
}
