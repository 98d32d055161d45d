using System.Text.Json;

namespace MLExtensions.Benchmarks;

/// <summary>One measured number: a trainer on one kind of features of a table.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Seed">Seed of the encoder, the trainer and the choice of labelled rows.</param>
/// <param name="Share">Share of the training rows whose labels are used.</param>
/// <param name="Features">What the trainer sees.</param>
/// <param name="Trainer">The trainer.</param>
/// <param name="Quality">Accuracy on the test rows, or for regression the root of the mean squared error in standard deviations of the training labels.</param>
/// <param name="Seconds">Seconds to train, without the encoder.</param>
internal sealed record TJepaCell(string Table, int Seed, double Share, string Features, string Trainer, double Quality, double Seconds);

/// <summary>The cells that are measured so far, one a line of a file, so that a measurement of hours can be stopped and go on.</summary>
internal sealed class TJepaLog
{
    private readonly string _path;
    private readonly List<TJepaCell> _cells = [];

    /// <summary>Opens the log of a measurement.</summary>
    /// <param name="name">Name of the measurement.</param>
    /// <param name="settings">The settings that all cells have in common: with others it begins anew.</param>
    public TJepaLog(string name, object settings)
    {
        Folder = Path.Combine(Environment.GetEnvironmentVariable("TJEPA_LOG") ?? Path.Combine(Path.GetTempPath(), "mlextensions"), name);
        Directory.CreateDirectory(Folder);
        _path = Path.Combine(Folder, "cells.jsonl");
        var (settingsPath, json) = (Path.Combine(Folder, "settings.json"), JsonSerializer.Serialize(settings));
        if (!File.Exists(settingsPath) || File.ReadAllText(settingsPath) != json)
        {
            foreach (var file in Directory.GetFiles(Folder))
                File.Delete(file);
            File.WriteAllText(settingsPath, json);
        }
        if (File.Exists(_path))
            _cells.AddRange(File.ReadLines(_path).Where(line => line.EndsWith('}')).Select(line => JsonSerializer.Deserialize<TJepaCell>(line)!));
    }

    /// <summary>The folder of the log, where models may be kept as well.</summary>
    public string Folder { get; }

    /// <summary>The cells so far.</summary>
    public IReadOnlyList<TJepaCell> Cells => _cells;

    /// <summary>Whether a cell is measured.</summary>
    public bool Has(string table, int seed, double share, string features, string trainer)
        => _cells.Any(cell => (cell.Table, cell.Seed, cell.Share, cell.Features, cell.Trainer) == (table, seed, share, features, trainer));

    /// <summary>Adds a cell.</summary>
    public void Add(TJepaCell cell)
    {
        _cells.Add(cell);
        File.AppendAllText(_path, JsonSerializer.Serialize(cell) + "\n");
    }
}
