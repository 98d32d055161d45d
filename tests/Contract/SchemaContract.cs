using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Schemas before and after fitting, and ML.NET's own words when they do not fit.</summary>
public sealed class SchemaContract
{
    // Fits that are compared draw the same random numbers.
    private static readonly CaseOptions Seeded = new() { Seed = 5 };

    [Theory, Components]
    public void The_schema_before_fitting_is_the_schema_after(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var before = component.Create(ml).GetOutputSchema(MlNetAccess.ShapeOf(data.Schema));
        var model = component.Fit(ml, data);
        Assert.Equal(Describe(MlNetAccess.ShapeOf(model.GetOutputSchema(data.Schema))), Describe(before));
        Assert.Equal(Describe(MlNetAccess.ShapeOf(model.Transform(data).Schema)), Describe(before));
    }

    [Theory, Components]
    public void Input_columns_keep_their_places_and_outputs_follow(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var schema = component.Fit(ml, data).GetOutputSchema(data.Schema);
        Assert.Equal([.. data.Schema.Select(column => column.Name), .. component.Outputs], schema.Select(column => column.Name));
    }

    [Theory, Components]
    public void A_column_of_an_output_name_is_hidden_by_the_output(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml).Then(ml.Transforms.CopyColumns(component.ScoreColumn, "Id"));
        var before = component.Create(ml).GetOutputSchema(MlNetAccess.ShapeOf(data.Schema));
        var expected = Snapshot.Of(component.Fit(ml, null, Seeded).Transform(component.Data(ml)), component.Outputs);
        foreach (var (form, model) in Models.Forms(ml, component.Fit(ml, data, Seeded), data.Schema))
        {
            var scored = model.Transform(data);
            Assert.Equal(Describe(MlNetAccess.ShapeOf(scored.Schema)), Describe(before));
            // Stock ML.NET may put its Score where the hidden one was, so the order is free here.
            foreach (var output in component.Outputs)
                Snapshot.AssertSame(expected with { Columns = [.. expected.Columns.Where(column => column.Name == output)] }, Snapshot.Of(scored, output), form);
        }
    }

    /// <summary>Stock ML.NET makes a scalar by way of a column named Score: one that the view has must not get lost.</summary>
    [Theory, Components]
    public void A_score_that_is_no_output_survives_in_every_form(ComponentCase component)
    {
        if (component.Outputs.Contains("Score"))
            return;
        var ml = new MLContext(1);
        var data = component.Data(ml).Then(ml.Transforms.CopyColumns("Score", "Target"));
        var model = component.Fit(ml, data, Seeded);
        var expected = Snapshot.Of(model.Transform(data), ["Target", .. component.Outputs]);
        foreach (var (form, other) in Models.Forms(ml, model, data.Schema))
        {
            var scored = other.Transform(data);
            Snapshot.AssertSame(expected, Snapshot.Of(scored, ["Target", .. component.Outputs]), form);
            Assert.True(Snapshot.Of(data, "Target")["Target"].SequenceEqual(Snapshot.Of(scored, "Score")["Score"]), form);
            Assert.DoesNotContain(scored.Schema, column => column.Name.StartsWith("MLExtensions.", StringComparison.Ordinal));
        }
    }

    [Theory, Components]
    public void A_missing_feature_column_is_named(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml).Then(ml.Transforms.DropColumns("Features"));
        AssertRefused(component, ml, data, $"Could not find {component.FeatureRole} column 'Features'");
    }

    [Theory, Components]
    public void Another_feature_column_can_be_read(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml).Then(ml.Transforms.CopyColumns("Inputs", "Features")).Then(ml.Transforms.DropColumns("Features"));
        var options = Seeded with { Features = "Inputs" };
        AssertRefused(component, ml, component.Data(ml), $"Could not find {component.FeatureRole} column 'Inputs'", options);
        var expected = Snapshot.Of(component.Fit(ml, null, Seeded).Transform(component.Data(ml)), component.Outputs);
        foreach (var (form, model) in Models.Forms(ml, component.Fit(ml, data, options), data.Schema))
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(data), component.Outputs).Renamed("Inputs", "Features"), form);
    }

    [Theory, Trainers]
    public void Schema_errors_are_those_of_a_stock_trainer(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        CaseOptions options = new() { Weight = "Weight" };
        IDataView[] wrong =
        [
            .. new[] { "Features", "Label", "Weight" }.Select(column => data.Then(ml.Transforms.DropColumns(column))),
            data.Then(ml.Transforms.Conversion.ConvertType("Features", outputKind: DataKind.Double)),
            data.Then(ml.Transforms.CopyColumns("Features", "Measurements")),
            data.Then(ml.Transforms.CopyColumns("Features", "Target")),
            data.Then(ml.Transforms.CopyColumns("Label", "Id")),
            data.Then(ml.Transforms.Conversion.ConvertType("Label", "Target", DataKind.Double)),
            data.Then(ml.Transforms.CopyColumns("Label", "Features")),
            data.Then(ml.Transforms.CopyColumns("Weight", "Positive")),
            data.Then(ml.Transforms.CopyColumns("Weight", "Features")),
        ];
        foreach (var view in wrong)
        {
            var stock = Stock(ml, component.Task!.Value);
            var shape = MlNetAccess.ShapeOf(view.Schema);
            var expected = Assert.Throws<ArgumentOutOfRangeException>(() => stock.GetOutputSchema(shape));
            var message = expected.Message.Split(" (Parameter")[0];
            Errors.AssertSchemaError(message, () => component.Create(ml, options).GetOutputSchema(shape));
            Errors.AssertSchemaError(message, () => component.Create(ml, options).Fit(view));
        }
    }

    [Theory, Trainers]
    public void A_mistyped_label_is_named(ComponentCase component)
    {
        var (column, expected, found) = component.Task switch
        {
            PredictionTask.Regression => ("Positive", "Single", "Boolean"),
            PredictionTask.BinaryClassification => ("Target", "Boolean", "Single"),
            _ => ("Target", "Key<UInt32>", "Single"),
        };
        AssertRefused(
            component, new MLContext(1), component.Data(new MLContext(1)), $"Schema mismatch for label column '{column}': expected {expected}, got {found}", new() { Label = column });
    }

    [Theory, Components]
    public void A_vector_of_unknown_size_is_refused(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = CaseData.WithFeatures(ml, component.LabelTask, TestRow.Create(20), 0, row => row.Values);
        AssertRefused(component, ml, data, $"Schema mismatch for {component.FeatureRole} column 'Features'");
    }

    [Theory, Components]
    public void A_view_to_be_scored_needs_the_feature_column_as_it_was(ComponentCase component)
    {
        var ml = new MLContext(1);
        var model = component.Fit(ml);
        var rows = TestRow.Create(5);
        var data = component.Data(ml, rows);
        AssertNotScored(data.Then(ml.Transforms.DropColumns("Features")), $"Could not find {component.FeatureRole} column 'Features'");
        AssertNotScored(data.Then(ml.Transforms.Conversion.ConvertType("Features", outputKind: DataKind.Double)), $"Schema mismatch for {component.FeatureRole} column 'Features'");
        AssertNotScored(CaseData.WithFeatures(ml, component.LabelTask, rows, 3, row => row.Values[..3]), "'Features'");
        AssertNotScored(CaseData.WithFeatures(ml, component.LabelTask, rows, 8, row => [.. row.Values, .. row.Values]), "'Features'");

        void AssertNotScored(IDataView view, string message)
        {
            foreach (var action in new Action[] { () => model.GetOutputSchema(view.Schema), () => model.Transform(view), () => model.GetRowToRowMapper(view.Schema) })
            {
                var error = component.LabelTask is null ? Assert.ThrowsAny<Exception>(action) : Assert.Throws<ArgumentOutOfRangeException>(action);
                Assert.Contains(message, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory, Components]
    public void Null_arguments_are_refused(ComponentCase component)
    {
        var ml = new MLContext(1);
        var model = component.Fit(ml);
        Assert.ThrowsAny<ArgumentException>(() => component.Create(ml).Fit(null!));
        Assert.ThrowsAny<ArgumentException>(() => component.Create(ml).GetOutputSchema(null!));
        Assert.ThrowsAny<ArgumentException>(() => model.Transform(null!));
        Assert.ThrowsAny<ArgumentException>(() => model.GetOutputSchema(null!));
        Assert.ThrowsAny<ArgumentException>(() => model.GetRowToRowMapper(null!));
    }

    private static void AssertRefused(ComponentCase component, MLContext ml, IDataView data, string message, CaseOptions? options = null)
    {
        Errors.AssertSchemaError(message, () => component.Create(ml, options).GetOutputSchema(MlNetAccess.ShapeOf(data.Schema)));
        Errors.AssertSchemaError(message, () => component.Create(ml, options).Fit(data));
    }

    private static IEstimator<ITransformer> Stock(MLContext ml, PredictionTask task) => task switch
    {
        PredictionTask.Regression => ml.Regression.Trainers.Sdca(exampleWeightColumnName: "Weight"),
        PredictionTask.BinaryClassification => ml.BinaryClassification.Trainers.SdcaLogisticRegression(exampleWeightColumnName: "Weight"),
        _ => ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(exampleWeightColumnName: "Weight"),
    };

    private static IEnumerable<string> Describe(SchemaShape shape)
        => shape.OrderBy(column => column.Name, StringComparer.Ordinal).Select(column => $"{column.Name}: {column.Kind} {column.ItemType} key={column.IsKey} [{string.Join(", ", Describe(column.Annotations))}]");
}
