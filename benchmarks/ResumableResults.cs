using System.Globalization;

namespace MLExtensions.Benchmarks;

/// <summary>
/// Numbers of a long measurement that are kept on disk until it is done, so that it can be interrupted and goes on where it was, and so that several processes can share it. Other code starts
/// anew.
/// </summary>
/// <remarks>
/// They are kept in a folder of the temporary one, or of MLEXTENSIONS_RESULTS. A process measures only the parts that MLEXTENSIONS_PARTS names (separated by spaces; all of them without it); the
/// last one, without it, finds what the others have measured.
/// </remarks>
internal sealed class ResumableResults
{
    private static readonly string[]? s_parts = Environment.GetEnvironmentVariable("MLEXTENSIONS_PARTS")?.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private readonly string _path;
    private readonly Dictionary<string, double> _known = [];

    /// <summary>Reads what is there.</summary>
    /// <param name="name">Name of the measurement.</param>
    public ResumableResults(string name)
    {
        // The version of each assembly that is measured.
        string[] versions = [.. new[] { typeof(Trainers.NeuralNetworkTrainer), typeof(Transforms.ExampleDifficultyEstimator), typeof(Estimators.Scoring.PredictionModel), typeof(ResumableResults) }
            .Select(type => type.Module.ModuleVersionId.ToString("N")[..8])];
        var root = Environment.GetEnvironmentVariable("MLEXTENSIONS_RESULTS") ?? Path.Combine(Path.GetTempPath(), "mlextensions-benchmarks");
        Folder = Directory.CreateDirectory(Path.Combine(root, $"{name}-{string.Join('-', versions)}")).FullName;
        _path = Path.Combine(Folder, $"{(s_parts is null ? "all" : string.Join('-', s_parts).Replace('/', '_'))}.txt");
        foreach (var line in Directory.GetFiles(Folder, "*.txt").SelectMany(File.ReadLines))
        {
            if (line.LastIndexOf('=') is > 0 and var split && double.TryParse(line[(split + 1)..], CultureInfo.InvariantCulture, out var value))
                _known[line[..split]] = value;
        }
    }

    /// <summary>The folder of this measurement, where models may be kept as well.</summary>
    public string Folder { get; }

    /// <summary>Whether a part is to be measured here.</summary>
    public static bool Includes(string part) => s_parts?.Contains(part) ?? true;

    /// <summary>Whether a number is there.</summary>
    public bool Has(string key) => _known.ContainsKey(key);

    /// <summary>A number: the one that is there, or a new one.</summary>
    public double Get(string key, Func<double> measure)
    {
        if (_known.TryGetValue(key, out var known))
            return known;
        var value = measure();
        File.AppendAllText(_path, FormattableString.Invariant($"{key}={value:R}\n"));
        return _known[key] = value;
    }

    /// <summary>The page, after which everything is forgotten: the measurement is done. Where only some parts were measured, a line that says so, and the numbers stay.</summary>
    /// <param name="page">Makes the page of all numbers.</param>
    public string Finish(Func<string> page)
    {
        if (s_parts is not null)
            return $"{Measurement.NotMeasured}only {string.Join(' ', s_parts)}, as MLEXTENSIONS_PARTS says; without it, the measurement goes on from there.";
        var text = page();
        Directory.Delete(Folder, recursive: true);
        return text;
    }
}
