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

/// <summary>What a regression makes small. For errors e = label - prediction.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RegressionLoss>))]
public enum RegressionLoss
{
    /// <summary>e^2 / 2: predicts the mean.</summary>
    Squared,

    /// <summary>e^2 / 2 for small errors, linear for large ones: predicts the mean without the outliers.</summary>
    Huber,

    /// <summary>q e above 0 and (q - 1) e below: predicts the quantile q, the number that a share q of the labels lies below.</summary>
    Quantile,

    /// <summary>Half the Poisson deviance, for counts and rates of at least 0: predicts the mean, which is exp(raw score) and above 0.</summary>
    Poisson,
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
