using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sweep;

/// <summary>One set of options, tried on a number of rows.</summary>
/// <param name="Number">Its number; trial 0 has the defaults.</param>
/// <param name="Rows">Rows that cross-validation divided.</param>
/// <param name="Options">What differs from the defaults.</param>
/// <param name="Loss">Mean over the folds, less is better; <see langword="null"/> where training failed, or where it is infinite: a row was sure to be what it is not.</param>
/// <param name="Seconds">Time of the cross-validation.</param>
/// <param name="Error">Why training failed.</param>
internal sealed record Trial(int Number, long Rows, JsonObject Options, double? Loss, double Seconds, string? Error = null);

/// <summary>Trials in a file, a line of JSON each, so that a sweep that was stopped goes on where it was.</summary>
internal sealed class TrialLog
{
    private readonly string _path;
    private readonly List<Trial> _trials = [];

    public TrialLog(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        foreach (var line in File.Exists(_path) ? File.ReadAllLines(_path) : [])
        {
            try
            {
                _trials.Add(JsonSerializer.Deserialize<Trial>(line)!);
            }
            catch (JsonException)
            {
                Console.WriteLine($"Skipped a line of {path} that is not whole: {line[..Math.Min(line.Length, 40)]}");
            }
        }
        File.WriteAllLines(_path, _trials.Select(trial => JsonSerializer.Serialize(trial)));
    }

    /// <summary>The trial if the log has it, with the very same options.</summary>
    public Trial? Find(int number, long rows, JsonObject options)
        => _trials.Find(trial => trial.Number == number && trial.Rows == rows && JsonNode.DeepEquals(trial.Options, options));

    public void Add(Trial trial)
    {
        _trials.Add(trial);
        File.AppendAllLines(_path, [JsonSerializer.Serialize(trial)]);
    }
}
