using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>Views of <see cref="TestRow"/>s with the columns Label and Features that a task asks for.</summary>
internal static class CaseData
{
    public static IDataView View(MLContext ml, PredictionTask? task, params TestRow[] rows)
        => Labelled(ml, task, ml.Data.LoadFromEnumerable(rows));

    /// <summary>A view whose categorical column Group has another cardinality, or an unknown one.</summary>
    public static IDataView WithGroups(MLContext ml, PredictionTask? task, TestRow[] rows, ulong count)
    {
        var definition = SchemaDefinition.Create(typeof(TestRow));
        definition[nameof(TestRow.Group)].ColumnType = new KeyDataViewType(typeof(uint), count);
        return Labelled(ml, task, ml.Data.LoadFromEnumerable(rows, definition));
    }

    /// <summary>Fits one stock transform and applies it.</summary>
    public static IDataView Then(this IDataView view, IEstimator<ITransformer> transform) => transform.Fit(view).Transform(view);

    /// <summary>A copy of the rows with one of them, or all, changed.</summary>
    public static TestRow[] Changed(this TestRow[] rows, Action<TestRow, int> change)
    {
        for (var i = 0; i < rows.Length; i++)
            change(rows[i], i);
        return rows;
    }

    /// <summary>A view whose Features are vectors of another declared size, or of unknown size where it is 0.</summary>
    public static IDataView WithFeatures(MLContext ml, PredictionTask? task, TestRow[] rows, int size, Func<TestRow, float[]> features)
    {
        var definition = SchemaDefinition.Create(typeof(OtherFeatures));
        definition[nameof(OtherFeatures.Features)].ColumnType = size == 0
            ? new VectorDataViewType(NumberDataViewType.Single)
            : new VectorDataViewType(NumberDataViewType.Single, size);
        return Labelled(ml, task, ml.Data.LoadFromEnumerable(
            rows.Select(row => new OtherFeatures { Features = features(row), Positive = row.Positive, Species = row.Species, Target = row.Target }).ToArray(), definition));
    }

    private static IDataView Labelled(MLContext ml, PredictionTask? task, IDataView view) => task switch
    {
        PredictionTask.BinaryClassification => view.Then(ml.Transforms.CopyColumns("Label", nameof(TestRow.Positive))),
        PredictionTask.MulticlassClassification => view.Then(ml.Transforms.Conversion.MapValueToKey("Label", nameof(TestRow.Species))),
        _ => view.Then(ml.Transforms.CopyColumns("Label", nameof(TestRow.Target))),
    };

    private sealed class OtherFeatures : TestCategories
    {
        public float[] Features { get; set; } = [];

        public bool Positive { get; set; }

        public string Species { get; set; } = "";

        public float Target { get; set; }
    }
}
