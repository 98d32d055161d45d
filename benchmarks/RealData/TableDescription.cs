using System.Text.Json;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Benchmarks;

/// <summary>What <c>manifest.json</c> says of a table.</summary>
/// <param name="File">Its file, comma separated with a header.</param>
/// <param name="Task">binary, multiclass or regression.</param>
/// <param name="Label">The label column.</param>
/// <param name="Numeric">Columns of numbers; an empty cell is a missing value.</param>
/// <param name="Categorical">Columns of categories; an empty cell is a category of its own.</param>
/// <param name="Split">mod5, or a sentence for a table with a split of its own.</param>
/// <param name="Positive">The positive class of a binary table.</param>
/// <param name="Classes">Rows of each class.</param>
/// <param name="NoiseFile">Training labels with injected errors, by number of the row.</param>
/// <param name="ExtraLabelColumns">Further label columns of the file itself; empty in test rows.</param>
internal sealed record TableDescription(
    string File, string Task, string Label, string[] Numeric, string[] Categorical, string Split, string? Positive = null,
    Dictionary<string, int>? Classes = null, string? NoiseFile = null, string[]? ExtraLabelColumns = null)
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>What is predicted.</summary>
    public PredictionTask PredictionTask => Task switch
    {
        "binary" => PredictionTask.BinaryClassification,
        "multiclass" => PredictionTask.MulticlassClassification,
        "regression" => PredictionTask.Regression,
        _ => throw new FormatException($"Task '{Task}' of {File} is not binary, multiclass or regression."),
    };

    /// <summary>The descriptions in a folder, by name of the table.</summary>
    public static IReadOnlyDictionary<string, TableDescription> ReadAll(string folder)
        => JsonSerializer.Deserialize<Manifest>(System.IO.File.ReadAllText(Path.Combine(folder, "manifest.json")), SnakeCase)!.Sets;

    private sealed record Manifest(Dictionary<string, TableDescription> Sets);
}
