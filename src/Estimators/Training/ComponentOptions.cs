using System.Text.Json;

namespace MLExtensions.Estimators.Training;

/// <summary>The options that every component of this pack has.</summary>
/// <remarks>
/// Options are plain settable properties, so that they survive a JSON round trip and can be swept by AutoML.
/// </remarks>
public abstract class ComponentOptions
{
    /// <summary>Seed of the component's own random numbers; <see langword="null"/> derives it from the seed of the <see cref="Microsoft.ML.MLContext"/>.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [NotSwept("chance, not a setting")]
    public int? Seed { get; set; }

    /// <summary>Checks that every option lies in its range.</summary>
    /// <exception cref="ArgumentException">An option is outside its range; the message names the option, the range and the value.</exception>
    public virtual void Validate()
    {
    }

    /// <summary>A copy that shares nothing with the options: later changes of either do not reach the other.</summary>
    /// <typeparam name="TOptions">The component's options.</typeparam>
    internal static TOptions CopyOf<TOptions>(TOptions options)
        where TOptions : ComponentOptions
        => JsonSerializer.Deserialize<TOptions>(JsonSerializer.Serialize(options))!;

    /// <summary>Refuses an option that is outside its range.</summary>
    /// <param name="condition">Whether the option is inside its range.</param>
    /// <param name="option">Name of the option.</param>
    /// <param name="expected">The range in words, to follow the name.</param>
    /// <param name="value">What the option was set to.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="condition"/> is <see langword="false"/>.</exception>
    protected static void Require(bool condition, string option, string expected, object? value)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(option, value, $"{option} {expected}.");
    }
}
