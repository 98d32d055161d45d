using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Rows and tables that cannot be trained on, or only just.</summary>
public sealed class BadInputContract
{
    [Theory, Learners]
    public void Missing_features_have_the_declared_outcome(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, TestRow.Create().Changed((row, i) => row.Values = i % 9 == 3 ? [float.NaN, .. row.Values[1..]] : row.Values));
        if (component.Says.TrainsOnMissingValues)
            AssertFinite(component, component.Fit(ml, data).Transform(component.Data(ml)));
        else
            Errors.AssertDataError(() => component.Fit(ml, data), "'Features'", "row 3");
    }

    [Theory, Learners]
    public void An_infinite_feature_is_refused_with_column_and_row(ComponentCase component)
    {
        var ml = new MLContext(1);
        foreach (var value in new[] { float.PositiveInfinity, float.NegativeInfinity })
        {
            foreach (var sparse in new[] { false, true })
            {
                float[] values = [0, 0, value, 0];
                var data = component.Data(ml, TestRow.Create().Changed((row, i) =>
                {
                    if (i == 17)
                        row.Features = sparse ? new(4, 1, [value], [2]) : new(4, values);
                }));
                Errors.AssertDataError(() => component.Fit(ml, data), "'Features'", "row 17", "slot 2", "Infinity");
            }
        }
    }

    [Theory, Trainers(PredictionTask.Regression)]
    public void An_infinite_target_is_refused_with_column_and_row(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, TestRow.Create().Changed((row, i) => row.Target = i == 23 ? float.NegativeInfinity : row.Target));
        Errors.AssertDataError(() => component.Fit(ml, data), "'Label'", "row 23", "-Infinity");
    }

    [Theory, Learners]
    public void A_training_set_without_rows_is_refused(ComponentCase component)
    {
        var ml = new MLContext(1);
        Errors.AssertDataError(() => component.Fit(ml, ml.Data.SkipRows(component.Data(ml), 700)), "no rows");
    }

    [Theory, Components]
    public void A_view_without_rows_can_be_scored(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        foreach (var (form, model) in Models.Forms(ml, component.Fit(ml, data), data.Schema))
        {
            var scored = Snapshot.Of(model.Transform(ml.Data.SkipRows(data, 700)));
            Assert.True(scored.Ids.Count == 0, form);
            Assert.Equal(model.GetOutputSchema(data.Schema).Count(column => !column.IsHidden), scored.Columns.Count);
        }
    }

    [Theory, Trainers(PredictionTask.BinaryClassification, PredictionTask.MulticlassClassification)]
    public void A_single_class_is_refused_by_its_name(ComponentCase component)
    {
        var ml = new MLContext(1);
        TestRow[] rows = [.. TestRow.Create().Where(row => row.Positive)];
        Errors.AssertDataError(() => component.Fit(ml, component.Data(ml, rows)), "'Label'", "two classes", component.Task == PredictionTask.BinaryClassification ? "true" : "virginica");
        Errors.AssertDataError(() => component.Fit(ml, component.Data(ml, rows[0])), "'Label'", "two classes", " 1 row");
    }

    [Theory, Trainers(PredictionTask.Regression)]
    public void One_row_is_enough_for_a_regression(ComponentCase component)
    {
        var ml = new MLContext(1);
        AssertFinite(component, component.Fit(ml, component.Data(ml, TestRow.Create(1))).Transform(component.Data(ml)));
    }

    [Theory, Learners]
    public void Constant_features_do_no_harm(ComponentCase component)
    {
        var ml = new MLContext(1);
        foreach (var constant in new[] { 0f, 5f })
        {
            var data = component.Data(ml, TestRow.Create().Changed((row, _) => row.Values = [row.Values[0], constant, row.Values[2], row.Values[3]]));
            AssertFinite(component, component.Fit(ml, data).Transform(data));
            var nothing = component.Data(ml, TestRow.Create().Changed((row, _) => row.Values = [constant, constant, constant, constant]));
            AssertFinite(component, component.Fit(ml, nothing).Transform(nothing));
        }
    }

    [Theory, Learners]
    public void One_feature_is_enough(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = CaseData.WithFeatures(ml, component.Task, TestRow.Create(), 1, row => row.Values[..1]);
        var model = component.Fit(ml, data);
        AssertFinite(component, model.Transform(data));
        foreach (var (form, other) in Models.Forms(ml, model, data.Schema))
            Snapshot.AssertSame(Snapshot.Of(model.Transform(data)), Snapshot.Of(other.Transform(data)), form);
    }

    [Theory, Learners]
    public void Huge_features_give_no_NaN(ComponentCase component)
    {
        var ml = new MLContext(1);
        var model = component.Fit(ml);
        float[][] extremes = [[float.MaxValue, float.MinValue, 1e30f, -1e30f], [float.Epsilon, 0, -0f, 1e-38f], [1e30f, 1e30f, 1e30f, 1e30f]];
        var data = component.Data(ml, TestRow.Create().Changed((row, i) => row.Values = extremes[i % 3]));
        Assert.DoesNotContain(Numbers(component, model.Transform(data)), float.IsNaN);
    }

    /// <summary>Training refuses infinite features. That their scores are the same in every form is tested with all other scores.</summary>
    [Theory, Trainers]
    public void Infinite_features_are_scored_as_finite_numbers(ComponentCase component)
    {
        var ml = new MLContext(1);
        const float Plus = float.PositiveInfinity, Minus = float.NegativeInfinity;
        float[][] extremes = [[Plus, 1, 2, 3], [1, Minus, 2, 3], [Plus, Plus, Plus, Plus], [Plus, Minus, Plus, Minus], [Minus, Minus, Minus, Minus]];
        var data = component.Data(ml, TestRow.Create().Changed((row, i) => row.Values = extremes[i % extremes.Length]));
        AssertFinite(component, component.Fit(ml).Transform(data));
    }

    [Theory, Components]
    public void Sparse_and_dense_vectors_are_the_same(ComponentCase component)
    {
        var ml = new MLContext(1);
        CaseOptions seeded = new() { Seed = 5 };
        var dense = component.Data(ml, WithZeros());
        if (!component.Says.AcceptsSparse)
        {
            Errors.AssertDataError(() => component.Fit(ml, component.Data(ml, WithZeros().Changed((row, _) => row.Features = Sparse(row.Values)))), "'Features'", "sparse");
            return;
        }
        var expected = Snapshot.Of(component.Fit(ml, dense, seeded).Transform(dense), component.Outputs);
        // All sparse, and the kinds mixed with either of them first.
        foreach (var isSparse in new Func<int, bool>[] { _ => true, i => i % 2 == 0, i => i % 2 == 1 })
        {
            var mixed = component.Data(ml, WithZeros().Changed((row, i) => row.Features = isSparse(i) ? Sparse(row.Values) : row.Features));
            var model = component.Fit(ml, mixed, seeded);
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(mixed), component.Outputs), "trained and scored", component.Declared.SparseTolerance);
            Snapshot.AssertSame(Snapshot.Of(model.Transform(dense), component.Outputs), Snapshot.Of(model.Transform(mixed), component.Outputs), "scored");
        }
    }

    private static TestRow[] WithZeros() => TestRow.Create().Changed((row, i) =>
    {
        var values = row.Values;
        values[i % 4] = 0;
        if (i % 5 == 0)
            Array.Clear(values);
        row.Values = values;
    });

    private static Microsoft.ML.Data.VBuffer<float> Sparse(float[] values)
    {
        int[] indices = [.. Enumerable.Range(0, values.Length).Where(i => values[i] != 0)];
        return new(values.Length, indices.Length, [.. indices.Select(i => values[i])], indices);
    }

    private static void AssertFinite(ComponentCase component, IDataView scored) => Assert.All(Numbers(component, scored), number => Assert.True(float.IsFinite(number), $"{number}"));

    private static float[] Numbers(ComponentCase component, IDataView scored) => [.. Snapshot.Of(scored, [.. component.Outputs.Except(["PredictedLabel"])]).Columns
        .SelectMany(column => column.Values).SelectMany(value => value is object?[] vector ? vector.Cast<float>() : [(float)value!])];
}
