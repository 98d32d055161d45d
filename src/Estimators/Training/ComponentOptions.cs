namespace MLExtensions.Estimators.Training;

/// <summary>The options that every component of this pack has.</summary>
/// <remarks>
/// Options are plain settable properties, so that they survive a JSON round trip and can be swept by AutoML.
/// </remarks>
public abstract class ComponentOptions
{
    /// <summary>Seed of the component's own random numbers; <see langword="null"/> derives it from the seed of the <see cref="Microsoft.ML.MLContext"/>.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public int? Seed { get; set; }

    /// <summary>Checks that every option lies in its range.</summary>
    /// <exception cref="ArgumentException">An option is outside its range; the message names the option, the range and the value.</exception>
    public virtual void Validate()
    {
    }
}
