using System.Text.Json.Serialization;

namespace MLExtensions.Trainers;

/// <summary>The function that a hidden unit of a network applies to its weighted sum z.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HiddenActivation>))]
public enum HiddenActivation
{
    /// <summary>1 / (1 + exp(-z)), between 0 and 1.</summary>
    Logistic,

    /// <summary>The hyperbolic tangent, between -1 and 1.</summary>
    Tanh,

    /// <summary>max(0, z).</summary>
    Relu,

    /// <summary>z times the normal distribution function of z: a smooth <see cref="Relu"/>. Source: D. Hendrycks, K. Gimpel, arXiv:1606.08415 (2016), the exact form.</summary>
    Gelu,

    /// <summary>z times the logistic function of z, also called swish. Source: S. Elfwing, E. Uchibe, K. Doya, arXiv:1702.03118 (2017).</summary>
    Silu,
}
