using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.ML.SearchSpace;

namespace Sweep;

/// <summary>The values that an options type may take in a sweep, as the attributes on its properties say; AutoML's <c>SearchSpace</c> reads the same ones.</summary>
internal sealed class SearchSpace
{
    private readonly (string Name, Func<double, object> ValueAt)[] _options;

    public SearchSpace(Type optionsType)
        => _options = [.. optionsType.GetProperties().OrderBy(option => option.Name, StringComparer.Ordinal).SelectMany(option => Scales(option).Select(scale => (option.Name, scale)))];

    /// <summary>The options that a sweep varies.</summary>
    public IEnumerable<string> Names => _options.Select(option => option.Name);

    /// <summary>The values at a point whose coordinates, one for each name, lie between 0 and 1.</summary>
    public JsonObject At(IEnumerable<double> point)
        => new(_options.Zip(point, (option, x) => KeyValuePair.Create(option.Name, (JsonNode?)ToJson(option.ValueAt(x)))));

    /// <summary>Values drawn at random: each choice with the same probability, numbers uniformly or, where the range is logarithmic, uniformly in their logarithm.</summary>
    public JsonObject Draw(Random random) => At(_options.Select(_ => random.NextDouble()));

    private static IEnumerable<Func<double, object>> Scales(PropertyInfo option)
    {
        if (option.GetCustomAttribute<RangeAttribute>(inherit: false) is { } range)
            yield return x => Between(range, x);
        if (option.GetCustomAttribute<ChoiceAttribute>(inherit: false) is { } choice)
            yield return x => choice.Candidates[Math.Min((int)(x * choice.Candidates.Length), choice.Candidates.Length - 1)];
        if (option.GetCustomAttribute<BooleanChoiceAttribute>(inherit: false) is not null)
            yield return x => x >= 0.5;
    }

    private static object Between(RangeAttribute range, double x)
    {
        var (least, most) = (Convert.ToDouble(range.Min), Convert.ToDouble(range.Max));
        // Every whole number, the last one too, has a piece of the scale.
        var end = range.Min is int ? most + 1 : most;
        var value = range.LogBase ? least * Math.Pow(end / least, x) : least + ((end - least) * x);
        var inside = Math.Clamp(value, least, most);
        return range.Min switch
        {
            int => (object)(int)Math.Floor(inside),
            float => (float)inside,
            _ => inside,
        };
    }

    private static JsonValue ToJson(object value) => value switch
    {
        int number => JsonValue.Create(number),
        float number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        bool truth => JsonValue.Create(truth),
        // Enumerations by name.
        _ => JsonValue.Create(value.ToString())!,
    };
}
