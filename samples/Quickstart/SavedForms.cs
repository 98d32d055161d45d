using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace Quickstart;

/// <summary>The saved file as stock ML.NET loads it, and as this pack does: the same predictions, at different speed.</summary>
internal static class SavedForms
{
    private const float Tolerance = 1e-6f;

    /// <summary>Whether both forms predict what the model in memory predicts.</summary>
    public static bool Compare(MLContext ml, ITransformer model, string path, IDataView data)
    {
        var expected = Probabilities(model, data);
        var stock = new MLContext().Model.Load(path, out _);
        var accelerated = ml.Model.LoadAccelerated(path, out _);

        var table = new Table().AddColumns("Loaded with", "Largest difference", "All rows, ms", "Rows/s");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        var agree = AddRow(table, "Model.Load (stock)", stock, data, expected);
        agree &= AddRow(table, "Model.LoadAccelerated", accelerated, data, expected);
        Console.WriteLine();
        Console.WriteLine($"Saved as {path} ({new FileInfo(path).Length / 1024.0:N0} KiB), loaded again, all {expected.Length:N0} rows scored:");
        AnsiConsole.Write(table);
        Console.WriteLine(agree ? "Both predict what the model in memory predicts." : $"ERROR: predictions differ by more than {Tolerance}.");
        return agree;
    }

    private static bool AddRow(Table table, string name, ITransformer model, IDataView data, float[] expected)
    {
        var (found, time) = Fastest.Of(() => Probabilities(model, data));
        var difference = expected.Zip(found, (a, b) => Math.Abs(a - b)).Max();
        table.AddRow(name, $"{difference:G2}", $"{time.TotalMilliseconds:N1}", $"{found.Length / time.TotalSeconds:N0}");
        return found.Length == expected.Length && difference <= Tolerance;
    }

    private static float[] Probabilities(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float>("Probability")];
}
