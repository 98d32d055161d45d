using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace Quickstart;

/// <summary>What is predicted.</summary>
internal enum TourTask
{
    Binary,
    Multiclass,
    Regression,
}

/// <summary>A table whose columns ML.NET reads by what they were taken for, with a Label, split into rows to train on and rows to test with.</summary>
internal sealed class TourData
{
    private const int FewestRows = 50;
    private const int FewestOfAClass = 20;
    private const int MostClasses = 100;
    private const int MostWholeNumbers = 20;
    private static readonly string[] s_positive = ["yes", "true", "1", "y", "positive", "bad"];
    private static readonly string[] s_reserved = ["Label", "Features", "Numbers", "Filled", "Embedding", "Both", "Score", "Probability", "PredictedLabel", Position, LargestClass];

    /// <summary>The column with a row's line in the file, from 0: the first row behind the header.</summary>
    public const string Position = "RowInFile";

    /// <summary>The Boolean column that says, of a label with several classes, whether it is the largest.</summary>
    public const string LargestClass = "IsLargestClass";

    private TourData(TourTask task, string[] classes, string label, int rows, int drawn)
        => (Task, Classes, Label, RowCount, DrawnRows) = (task, classes, label, rows, drawn);

    public TourTask Task { get; }

    /// <summary>Names of the classes in the order of the label's values; of a Boolean label false, then true.</summary>
    public string[] Classes { get; }

    /// <summary>Name of the label in the file.</summary>
    public string Label { get; }

    /// <summary>Rows of the file that have a label.</summary>
    public int RowCount { get; }

    /// <summary>Rows of these that were drawn.</summary>
    public int DrawnRows { get; }

    public required string[] NumberColumns { get; init; }

    public required string[] CategoryColumns { get; init; }

    public required IDataView Train { get; init; }

    public required IDataView Test { get; init; }

    /// <summary>Takes the rows of a file.</summary>
    /// <exception cref="InvalidDataException">There is nothing to predict, or nothing to predict it from; the message says what was expected.</exception>
    public static TourData Create(MLContext ml, TableFile file, IReadOnlyList<TableColumn> columns, TourArguments arguments, TourSettings settings)
    {
        var label = columns.Single(column => column.Kind == ColumnKind.Label);
        var labelled = Enumerable.Range(0, file.Rows.Count).Where(row => file.Rows[row][label.Position].Length > 0).ToArray();
        if (labelled.Length < FewestRows)
            throw new InvalidDataException($"{file.Path} has {labelled.Length} rows with a label; expected at least {FewestRows}.");
        var (task, classes) = TaskOf(file, label, labelled, arguments);
        TableColumn[] used = [.. columns.Where(column => column.Kind is ColumnKind.Number or ColumnKind.Category)];
        if (used.Length < 2)
            throw new InvalidDataException($"{file.Path} has {(used.Length == 0 ? "no column" : $"only the column '{used[0].Name}'")} to predict '{label.Name}' from; expected at least two. Skipped are {string.Join("; ", columns.Where(column => column.Kind == ColumnKind.Skipped).Select(column => $"{column.Name}: {column.What}"))}.");
        var drawn = labelled.Length <= settings.MostRows ? labelled : Draw(labelled, settings.MostRows);

        // A table of its own for ML.NET: with the drawn rows, missing cells empty, and the label as what it is predicted as.
        Directory.CreateDirectory(arguments.Output);
        var path = System.IO.Path.Combine(arguments.Output, "table.csv");
        var largest = task == TourTask.Multiclass ? drawn.CountBy(row => file.Rows[row][label.Position]).MaxBy(pair => pair.Value).Key : null;
        File.WriteAllLines(path, drawn.Select(row => string.Join(',', used.Select(column => Quoted(file.Rows[row][column.Position]))
            .Append(Quoted(LabelCell(file.Rows[row][label.Position], task, classes))).Append(file.Rows[row][label.Position] == largest ? "1" : "0").Append(row.ToString(CultureInfo.InvariantCulture)))));
        var view = Read(ml, path, used, task);
        var split = ml.Data.TrainTestSplit(view, testFraction: 0.2);
        return new(task, classes, label.Name, labelled.Length, drawn.Length)
        {
            NumberColumns = [.. used.Where(column => column.Kind == ColumnKind.Number).Select(NameOf)],
            CategoryColumns = [.. used.Where(column => column.Kind == ColumnKind.Category).Select(NameOf)],
            Train = ml.Data.Cache(split.TrainSet),
            Test = ml.Data.Cache(split.TestSet),
        };
    }

