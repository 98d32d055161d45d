namespace MLExtensions.Benchmarks;

/// <summary>The lines of a table, split into training and test rows, with the labels to train with in the label column and the true ones in a further column.</summary>
/// <param name="Header">The column names.</param>
/// <param name="Train">Training rows.</param>
/// <param name="Test">Test rows.</param>
internal sealed record LabelledLines(string[] Header, string[] Train, string[] Test)
{
    /// <summary>The further column.</summary>
    public const string TrueLabelColumn = "TrueLabelText";

    // Also the share of the training rows that options are chosen with.
    private const int TestEvery = 5;

    /// <summary>Reads a table.</summary>
    /// <param name="folder">The folder of the manifest.</param>
    /// <param name="table">The table.</param>
    /// <param name="trainingLabels">The column of the labels to train with, <see langword="null"/> for the true ones.</param>
    /// <param name="forTuning">Whether every fifth training row is the test set.</param>
    public static LabelledLines Read(string folder, TableDescription table, string? trainingLabels, bool forTuning)
    {
        var lines = File.ReadAllLines(Path.Combine(folder, table.File));
        var header = lines[0].Split(',');
        var rows = lines.Skip(1).Select(line => line.Split(',')).ToArray();
        var isTest = IsTest(table, header, rows);
        var given = GivenLabels(folder, table, header, rows, trainingLabels);
        var label = Array.IndexOf(header, table.Label);
        var labelled = rows.Select((cells, i) => string.Join(',', [.. cells[..label], isTest[i] ? cells[label] : given(i), .. cells[(label + 1)..], cells[label]]));
        var (train, test) = Split([.. labelled], i => isTest[i]);
        if (forTuning)
            (train, test) = Split(train, i => i % TestEvery == 0);
        return new([.. header, TrueLabelColumn], train, test);
    }

    /// <summary>Rows with the header above them.</summary>
    public TextLines Source(string[] rows) => new(rows.Prepend(string.Join(',', Header)));

    private static (string[] Train, string[] Test) Split(string[] rows, Func<int, bool> isTest)
        => ([.. rows.Where((_, i) => !isTest(i))], [.. rows.Where((_, i) => isTest(i))]);

    // Rows that nobody but the true label has named are the test rows of a table with such labels.
    private static bool[] IsTest(TableDescription table, string[] header, string[][] rows) => table switch
    {
        { Split: "mod5" } => [.. rows.Select((_, i) => i % TestEvery == 0)],
        { ExtraLabelColumns: [var column, ..] } => Array.ConvertAll(rows, cells => cells[Array.IndexOf(header, column)].Length == 0),
        _ => throw new FormatException($"The split of {table.File} is unknown: {table.Split}."),
    };

    private static Func<int, string> GivenLabels(string folder, TableDescription table, string[] header, string[][] rows, string? trainingLabels)
    {
        if (Array.IndexOf(header, trainingLabels ?? table.Label) is >= 0 and var column)
            return row => rows[row][column];
        if (table.NoiseFile is null)
            throw new ArgumentException($"{table.File} has no labels '{trainingLabels}', and there is no file of label errors for it.", nameof(trainingLabels));
        var noisy = File.ReadLines(Path.Combine(folder, table.NoiseFile)).Select(line => line.Split(',')).ToArray();
        var noisyColumn = Array.IndexOf(noisy[0], trainingLabels);
        if (noisyColumn < 0)
            throw new ArgumentException($"{table.NoiseFile} has no labels '{trainingLabels}', only {string.Join(", ", noisy[0][1..])}.", nameof(trainingLabels));
        var labels = noisy.Skip(1).ToDictionary(cells => int.Parse(cells[0]), cells => cells[noisyColumn]);
        return row => labels[row];
    }
}
