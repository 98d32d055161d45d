using System.Text.Json.Serialization;

namespace MLExtensions.Transforms;

/// <summary>How the numbers of a column are scaled before they become tokens.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NumericScaling>))]
public enum NumericScaling
{
    /// <summary>Mean 0 and standard deviation 1 in the training rows; limited to -5 and 5.</summary>
    Standardize,

    /// <summary>0 to 1 in the training rows, as in the paper; limited to -1 and 2. Columns with few large values hardly differ from row to row then.</summary>
    MinMax,
}
