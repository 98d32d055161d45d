using System.Globalization;

namespace MLExtensions.Benchmarks;

/// <summary>
/// A table as numbers. Numeric columns: an empty cell becomes the TRAIN median, then (x - mean) / standard deviation. Categorical columns: one column for each
/// level seen in TRAIN, an empty cell is a level of its own. Everything is fitted on TRAIN; row index mod 5 == 0 is TEST.
/// </summary>
internal sealed class Tabular
{
    private Tabular(Row[] train, Row[] test, int features, int classes) => (Train, Test, Features, Classes) = (train, test, features, classes);

    public Row[] Train { get; }

    public Row[] Test { get; }

    public int Features { get; }

    public int Classes { get; }

    /// <summary>The table, or <see langword="null"/> where it is not there: <c>samples/data</c> of the repository first, then <c>shared/data</c> beside it.</summary>
    public static Tabular? Load(string name, params string[] categorical)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var place in new[] { "samples/data", "shared/data" })
            {
                if (Path.Combine(folder.FullName, place, $"{name}.csv") is var path && File.Exists(path))
                    return Read(path, categorical);
            }
        }
        return null;
    }

    private static Tabular Read(string path, string[] categorical)
    {
        var header = File.ReadLines(path).First().Split(',');
        var cells = File.ReadLines(path).Skip(1).Select(line => line.Split(',')).ToArray();
        var isTrain = cells.Select((_, i) => i % 5 != 0).ToArray();
        var features = header[..^1].SelectMany((name, j) =>
        {
            var column = cells.Select(row => row[j]).ToArray();
            return categorical.Contains(name) ? OneHot(column, isTrain) : [Standardised(column, isTrain)];
        }).ToArray();
        var classes = cells.Select(row => row[^1]).Distinct().Order(StringComparer.Ordinal).ToArray();
        var rows = cells.Select((row, i) => new Row
        {
            Features = [.. features.Select(feature => feature[i])],
            Label = (uint)Array.IndexOf(classes, row[^1]),
            Positive = row[^1] == classes[^1],
        }).ToArray();
        return new Tabular([.. rows.Where((_, i) => isTrain[i])], [.. rows.Where((_, i) => !isTrain[i])], features.Length, classes.Length);
    }

    private static IEnumerable<float[]> OneHot(string[] column, bool[] isTrain)
        => column.Where((_, i) => isTrain[i]).Distinct().Order(StringComparer.Ordinal).Select(level => column.Select(cell => cell == level ? 1f : 0f).ToArray());

    private static float[] Standardised(string[] column, bool[] isTrain)
    {
        var values = column.Select(cell => cell.Length == 0 ? double.NaN : double.Parse(cell, CultureInfo.InvariantCulture)).ToArray();
        var known = values.Where((value, i) => isTrain[i] && !double.IsNaN(value)).Order().ToArray();
        var median = (known[(known.Length - 1) / 2] + known[known.Length / 2]) / 2;
        var filled = values.Select(value => double.IsNaN(value) ? median : value).ToArray();
        var train = filled.Where((_, i) => isTrain[i]).ToArray();
        var mean = train.Average();
        var deviation = Math.Sqrt(train.Average(value => (value - mean) * (value - mean)));
        return [.. filled.Select(value => (float)((value - mean) / (deviation > 0 ? deviation : 1)))];
    }
}
