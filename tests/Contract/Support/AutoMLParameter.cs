using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>
/// How AutoML makes options, which cannot be referenced here: the default options become a tree of values without those that are null, the drawn values replace some of them, and the tree goes
/// through JSON, enumerations by name (<c>Parameter.FromObject</c>, <c>SearchSpace.SampleFromFeatureSpace</c> and <c>Parameter.AsType</c> of Microsoft.ML.SearchSpace).
/// </summary>
internal static class AutoMLParameter
{
    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public static ComponentOptions Create(ComponentOptions defaults, JsonObject drawn)
    {
        var values = JsonSerializer.SerializeToNode(defaults, defaults.GetType(), Json)!.AsObject();
        foreach (var (option, value) in drawn)
            values[option] = value!.DeepClone();
        return (ComponentOptions)JsonSerializer.Deserialize(values.ToJsonString(), defaults.GetType(), Json)!;
    }
}
