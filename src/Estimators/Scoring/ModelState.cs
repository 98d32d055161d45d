using System.Text.Json;

namespace MLExtensions.Estimators.Scoring;

/// <summary>The exact state of a model: named arrays of numbers and texts, and the options it was trained with.</summary>
/// <param name="optionsJson">The options as JSON.</param>
/// <param name="numbers">Named arrays of numbers; kept to the last bit.</param>
/// <param name="texts">Named arrays of texts.</param>
public sealed class ModelState(string optionsJson, IReadOnlyDictionary<string, double[]> numbers, IReadOnlyDictionary<string, string[]> texts)
{
    private const string InputsKey = "Inputs", OutputsKey = "Outputs";

    /// <summary>The options as JSON.</summary>
    public string OptionsJson => optionsJson;

    /// <summary>Named arrays of numbers.</summary>
    public IReadOnlyDictionary<string, double[]> Numbers => numbers;

    /// <summary>Named arrays of texts.</summary>
    public IReadOnlyDictionary<string, string[]> Texts => texts;

    /// <summary>The state of a model that was trained with <paramref name="options"/>.</summary>
    /// <param name="options">The options.</param>
    /// <param name="numbers">Named arrays of numbers.</param>
    /// <param name="texts">Named arrays of texts, or <see langword="null"/> for none.</param>
    public static ModelState Create<TOptions>(TOptions options, IReadOnlyDictionary<string, double[]> numbers, IReadOnlyDictionary<string, string[]>? texts = null)
        => new(JsonSerializer.Serialize(options), numbers, texts ?? new Dictionary<string, string[]>());

    /// <summary>The state of a featurizer's model, its columns included.</summary>
    /// <param name="options">The options that it was trained with.</param>
    /// <param name="columns">The model, whose inputs and outputs are kept.</param>
    /// <param name="numbers">Named arrays of numbers.</param>
    /// <param name="texts">Named arrays of texts, or <see langword="null"/> for none.</param>
    public static ModelState Create<TOptions>(
        TOptions options, FeatureModel columns, IReadOnlyDictionary<string, double[]> numbers, IReadOnlyDictionary<string, string[]>? texts = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        Dictionary<string, string[]> withColumns = new(texts ?? new Dictionary<string, string[]>())
        {
            [InputsKey] = [.. columns.Inputs.Select(input => JsonSerializer.Serialize(input))],
            [OutputsKey] = [.. columns.Outputs.Select(output => JsonSerializer.Serialize(output))],
        };
        return Create(options, numbers, withColumns);
    }

    /// <summary>The columns that a featurizer's model reads.</summary>
    /// <exception cref="FormatException">The state lacks them, or they are damaged.</exception>
    public IReadOnlyList<FeatureInput> GetInputs() => GetColumns<FeatureInput>(InputsKey);

    /// <summary>The columns that a featurizer's model adds.</summary>
    /// <exception cref="FormatException">The state lacks them, or they are damaged.</exception>
    public IReadOnlyList<FeatureOutput> GetOutputs() => GetColumns<FeatureOutput>(OutputsKey);

    /// <summary>The options, as the type that wrote them.</summary>
    /// <exception cref="FormatException">The options cannot be read as <typeparamref name="TOptions"/>.</exception>
    public TOptions GetOptions<TOptions>()
    {
        try
        {
            return JsonSerializer.Deserialize<TOptions>(OptionsJson) ?? throw new FormatException("The model carries no options.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"The model's options are not those of {typeof(TOptions)}.", error);
        }
    }

    private TColumn[] GetColumns<TColumn>(string key)
    {
        try
        {
            return Array.ConvertAll(GetTexts(key), text => JsonSerializer.Deserialize<TColumn>(text)!);
        }
        catch (JsonException error)
        {
            throw new FormatException($"The model's columns '{key}' are damaged.", error);
        }
    }

    /// <summary>The texts <paramref name="name"/>.</summary>
    /// <exception cref="FormatException">There are no such texts.</exception>
    public string[] GetTexts(string name)
        => Texts.TryGetValue(name, out var values) ? values : throw new FormatException($"The model's state lacks '{name}'.");

    /// <summary>The array <paramref name="name"/>.</summary>
    /// <exception cref="FormatException">There is no such array.</exception>
    public double[] GetNumbers(string name)
        => Numbers.TryGetValue(name, out var values) ? values : throw new FormatException($"The model's state lacks '{name}'.");
}
