using System.Text.Json.Serialization;

namespace MLExtensions.Transforms;

/// <summary>
/// What a <see cref="TJepaFeaturizer"/> gives of a row. With R tokens that stand for no column ([REG]), D columns and tokens of h numbers. Raw are the columns themselves, before all
/// else: scaled numbers, the mean in place of missing ones, and for each category, missing or unknown ones first, an indicator of 0 or 1.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<TJepaOutput>))]
public enum TJepaOutput
{
    /// <summary>All tokens one after the other: (R + D) h numbers.</summary>
    Flatten,

    /// <summary>The mean of the tokens: h numbers.</summary>
    MeanTokens,

    /// <summary>The mean of the tokens that stand for no column: h numbers. Not with <see cref="TJepaFeaturizer.Options.RegTokens"/> of 0.</summary>
    Reg,

    /// <summary><see cref="MeanTokens"/> and <see cref="Reg"/>: 2 h numbers.</summary>
    MeanAndReg,

    /// <summary>The raw columns and <see cref="Flatten"/>.</summary>
    RawAndFlatten,

    /// <summary>The raw columns and <see cref="MeanTokens"/>.</summary>
    RawAndMeanTokens,

    /// <summary>The raw columns and <see cref="Reg"/>.</summary>
    RawAndReg,

    /// <summary>The raw columns, <see cref="MeanTokens"/> and <see cref="Reg"/>.</summary>
    RawAndMeanAndReg,
}
