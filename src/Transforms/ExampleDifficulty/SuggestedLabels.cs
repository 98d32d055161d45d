using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Transforms;

/// <summary>Classes as a column of the label's type.</summary>
internal static class SuggestedLabels
{
    /// <summary>The column to add.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="label">The label column, Boolean or key.</param>
    /// <param name="classes">Index of the class of each row, from 0; -1 for none.</param>
    public static AppendedColumn Column(string name, DataViewSchema.Column label, IReadOnlyList<int> classes) => label.Type is BooleanDataViewType
        ? new AppendedColumn<bool>(name, label.Type, [.. classes.Select(k => k == 1)])
        // Keys count from 1.
        : new AppendedColumn<uint>(name, label.Type, [.. classes.Select(k => (uint)(k + 1))]) { Annotations = label.Annotations };
}
