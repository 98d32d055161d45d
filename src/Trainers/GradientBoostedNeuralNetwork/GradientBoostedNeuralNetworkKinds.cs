using System.Text.Json.Serialization;

namespace MLExtensions.Trainers;

/// <summary>The function that a hidden unit applies to its weighted sum.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HiddenActivation>))]
public enum HiddenActivation
{
    /// <summary>1 / (1 + exp(-z)), between 0 and 1.</summary>
    Logistic,

    /// <summary>The hyperbolic tangent, between -1 and 1.</summary>
    Tanh,

    /// <summary>max(0, z).</summary>
    Relu,
}

/// <summary>What a trainer does with features that are NaN.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MissingValueRule>))]
public enum MissingValueRule
{
    /// <summary>Training on them is refused with an error that counts the rows; scoring them gives NaN.</summary>
    Error,

    /// <summary>The weighted mean of the training rows takes their place, in training and, inside the model's graph, in scoring.</summary>
    Mean,
}
