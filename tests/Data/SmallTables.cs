using System.Globalization;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Tests.Data;

/// <summary>The small public tables that come with the tests, in double precision as published.</summary>
public static class SmallTables
{
    public static SmallTable Iris { get; } = Load("iris");

    public static SmallTable Wine { get; } = Load("wine");

    public static SmallTable BreastCancer { get; } = Load("breast-cancer");

    public static SmallTable Digits { get; } = Load("digits");

    /// <summary>Regression: the label is the disease progression.</summary>
    public static SmallTable Diabetes { get; } = Load("diabetes");

    public static SmallTable ByName(string name) => name switch
    {
        "iris" => Iris,
        "wine" => Wine,
        "breast_cancer" => BreastCancer,
        "digits" => Digits,
        "diabetes" => Diabetes,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such table."),
    };

    private static SmallTable Load(string name)
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", name + ".csv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => Array.ConvertAll(line.Split(','), cell => double.Parse(cell, CultureInfo.InvariantCulture)))
            .ToArray();
        return new SmallTable([.. rows.Select(row => row[1..])], [.. rows.Select(row => row[0])]);
    }
}

/// <summary>Rows of features and one label each.</summary>
public sealed record SmallTable(double[][] Features, double[] Labels)
{
    public int FeatureCount => Features[0].Length;

    public int RowCount => Features.Length;

    /// <summary>Labels as class indices.</summary>
    public int[] Classes => Array.ConvertAll(Labels, label => (int)label);

    public int ClassCount => Classes.Max() + 1;

    /// <summary>The rows whose index modulo 10 is 3, 6 or 9.</summary>
    public SmallTable Test => Where(IsTest);

    /// <summary>All other rows.</summary>
    public SmallTable Train => Where(index => !IsTest(index));

    public static bool IsTest(int rowIndex) => rowIndex % 10 is 3 or 6 or 9;

    /// <summary>The table as one dense classification block; features are rounded to Single.</summary>
    internal RowBlock ToBlock()
        => RowBlock.Dense(FeatureCount, [.. Features.SelectMany(row => row).Select(x => (float)x)], Classes);

    private SmallTable Where(Func<int, bool> include)
        => new([.. Features.Where((_, i) => include(i))], [.. Labels.Where((_, i) => include(i))]);
}
