using Microsoft.ML;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Estimators.Data;

/// <summary>Names of the columns that a component learns from; a role that it does not have is <see langword="null"/>.</summary>
internal sealed record ColumnRoles(string? Features, string? Label = null, string? Weight = null)
{
    /// <summary>The columns that were joined into <see cref="Features"/>, in their order; empty where it is the user's own column.</summary>
    public IReadOnlyList<FeatureInput> JoinedColumns { get; init; } = [];

    /// <summary>The columns that are read as categories, in the order of the options.</summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>The user's column that a feature was read from, and its position there.</summary>
    public (DataViewSchema.Column Column, int Slot) SourceOf(int feature, DataViewSchema schema)
    {
        var slot = feature;
        foreach (var column in JoinedColumns)
        {
            if (slot < column.Width)
                return (schema[column.Name], slot);
            slot -= column.Width;
        }
        return (schema[Features!], feature);
    }
}
