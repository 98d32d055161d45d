using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Categorical columns: keys of every kind, missing and unknown ones, and columns that are none. All other contracts run with two such columns.</summary>
public sealed class CategoryContract
{
    private static readonly string[] Species = ["setosa", "versicolor", "virginica"];
    private static readonly CaseOptions OneColumn = new() { Categories = ["Group"], Seed = 5 };

    [Theory, CategoricalTrainers]
    public void A_category_that_tells_the_label_is_learned_and_read_in_every_form(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, Telling());
        foreach (var (form, model) in Models.Forms(ml, component.Fit(ml, data, OneColumn), data.Schema))
        {
            var scored = model.Transform(data);
            var quality = component.Task switch
            {
                PredictionTask.Regression => ml.Regression.Evaluate(scored).RSquared,
                PredictionTask.BinaryClassification => ml.BinaryClassification.Evaluate(scored).AreaUnderRocCurve,
                _ => ml.MulticlassClassification.Evaluate(scored).MicroAccuracy,
            };
            // Nothing else tells the label: the features are the same in all rows.
            Assert.True(quality > (component.Task == PredictionTask.Regression ? 0.5 : 0.95), $"{form}: {quality}");
        }
    }

    [Theory, Categorical]
    public void A_key_that_training_did_not_know_scores_like_a_missing_one(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, Telling());
        var rows = Telling().Changed((row, i) => row.Group = (uint)(i % 9));
        IDataView missing = component.Data(ml, rows), unknown = CaseData.WithGroups(ml, component.LabelTask, rows, 9);
        Assert.Equal([1u, 2, 3, 4, 5, 0, 0, 0, 0], missing.GetColumn<uint>("Group").Take(9));
        Assert.Equal([1u, 2, 3, 4, 5, 6, 7, 8, 9], unknown.GetColumn<uint>("Group").Take(9));
        foreach (var (form, model) in Models.Forms(ml, component.Fit(ml, data, OneColumn), data.Schema))
        {
            var expected = Snapshot.Of(model.Transform(missing), component.Outputs);
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(unknown), component.Outputs), form);
            Snapshot.AssertSame(expected with { Columns = [expected.Columns[^1]] }, Only(Snapshot.OfRows(model, unknown), component.Outputs[^1]), form);
            Assert.False(Cells.Same(expected["Score"][1], expected["Score"][5], 1e-3), $"{form}: {Cells.Text(expected["Score"][1])} with and without a category");
        }
    }

    [Theory, Categorical]
    public void A_key_of_fewer_values_is_scored(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, Telling());
        var fewer = CaseData.WithGroups(ml, component.LabelTask, Telling(), 3);
        foreach (var (form, model) in Models.Forms(ml, component.Fit(ml, data, OneColumn), data.Schema))
            Snapshot.AssertSame(Snapshot.Of(model.Transform(data), component.Outputs), Snapshot.Of(model.Transform(fewer), component.Outputs), form);
    }

    [Theory, Categorical]
    public void Missing_keys_are_trained_on(ComponentCase component)
    {
        var ml = new MLContext(1);
        foreach (var isMissing in new Func<int, bool>[] { i => i % 3 == 0, _ => true })
        {
            var data = component.Data(ml, TestRow.Create().Changed((row, i) => row.Group = isMissing(i) ? uint.MaxValue : row.Group));
            var model = component.Fit(ml, data, OneColumn);
            var expected = Snapshot.Of(model.Transform(data), component.Outputs);
            Assert.All(expected["Score"], score => Assert.All(score as object?[] ?? [score], value => Assert.True(float.IsFinite((float)value!))));
            foreach (var (form, other) in Models.Forms(ml, model, data.Schema))
                Snapshot.AssertSame(expected, Snapshot.Of(other.Transform(data), component.Outputs), form);
        }
    }

    [Theory, Categorical]
    public void Keys_of_every_width_give_the_same_scores(ComponentCase component)
    {
        var ml = new MLContext(1);
        var expected = Snapshot.Of(component.Fit(ml, component.Data(ml), OneColumn).Transform(component.Data(ml)), component.Outputs);
        foreach (var kind in new[] { DataKind.Byte, DataKind.UInt16, DataKind.UInt64 })
        {
            var data = component.Data(ml).Then(ml.Transforms.Conversion.ConvertType("Group", outputKind: kind));
            Assert.NotEqual(typeof(uint), Assert.IsType<KeyDataViewType>(data.Schema["Group"].Type).RawType);
            foreach (var (form, model) in Models.Forms(ml, component.Fit(ml, data, OneColumn), data.Schema))
            {
                Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(data), component.Outputs), $"{kind}, {form}");
                Snapshot.AssertSame(Snapshot.Of(model.Transform(data)), Snapshot.OfRows(model, data), $"{kind}, {form}");
                Assert.Throws<ArgumentOutOfRangeException>(() => model.GetOutputSchema(component.Data(ml).Schema));
            }
        }
    }

    [Theory, Categorical]
    public void What_is_no_scalar_key_is_refused_by_name(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data, OneColumn);
        foreach (var (found, view) in new[]
        {
            ("Single", data.Then(ml.Transforms.CopyColumns("Group", "Target"))),
            ("String", data.Then(ml.Transforms.CopyColumns("Group", "Id"))),
            ("UInt32", data.Then(ml.Transforms.Conversion.ConvertType("Group", "Id", DataKind.UInt32))),
            ("Vector<Key<UInt32>", data.Then(ml.Transforms.Conversion.MapValueToKey("Group", "Words"))),
            ("Vector<Single", data.Then(ml.Transforms.CopyColumns("Group", "Features"))),
        })
        {
            AssertRefused(view, $"Schema mismatch for categorical column 'Group': expected a scalar key such as Key<UInt32>, got {found}");
            AssertNotScored(view, "Schema mismatch for categorical column 'Group': expected Key<UInt32>");
        }
        var missing = data.Then(ml.Transforms.DropColumns("Group"));
        AssertRefused(missing, "Could not find categorical column 'Group'");
        AssertNotScored(missing, "Could not find categorical column 'Group'");
        var unbounded = CaseData.WithGroups(ml, component.LabelTask, TestRow.Create(), uint.MaxValue);
        Errors.AssertSchemaError("Schema mismatch for categorical column 'Group': expected Key<UInt32> of known cardinality", () => component.Fit(ml, unbounded, OneColumn));

        void AssertRefused(IDataView view, string message)
        {
            Errors.AssertSchemaError(message, () => component.Create(ml, OneColumn).GetOutputSchema(MlNetAccess.ShapeOf(view.Schema)));
            Errors.AssertSchemaError(message, () => component.Fit(ml, view, OneColumn));
        }

        void AssertNotScored(IDataView view, string message)
        {
            foreach (var action in new Action[] { () => model.GetOutputSchema(view.Schema), () => model.Transform(view), () => model.GetRowToRowMapper(view.Schema) })
                Errors.AssertSchemaError(message, action);
        }
    }

    [Theory, Categorical]
    public void A_column_has_one_role_only(ComponentCase component)
    {
        var ml = new MLContext(1);
        foreach (var (names, problem) in new (string[], string)[]
        {
            (["Group", "Shade", "Group"], "'Group' is named twice"), (["Label"], "'Label' is the label column"), (["Group", "Features"], "'Features' is the feature column"),
            (["Weight"], "'Weight' is the weight column"), (["Group", ""], "no name empty"), ([null!], "no name empty"),
        })
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => component.Create(ml, OneColumn with { Categories = names, Weight = "Weight" }));
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            Assert.Equal("CategoricalColumnNames", error.ParamName);
        }
    }

    [Theory, Categorical]
    public void Without_categorical_columns_none_is_read(ComponentCase component)
    {
        var ml = new MLContext(1);
        var options = OneColumn with { Categories = [] };
        var data = component.Data(ml).Then(ml.Transforms.DropColumns(TestCategories.Names));
        var model = component.Fit(ml, data, options);
        Models.AssertSameState(model, component.Fit(ml, component.Data(ml), options));
        foreach (var (form, other) in Models.Forms(ml, model, data.Schema))
        {
            Snapshot.AssertSame(Snapshot.Of(model.Transform(data)), Snapshot.Of(other.Transform(data)), form);
            Snapshot.AssertSame(Snapshot.Of(model.Transform(data)), Snapshot.OfRows(other, data), form);
        }
    }

    [Theory, Categorical]
    public void Texts_become_keys_in_a_pipeline_and_unknown_ones_are_missing(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, Telling());
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Kind", "Species").Append(component.Create(ml, OneColumn with { Categories = ["Kind", "Shade"] }));
        var fitted = pipeline.Fit(data);
        var other = component.Data(ml, Telling().Changed((row, i) => row.Species = i % 2 == 0 ? "nigra" : row.Species));
        var expected = Snapshot.Of(fitted.Transform(other));
        Assert.Equal([0u, 2u, 0u, 1u], expected["Kind"].Take(4));
        foreach (var (form, model) in Models.Forms(ml, fitted, data.Schema))
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(other)), form);
    }

    /// <summary>As with every stock component that reads keys: values are not compared, whoever maps them again maps them otherwise.</summary>
    [Theory, Categorical]
    public void Keys_are_positions_whatever_their_values(ComponentCase component)
    {
        var ml = new MLContext(1);
        var options = OneColumn with { Categories = ["Kind"] };
        var data = component.Data(ml, Telling());
        var inOrder = Mapping(ValueToKeyMappingEstimator.KeyOrdinality.ByOccurrence);
        var byName = Mapping(ValueToKeyMappingEstimator.KeyOrdinality.ByValue);
        var model = component.Fit(ml, inOrder.Transform(data), options);
        // By occurrence: virginica, setosa, versicolor; by name: setosa, versicolor, virginica.
        var renamed = component.Data(ml, Telling().Changed((row, _) => row.Species = row.Species switch { "setosa" => "virginica", "versicolor" => "setosa", _ => "versicolor" }));
        Snapshot.AssertSame(
            Snapshot.Of(model.Transform(inOrder.Transform(renamed)), component.Outputs), Snapshot.Of(model.Transform(byName.Transform(data)), component.Outputs));

        ITransformer Mapping(ValueToKeyMappingEstimator.KeyOrdinality order)
            => ml.Transforms.Conversion.MapValueToKey("Kind", "Species", keyOrdinality: order).Fit(component.Data(ml, Telling()));
    }

    // The group tells everything, the features nothing.
    private static TestRow[] Telling() => TestRow.Create().Changed((row, _) =>
    {
        row.Values = [1, 2, 3, 4];
        row.Group = (uint)Array.IndexOf(Species, row.Species);
        row.Target = 2 * row.Group;
    });

    private static Snapshot Only(Snapshot snapshot, string column) => snapshot with { Columns = [.. snapshot.Columns.Where(other => other.Name == column)] };
}
