namespace MLExtensions.Estimators.Training;

/// <summary>The options that every trainer of this pack has: its input columns and its seed.</summary>
public abstract class TrainerOptions : ComponentOptions
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

    /// <summary>The columns that are read as categories; empty unless the options are <see cref="CategoricalTrainerOptions"/>.</summary>
    internal virtual IReadOnlyList<string> CategoricalColumns => [];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        ArgumentException.ThrowIfNullOrWhiteSpace(LabelColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(FeatureColumnName);
    }
}
