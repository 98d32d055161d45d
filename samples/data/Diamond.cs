using Microsoft.ML;
using Microsoft.ML.Data;

namespace Samples;

/// <summary>A diamond and its price in US dollars.</summary>
internal sealed class Diamond
{
    [LoadColumn(0)] public float Carat { get; set; }
    [LoadColumn(1)] public string Cut { get; set; } = "";
    [LoadColumn(2)] public string Color { get; set; } = "";
    [LoadColumn(3)] public string Clarity { get; set; } = "";
    [LoadColumn(4)] public float Depth { get; set; }
    [LoadColumn(5)] public float Table { get; set; }
    [LoadColumn(6)] public float Length { get; set; }
    [LoadColumn(7)] public float Width { get; set; }
    [LoadColumn(8)] public float Height { get; set; }
    [LoadColumn(9), ColumnName("Label")] public float Price { get; set; }

    public static string[] NumericColumns { get; } = [nameof(Carat), nameof(Depth), nameof(Table), nameof(Length), nameof(Width), nameof(Height)];

    public static string[] CategoricalColumns { get; } = [nameof(Cut), nameof(Color), nameof(Clarity)];

    /// <summary>Reads the table that is copied beside the program: every fifth row is held out.</summary>
    public static (IDataView Train, IDataView Test) Load(MLContext ml)
    {
        var all = ml.Data.LoadFromTextFile<Diamond>(Path.Combine(AppContext.BaseDirectory, "diamonds.csv"), separatorChar: ',', hasHeader: true);
        Diamond[] rows = [.. ml.Data.CreateEnumerable<Diamond>(all, reuseRowObject: false)];
        return (ml.Data.LoadFromEnumerable(rows.Where((_, i) => i % 5 != 0).ToArray()), ml.Data.LoadFromEnumerable(rows.Where((_, i) => i % 5 == 0).ToArray()));
    }
}
