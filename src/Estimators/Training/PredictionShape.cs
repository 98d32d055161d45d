using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using static Microsoft.ML.SchemaShape.Column.VectorKind;

namespace MLExtensions.Estimators.Training;

/// <summary>The prediction columns of a task as ML.NET sees them before fitting.</summary>
internal static class PredictionShape
{
    private static readonly SchemaShape ScoreAnnotations = new(
    [
        MlNetAccess.ShapeColumn("ScoreColumnSetId", Scalar, NumberDataViewType.UInt32, isKey: true),
        MlNetAccess.ShapeColumn("ScoreColumnKind", Scalar, TextDataViewType.Instance, isKey: false),
        MlNetAccess.ShapeColumn("ScoreValueKind", Scalar, TextDataViewType.Instance, isKey: false),
    ]);

    private static readonly SchemaShape ProbabilityAnnotations = new(
    [
        .. ScoreAnnotations,
        MlNetAccess.ShapeColumn("IsNormalized", Scalar, BooleanDataViewType.Instance, isKey: false),
    ]);

    /// <summary>The columns after a trainer.</summary>
    public static SchemaShape After(SchemaShape before, PredictionTask task, SchemaShape.Column label)
    {
        var added = Columns(task, label);
        return new SchemaShape(before.Where(column => added.All(other => other.Name != column.Name)).Concat(added));
    }

    private static SchemaShape.Column[] Columns(PredictionTask task, SchemaShape.Column label) => task switch
    {
        PredictionTask.Regression => [MlNetAccess.ShapeColumn("Score", Scalar, NumberDataViewType.Single, false, ScoreAnnotations)],
        PredictionTask.BinaryClassification =>
        [
            MlNetAccess.ShapeColumn("PredictedLabel", Scalar, BooleanDataViewType.Instance, false, ScoreAnnotations),
            MlNetAccess.ShapeColumn("Score", Scalar, NumberDataViewType.Single, false, ScoreAnnotations),
            MlNetAccess.ShapeColumn("Probability", Scalar, NumberDataViewType.Single, false, ProbabilityAnnotations),
        ],
        _ => Multiclass(label),
    };

    private static SchemaShape.Column[] Multiclass(SchemaShape.Column label)
    {
        var keyValues = label.Annotations.Where(annotation => annotation.Name == AnnotationKinds.KeyValues).ToArray();
        var slotNames = keyValues.Where(annotation => annotation.ItemType is TextDataViewType)
            .Select(_ => SlotNames.Shape());
        return
        [
            MlNetAccess.ShapeColumn("PredictedLabel", Scalar, NumberDataViewType.UInt32, true, new SchemaShape(keyValues)),
            MlNetAccess.ShapeColumn("Score", Vector, NumberDataViewType.Single, false, new SchemaShape(slotNames)),
        ];
    }
}
