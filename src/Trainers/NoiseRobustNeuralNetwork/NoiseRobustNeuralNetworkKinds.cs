using System.Text.Json.Serialization;

namespace MLExtensions.Trainers;

/// <summary>Settings of the defences of a <see cref="NoiseRobustNeuralNetworkTrainer"/> that belong together.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NoiseRobustPreset>))]
public enum NoiseRobustPreset
{
    /// <summary>Every defence as its own option says.</summary>
    Custom,

    /// <summary>Early-learning regularisation alone: lambda 3, beta 0.7. For tables in which some labels are wrong.</summary>
    EarlyLearning,

    /// <summary>Self-distillation alone: up to 0.8 of the target. For probabilities that can be taken at their word, where few labels are wrong.</summary>
    Calibrated,

    /// <summary>
    /// Early-learning regularisation, and two networks that teach each other and leave out as many rows as seem to be wrong. For tables in which a fifth of the labels or more is wrong, or nobody
    /// knows how many.
    /// </summary>
    HighNoise,
}

/// <summary>What is left out of the last hidden layer while a network is trained.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FeatureCompression>))]
public enum FeatureCompression
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Units at random, each for itself.</summary>
    Dropout,

    /// <summary>All units after the first k, with a k drawn for every batch: units become ordered by importance, and the fitted model keeps the first ones only.</summary>
    Nested,
}

/// <summary>When the predictions are made that self-distillation takes as targets of the next epoch.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TeacherRefresh>))]
public enum TeacherRefresh
{
    /// <summary>In the training steps themselves, at no cost: as the published code does.</summary>
    DuringEpoch,

    /// <summary>By a pass over all rows after each epoch, with the network as it is used later: as the paper says.</summary>
    EndOfEpoch,
}