    /// <summary>Prints what the columns were taken for.</summary>
    public void Print(TableFile file, IReadOnlyList<TableColumn> columns)
    {
        var table = new Table().AddColumns("Column", "Taken for", "What it holds", "Missing");
        table.Columns[3].RightAligned();
        foreach (var column in columns)
            table.AddRow(Markup.Escape(column.Name), $"{column.Kind}".ToLowerInvariant(), Markup.Escape(column.Kind == ColumnKind.Label ? Describe() : column.What), column.Missing == 0 ? "" : $"{column.Missing:N0}");
        AnsiConsole.Write(table);
        var without = file.Rows.Count - RowCount;
        Console.WriteLine($"{file.Rows.Count:N0} rows in {System.IO.Path.GetFileName(file.Path)}{(without > 0 ? $", {without:N0} of them without a label, left out" : "")}{(DrawnRows < RowCount ? $"; the tour draws {DrawnRows:N0}" : "")}. One row in five is kept for testing.");
    }

    private string Describe() => Task switch
    {
        TourTask.Binary => $"true is '{Classes[1]}', false is '{Classes[0]}'",
        TourTask.Multiclass => $"{Classes.Length} classes",
        _ => "a number",
    };

    private static (TourTask Task, string[] Classes) TaskOf(TableFile file, TableColumn label, int[] rows, TourArguments arguments)
    {
        var counts = rows.CountBy(row => file.Rows[row][label.Position]).ToDictionary();
        if (counts.Count < 2)
            throw new InvalidDataException($"Label '{label.Name}' of {file.Path} has {(counts.Count == 0 ? "no values" : $"only the value '{counts.Keys.Single()}'")}; expected at least two.");
        var numbers = counts.Keys.Select(value => double.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : double.NaN).ToArray();
        var isNumber = numbers.All(double.IsFinite);
        if (arguments.PredictsNumber == true && !isNumber)
            throw new InvalidDataException($"Label '{label.Name}' of {file.Path} holds '{counts.Keys.First(value => !double.TryParse(value, CultureInfo.InvariantCulture, out _))}'; expected numbers, as --predict says.");
        if (arguments.PredictsNumber ?? (isNumber && (counts.Count > MostWholeNumbers || numbers.Any(number => number != Math.Floor(number)))))
            return (TourTask.Regression, []);
        if (counts.Count > MostClasses)
            throw new InvalidDataException($"Label '{label.Name}' of {file.Path} has {counts.Count:N0} different values; expected numbers, or at most {MostClasses} classes.");
        if (counts.Count > 2)
            return (TourTask.Multiclass, [.. counts.Keys.Order(StringComparer.Ordinal)]);
        if (arguments.Positive is { } named && !counts.ContainsKey(named))
            throw new InvalidDataException($"Label '{label.Name}' of {file.Path} has no value '{named}'; its values are '{string.Join("' and '", counts.Keys)}'.");
        if (counts.MinBy(pair => pair.Value) is { Value: < FewestOfAClass } rare)
            throw new InvalidDataException($"Label '{label.Name}' of {file.Path} has the value '{rare.Key}' in {rare.Value} rows; expected at least {FewestOfAClass}, to train and to test with.");
        var positive = arguments.Positive ?? counts.Keys.FirstOrDefault(value => s_positive.Contains(value.ToLowerInvariant())) ?? counts.MinBy(pair => pair.Value).Key;
        return (TourTask.Binary, [counts.Keys.Single(value => value != positive), positive]);
    }

    private static int[] Draw(int[] rows, int count)
    {
        var drawn = (int[])rows.Clone();
        new Random(1).Shuffle(drawn);
        return [.. drawn[..count].Order()];
    }

    private static string LabelCell(string value, TourTask task, string[] classes) => task == TourTask.Binary ? (value == classes[1] ? "1" : "0") : value;

    private static string Quoted(string cell) => cell.AsSpan().ContainsAny(",\"\n\r") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static string NameOf(TableColumn column) => s_reserved.Contains(column.Name) ? column.Name + "_" : column.Name;

    private static IDataView Read(MLContext ml, string path, TableColumn[] used, TourTask task)
    {
        var type = task switch { TourTask.Binary => DataKind.Boolean, TourTask.Multiclass => DataKind.String, _ => DataKind.Single };
        TextLoader.Options options = new()
        {
            Separators = [','],
            AllowQuoting = true,
            // Without it, ML.NET would read empty cells as 0.
            MissingRealsAsNaNs = true,
            Columns =
            [
                .. used.Select((column, j) => new TextLoader.Column(NameOf(column), column.Kind == ColumnKind.Number ? DataKind.Single : DataKind.String, j)),
                new("Label", type, used.Length), new(LargestClass, DataKind.Boolean, used.Length + 1), new(Position, DataKind.Single, used.Length + 2),
            ],
        };
        IDataView view = ml.Data.CreateTextLoader(options).Load(path);
        return task == TourTask.Multiclass ? ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(view).Transform(view) : view;
    }
}
