using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>What a fitted trainer reads and predicts: task, feature and categorical columns, and the classes of a multiclass label.</summary>
internal sealed record PredictionSignature(PredictionTask Task, string FeatureColumnName, int FeatureCount, KeyValues? Labels)
{
    public VectorDataViewType FeatureColumnType { get; } = new(NumberDataViewType.Single, FeatureCount);

    /// <summary>The categorical columns, in the order of the model.</summary>
    public IReadOnlyList<CategoricalInput> Categories { get; init; } = [];

    /// <summary>The columns that are read: the graph's inputs.</summary>
    public IEnumerable<string> InputNames => Categories.Select(category => category.Name).Prepend(FeatureColumnName);

    /// <summary>Number of classes: 2 for binary, the cardinality of the key for multiclass classification, 0 for regression.</summary>
    public int ClassCount => Task == PredictionTask.BinaryClassification ? 2 : Labels?.Count ?? 0;

    /// <summary>Checks the feature and categorical columns of a view that is to be scored.</summary>
    public void CheckInput(DataViewSchema inputSchema)
    {
        var column = inputSchema.Require("feature", FeatureColumnName);
        if (column.Type is not VectorDataViewType { ItemType: NumberDataViewType item } vector
            || item != NumberDataViewType.Single || vector.Size != FeatureCount)
        {
            throw SchemaErrors.Mismatch("feature", FeatureColumnName, FeatureColumnType.ToString(), column.Type.ToString()!);
        }
        foreach (var category in Categories)
            category.Check(inputSchema);
    }
}
