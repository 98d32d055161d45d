namespace MLExtensions.Estimators.Training;

/// <summary>The options of a trainer that learns from categorical columns beside the features.</summary>
public abstract class CategoricalTrainerOptions : TrainerOptions
{
    /// <summary>
    /// Names of the categorical columns: scalar keys of known cardinality (up to 2^24 values), as <c>Conversion.MapValueToKey</c> makes them, of type byte, ushort,
    /// uint or ulong. A missing key, and at scoring one above the cardinality in training, is a category of its own. <see langword="null"/> or empty for none.
    /// </summary>
    /// <remarks>Keys are positions: apply the <c>MapValueToKey</c> that was fitted for training to whatever is scored.</remarks>
    /// <value>The default value is <see langword="null"/>.</value>
    public string[]? CategoricalColumnNames { get; set; }

    internal override IReadOnlyList<string> CategoricalColumns => CategoricalColumnNames ?? [];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Dictionary<string, string> roles = [];
        roles[LabelColumnName] = "the label column";
        roles[FeatureColumnName] = "the feature column";
        if (ExampleWeightColumnName is { } weight)
            roles[weight] = "the weight column";
        foreach (var name in CategoricalColumns)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentException($"{nameof(CategoricalColumnNames)} must leave no name empty.", nameof(CategoricalColumnNames));
            if (!roles.TryAdd(name, "named twice"))
                throw new ArgumentException($"{nameof(CategoricalColumnNames)} must name each column once and none of another role; '{name}' is {roles[name]}.", nameof(CategoricalColumnNames));
        }
    }
}
