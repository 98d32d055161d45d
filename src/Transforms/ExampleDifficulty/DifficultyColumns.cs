using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using static Microsoft.ML.SchemaShape.Column.VectorKind;

namespace MLExtensions.Transforms;

/// <summary>The columns that scoring reads and adds.</summary>
internal static class DifficultyColumns
{
    /// <summary>What the label asks for: binary classification if it is Boolean, multiclass classification if it is a key.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static PredictionTask TaskOf(SchemaShape schema, string label)
    {
        var found = schema.FirstOrDefault(column => column.Name == label);
        if (found.Name is null)
            throw SchemaErrors.NotFound("label", label);
        if (found.Kind == Scalar && found.ItemType is BooleanDataViewType)
            return PredictionTask.BinaryClassification;
        return found.Kind == Scalar && found.IsKey && found.ItemType.Equals(NumberDataViewType.UInt32)
            ? PredictionTask.MulticlassClassification
            : throw SchemaErrors.Mismatch("label", label, "Boolean or Key<UInt32>", found.Describe());
    }

    /// <summary>Checks the columns to read, and gives all columns after the transform.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public static SchemaShape After(SchemaShape before, ExampleDifficultyEstimator.Options options)
    {
        // Features first, as ML.NET's trainers do.
        before.Require("feature", options.FeatureColumnName, Vector, NumberDataViewType.Single);
        var task = TaskOf(before, options.LabelColumnName);
        var label = TrainingColumns.Check(before, task, options);
        SchemaShape keyValues = new(label.Annotations.Where(annotation => annotation.Name == AnnotationKinds.KeyValues));
        SchemaShape.Column Number(string name) => MlNetAccess.ShapeColumn(name, Scalar, NumberDataViewType.Single, isKey: false);
        SchemaShape.Column[] added =
        [
            Number(options.DifficultyColumnName), Number(options.DifficultyStdColumnName),
            MlNetAccess.ShapeColumn(options.SuggestedLabelColumnName, Scalar, label.ItemType, label.IsKey, keyValues), Number(options.SuggestedLabelProbabilityColumnName),
        ];
        return new(before.Where(column => added.All(other => other.Name != column.Name)).Concat(added));
    }

    /// <summary>Checks that columns can be added: their names are there and differ, from those of the columns to read too.</summary>
    /// <exception cref="ArgumentException">They are not or do not.</exception>
    public static void RequireNames(IReadOnlyCollection<string> added, IReadOnlyCollection<string?> read)
    {
        if (added.Any(string.IsNullOrWhiteSpace) || added.Distinct().Count() < added.Count)
            throw new ArgumentException($"The columns to add need names that are not empty and differ, found {string.Join(", ", added.Select(name => $"'{name}'"))}.", nameof(added));
        if (added.FirstOrDefault(read.Contains) is { } clash)
            throw new ArgumentException($"The column to add '{clash}' is one that is read; give it another name.", nameof(added));
    }

    /// <summary>The inputs of a model for these data.</summary>
    public static IReadOnlyList<FeatureInput> Inputs(TrainingData data) =>
    [
        new(data.Roles.Features!, data.FeatureCount),
        .. data.CategoricalColumns.Select(column => new FeatureInput(column.Name, null) { CategoryCount = column.Count, ElementType = CategoricalInput.ElementTypeOf(column.Type) }),
        new(data.Roles.Label!, null) { CategoryCount = data.ClassCount, ElementType = data.Labels is null ? OnnxElementType.Bool : OnnxElementType.UInt32, IsLabel = true },
    ];

    /// <summary>The outputs of a model.</summary>
    public static IReadOnlyList<FeatureOutput> Outputs(ExampleDifficultyEstimator.Options options) =>
    [
        new(options.DifficultyColumnName, null), new(options.DifficultyStdColumnName, null),
        new(options.SuggestedLabelColumnName, null) { IsLabel = true }, new(options.SuggestedLabelProbabilityColumnName, null),
    ];
}
