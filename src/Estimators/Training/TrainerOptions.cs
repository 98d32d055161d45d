namespace MLExtensions.Estimators.Training;

/// <summary>The options that every trainer of this pack has: its input columns and its seed.</summary>
/// <remarks>
/// Options are plain settable properties, so that they survive a JSON round trip and can be swept by AutoML.
/// </remarks>
public abstract class TrainerOptions
{
    /// <summary>Name of the label column: Boolean for binary classification, key for multiclass classification, Single for regression.</summary>
    /// <value>The default value is <c>Label</c>.</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Name of the feature column, a known-size vector of <see cref="float"/>, dense or sparse.</summary>
    /// <value>The default value is <c>Features</c>.</value>
    public string FeatureColumnName { get; set; } = "Features";

    /// <summary>Name of the example weight column, a <see cref="float"/> of at least 0; <see langword="null"/> gives every row the weight 1.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>Seed of the trainer's own random numbers; <see langword="null"/> derives it from the seed of the <see cref="Microsoft.ML.MLContext"/>.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public int? Seed { get; set; }

    /// <summary>Checks that every option lies in its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range; the message names the option, the range and the value.</exception>
    public virtual void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(LabelColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(FeatureColumnName);
    }
}
