using System.Globalization;
using Microsoft.VisualBasic.FileIO;

namespace Quickstart;

/// <summary>What a column of a CSV file is taken for.</summary>
internal enum ColumnKind
{
    Number,
    Category,
    Skipped,
    Label,
}

/// <summary>A column of a CSV file: what it is taken for, and why.</summary>
internal sealed record TableColumn(int Position, string Name, ColumnKind Kind, string What, int Missing);

/// <summary>A CSV file with a header. Every cell is read once, and the types of its columns are inferred from all of them.</summary>
internal sealed class TableFile
{
    private const int MostValues = 1000;
    private static readonly string[] s_missing = ["", "?", "NA", "N/A", "NaN", "null", "NULL"];
    private static readonly string[] s_separators = [",", ";", "\t", "|"];

    private TableFile(string path, string[] header, List<string[]> rows) => (Path, Header, Rows) = (path, header, rows);

    public string Path { get; }

    public string[] Header { get; }

    /// <summary>The cells, row by row; a missing one is empty.</summary>
    public List<string[]> Rows { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no table; the message says where and what was expected.</exception>
    public static TableFile Read(string path)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"There is no file {System.IO.Path.GetFullPath(path)}.");
        using TextFieldParser parser = new(path) { HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = true };
        parser.SetDelimiters(SeparatorOf(path));
        List<string[]> rows = [];
        try
        {
            var header = parser.ReadFields() ?? throw new InvalidDataException($"{path} is empty; expected a header and rows.");
            Check(path, header);
            while (!parser.EndOfData)
            {
                var line = parser.LineNumber;
                var cells = parser.ReadFields()!;
                if (cells.Length != header.Length)
                    throw new InvalidDataException($"Line {line} of {path} has {cells.Length} cells; expected {header.Length}, as in the header.");
                rows.Add(Array.ConvertAll(cells, cell => s_missing.Contains(cell) ? "" : cell));
            }
            return rows.Count > 0 ? new(path, header, rows) : throw new InvalidDataException($"{path} has a header but no rows.");
        }
        catch (MalformedLineException error)
        {
            throw new InvalidDataException($"Line {error.LineNumber} of {path} cannot be read: {error.Message}");
        }
    }

    /// <summary>What each column is taken for.</summary>
    /// <param name="label">Name of the label.</param>
    /// <exception cref="InvalidDataException">There is no such column.</exception>
    public IReadOnlyList<TableColumn> Infer(string label)
    {
        if (!Header.Contains(label))
            throw new InvalidDataException($"{Path} has no column '{label}'; its columns are {string.Join(", ", Header)}.");
        return [.. Header.Select((name, j) => Infer(j, name == label))];
    }

    private TableColumn Infer(int position, bool isLabel)
    {
        var cells = Rows.Select(row => row[position]).Where(cell => cell.Length > 0).ToArray();
        var (missing, distinct) = (Rows.Count - cells.Length, cells.Distinct().Count());
        TableColumn Column(ColumnKind kind, string what) => new(position, Header[position], kind, what, missing);
        var isNumber = cells.All(cell => float.TryParse(cell, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number));
        if (isLabel)
            return Column(ColumnKind.Label, $"{distinct:N0} values");
        if (distinct <= 1)
            return Column(ColumnKind.Skipped, distinct == 0 ? "empty" : $"always {cells[0]}");
        if (isNumber)
            return distinct == Rows.Count && cells.All(cell => cell.All(char.IsAsciiDigit)) ? Column(ColumnKind.Skipped, "a number of its own in every row: an identifier") : Column(ColumnKind.Number, Range(cells));
        return distinct > Math.Min(MostValues, Rows.Count / 2)
            ? Column(ColumnKind.Skipped, $"{distinct:N0} different texts: an identifier or free text")
            : Column(ColumnKind.Category, $"{distinct:N0} values, such as {cells.CountBy(cell => cell).MaxBy(pair => pair.Value).Key}");
    }

    private static string Range(string[] cells)
    {
        var numbers = Array.ConvertAll(cells, cell => float.Parse(cell, CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{numbers.Min():G6} to {numbers.Max():G6}");
    }

    // The separator that the first lines have most of, and all the same number.
    private static string SeparatorOf(string path)
    {
        var lines = File.ReadLines(path).Take(20).Where(line => line.Length > 0).ToArray();
        return s_separators.MaxBy(separator => lines.Length == 0 ? 0 : lines.Min(line => line.Split(separator).Length))!;
    }

    private static void Check(string path, string[] header)
    {
        if (header.Length < 2)
            throw new InvalidDataException($"{path} has one column only; expected a comma, semicolon, tab or | between the cells of its first line.");
        if (header.FirstOrDefault(string.IsNullOrWhiteSpace) is not null)
            throw new InvalidDataException($"A column of {path} has no name; expected a header with a name for each column.");
        if (header.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidDataException($"{path} has {twice.Count()} columns called '{twice.Key}'; expected different names.");
    }
}
