using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Estimators.Training;

/// <summary>The columns that a trainer reads, checked in ML.NET's order and words.</summary>
internal static class TrainingColumns
{
    // A key whose cardinality is unknown to ML.NET has the largest count of its type: no model has that many classes.
    private const ulong MaxClasses = 1 << 20;

    // Categories up to here are exact as float, too, and a table with a row for each of them fits in memory.
    private const ulong MaxCategories = 1 << 24;

    /// <summary>Checks the columns and gives the label column.</summary>
    public static SchemaShape.Column Check(SchemaShape schema, PredictionTask task, TrainerOptions options)
    {
        const SchemaShape.Column.VectorKind Scalar = SchemaShape.Column.VectorKind.Scalar;
        schema.Require("feature", options.FeatureColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single);
        if (options.ExampleWeightColumnName is { } weight)
            schema.Require("weight", weight, Scalar, NumberDataViewType.Single);
        foreach (var name in options.CategoricalColumns)
            schema.RequireKey("categorical", name);
        return task switch
        {
            PredictionTask.Regression => schema.Require("label", options.LabelColumnName, Scalar, NumberDataViewType.Single),
            PredictionTask.BinaryClassification => schema.Require("label", options.LabelColumnName, Scalar, BooleanDataViewType.Instance),
            _ => schema.Require("label", options.LabelColumnName, Scalar, NumberDataViewType.UInt32, isKey: true),
        };
    }

    /// <summary>Checks what only a schema with types knows: how many classes the label and how many values the categorical columns have.</summary>
    public static void CheckSizes(DataViewSchema schema, PredictionTask task, TrainerOptions options)
    {
        if (task == PredictionTask.MulticlassClassification)
            CheckCount("label", schema[options.LabelColumnName], MaxClasses, "classes");
        foreach (var name in options.CategoricalColumns)
            CheckCategories("categorical", schema[name]);
    }

    /// <summary>Checks how many values a column of categories has.</summary>
    public static void CheckCategories(string role, DataViewSchema.Column column) => CheckCount(role, column, MaxCategories, "values");

    private static void CheckCount(string role, DataViewSchema.Column column, ulong most, string what)
    {
        var type = (KeyDataViewType)column.Type;
        if (type.Count > most)
            throw SchemaErrors.Mismatch(role, column.Name, $"Key<{type.RawType.Name}> of known cardinality, at most {most} {what}", type.ToString());
    }
}
