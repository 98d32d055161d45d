using System.Text.Json.Serialization;

namespace MLExtensions.Trainers;

/// <summary>What a trainer does with features that are NaN.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MissingValueRule>))]
public enum MissingValueRule
{
    /// <summary>Training on them is refused with an error that counts the rows; scoring them gives NaN.</summary>
    Error,

    /// <summary>The weighted mean of the training rows takes their place, in training and, inside the model's graph, in scoring.</summary>
    Mean,

    /// <summary>
    /// As <see cref="Mean"/>; besides, every feature that is missing in a training row gets an indicator feature: 1 where it is missing, 0 elsewhere.
    /// </summary>
    MeanAndIndicator,
}
