using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Key labels of every kind, and classes without rows.</summary>
public sealed class LabelContract
{
    [Theory, Trainers(PredictionTask.MulticlassClassification)]
    public void Predicted_labels_are_keys_like_the_label(ComponentCase component)
    {
        var ml = new MLContext(1);
        foreach (var (values, data) in Keys(ml))
        {
            var model = component.Fit(ml, data);
            var expected = Snapshot.Of(model.Transform(data));
            var (label, predicted) = (data.Schema["Label"], model.GetOutputSchema(data.Schema)["PredictedLabel"]);
            Assert.Equal(label.Type, predicted.Type);
            Assert.Equal(Cells.Annotations(label), Cells.Annotations(predicted));
            Assert.Equal(label.HasKeyValues(), predicted.HasKeyValues());
            Assert.Equal(((KeyDataViewType)label.Type).Count, (ulong)((VectorDataViewType)model.GetOutputSchema(data.Schema)["Score"].Type).Size);
            foreach (var (form, other) in Models.Forms(ml, model, data.Schema))
                Snapshot.AssertSame(expected, Snapshot.Of(other.Transform(data)), $"{values}, {form}");
            foreach (var (score, key) in expected["Score"].Zip(expected["PredictedLabel"]))
                Assert.Equal((uint)key!, 1 + (uint)Array.IndexOf((object?[])score!, ((object?[])score!).Max()));
        }
    }

    [Theory, Trainers(PredictionTask.MulticlassClassification)]
    public void Predicted_keys_map_back_to_their_values(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        foreach (var (_, model) in Models.Forms(ml, component.Fit(ml, data), data.Schema))
        {
            var predicted = model.Transform(data).Then(ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel")).GetColumn<string>("Name").ToArray();
            Assert.Equal(["setosa", "versicolor", "virginica"], predicted.Distinct().Order());
            Assert.True(predicted.Zip(TestRow.Create()).Count(row => row.First == row.Second.Species) > 350);
        }
    }

    [Theory, Trainers(PredictionTask.MulticlassClassification)]
    public void Scores_are_probabilities_named_after_the_classes(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(component.Data(ml));
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(["virginica", "setosa", "versicolor"], names.DenseValues().Select(name => name.ToString()));
        Assert.All(scored.GetColumn<float[]>("Score"), scores =>
        {
            Assert.All(scores, score => Assert.InRange(score, 0, 1));
            Assert.InRange(scores.Sum(), 1 - 1e-5, 1 + 1e-5);
        });
    }

    [Theory, Trainers(PredictionTask.MulticlassClassification)]
    public void A_class_without_rows_keeps_its_place_and_is_never_predicted(ComponentCase component)
    {
        var ml = new MLContext(1);
        var keys = ml.Transforms.Conversion.MapValueToKey("Label", "Species").Fit(component.Data(ml));
        var data = keys.Transform(component.Data(ml, [.. TestRow.Create().Where(row => row.Species != "setosa")]));
        var model = component.Fit(ml, data);
        var all = keys.Transform(component.Data(ml));
        foreach (var (form, other) in Models.Forms(ml, model, data.Schema))
        {
            var scored = Snapshot.Of(other.Transform(all), "PredictedLabel", "Score");
            Assert.True(scored["PredictedLabel"].All(key => key is 1u or 3u), form);
            Assert.All(scored["Score"], score => Assert.All((object?[])score!, value => Assert.True(float.IsFinite((float)value!))));
        }
    }

    [Theory, Trainers(PredictionTask.MulticlassClassification)]
    public void A_key_of_unknown_cardinality_is_refused(ComponentCase component)
    {
        var ml = new MLContext(1);
        var definition = SchemaDefinition.Create(typeof(RawKey));
        definition[nameof(RawKey.Label)].ColumnType = new KeyDataViewType(typeof(uint), uint.MaxValue);
        var data = ml.Data.LoadFromEnumerable(TestRow.Create(20).Select((row, i) => new RawKey { Features = row.Values, Label = (uint)(i % 3) }), definition);
        Errors.AssertSchemaError("Schema mismatch for label column 'Label': expected Key<UInt32> of known cardinality", () => component.Fit(ml, data));
    }

    [Theory, Trainers(PredictionTask.BinaryClassification)]
    public void Probabilities_and_labels_follow_from_the_log_odds(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = Snapshot.Of(component.Fit(ml).Transform(component.Data(ml)));
        for (var i = 0; i < scored.Ids.Count; i++)
        {
            var score = (float)scored["Score"][i]!;
            Assert.Equal(score > 0, scored["PredictedLabel"][i]);
            Assert.Equal(1 / (1 + Math.Exp(-score)), (float)scored["Probability"][i]!, 1e-6);
        }
        Assert.Contains(true, scored["PredictedLabel"]);
        Assert.Contains(false, scored["PredictedLabel"]);
    }

    private static IEnumerable<(string Values, IDataView Data)> Keys(MLContext ml)
    {
        var rows = TestRow.Create();
        var view = ml.Data.LoadFromEnumerable(rows.Changed((row, _) => row.Target = row.Species.Length / 2f));
        yield return ("texts", view.Then(ml.Transforms.Conversion.MapValueToKey("Label", "Species")));
        yield return ("texts by value", view.Then(ml.Transforms.Conversion.MapValueToKey("Label", "Species", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)));
        yield return ("numbers", view.Then(ml.Transforms.Conversion.MapValueToKey("Label", "Target")));
        yield return ("doubles", view.Then(ml.Transforms.Conversion.ConvertType("Label", "Target", DataKind.Double)).Then(ml.Transforms.Conversion.MapValueToKey("Label")));
        yield return ("dates", view.Then(ml.Transforms.CopyColumns("Label", "When")).Then(ml.Transforms.Conversion.MapValueToKey("Label", maximumNumberOfKeys: 700)));
        yield return ("truth values", view.Then(ml.Transforms.Conversion.MapValueToKey("Label", "Positive")));
        yield return ("none", ml.Data.LoadFromEnumerable(rows.Select(row => new RawKey { Features = row.Values, Label = (uint)row.Species.Length % 5 })));
    }

    private sealed class RawKey : TestCategories
    {
        [VectorType(TestRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        [KeyType(5)]
        public uint Label { get; set; }
    }
}
