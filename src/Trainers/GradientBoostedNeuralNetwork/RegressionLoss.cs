using System.Text.Json.Serialization;

namespace MLExtensions.Trainers;

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
