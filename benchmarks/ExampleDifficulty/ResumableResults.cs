using System.Globalization;

namespace MLExtensions.Benchmarks;

/// <summary>Numbers of a long measurement that are kept on disk until it is done, so that it can be interrupted and goes on where it was. Other code starts anew.</summary>
internal sealed class ResumableResults
{
    private readonly string _path;
    private readonly Dictionary<string, double> _known = [];

    /// <summary>Reads what is there.</summary>
    /// <param name="name">Name of the measurement.</param>
    public ResumableResults(string name)
    {
        // The version of each assembly that is measured.
        string[] versions = [.. new[] { typeof(Trainers.NeuralNetworkTrainer), typeof(Transforms.ExampleDifficultyEstimator), typeof(Estimators.Scoring.PredictionModel), typeof(ResumableResults) }
            .Select(type => type.Module.ModuleVersionId.ToString("N")[..8])];
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "mlextensions-benchmarks"));
        _path = Path.Combine(folder.FullName, $"{name}-{string.Join('-', versions)}.txt");
        foreach (var line in File.Exists(_path) ? File.ReadAllLines(_path) : [])
        {
            if (line.LastIndexOf('=') is > 0 and var split && double.TryParse(line[(split + 1)..], CultureInfo.InvariantCulture, out var value))
                _known[line[..split]] = value;
        }
    }

    /// <summary>A number: the one that is there, or a new one.</summary>
    public double Get(string key, Func<double> measure)
    {
        if (_known.TryGetValue(key, out var known))
            return known;
        var value = measure();
        File.AppendAllText(_path, FormattableString.Invariant($"{key}={value:R}\n"));
        return _known[key] = value;
    }

    /// <summary>Forgets everything: the measurement is done.</summary>
    public void Clear() => File.Delete(_path);
}
