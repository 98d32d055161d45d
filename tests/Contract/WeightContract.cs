using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Example weights and rows without a label.</summary>
public sealed class WeightContract
{
    private static readonly CaseOptions Weighted = new() { Weight = "Weight", Seed = 5 };

    [Theory, Labelled]
    public void A_bad_weight_is_refused_with_column_and_row(ComponentCase component)
    {
        var ml = new MLContext(1);
        foreach (var (weight, text) in new[] { (-0.5f, "-0.5"), (float.NaN, "NaN"), (float.PositiveInfinity, "Infinity") })
        {
            var data = component.Data(ml, TestRow.Create().Changed((row, i) => row.Weight = i == 31 ? weight : 1));
            Errors.AssertDataError(() => component.Fit(ml, data, Weighted), "'Weight'", "row 31", text);
            component.Fit(ml, data);
        }
    }

    [Theory, Labelled]
    public void Weights_that_are_all_zero_are_refused(ComponentCase component)
    {
        var ml = new MLContext(1);
        Errors.AssertDataError(() => component.Fit(ml, component.Data(ml, TestRow.Create().Changed((row, _) => row.Weight = 0)), Weighted), "'Weight'", "700");
    }

    [Theory, Labelled]
    public void A_row_of_weight_zero_is_no_row(ComponentCase component)
    {
        var ml = new MLContext(1);
        var all = component.Data(ml, TestRow.Create().Changed((row, i) =>
        {
            if (i % 3 != 2)
                return;
            row.Weight = 0;
            row.Values = [1000, float.PositiveInfinity, float.NaN, -1000];
        }));
        var some = component.Data(ml, [.. TestRow.Create().Where((_, i) => i % 3 != 2)]);
        Models.AssertSameState(component.Fit(ml, some, Weighted), component.Fit(ml, all, Weighted));
    }

    [Theory, Labelled]
    public void Weights_of_one_are_no_weights(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, TestRow.Create().Changed((row, _) => row.Weight = 1));
        AssertSameScores(component, component.Fit(ml, data, Weighted with { Weight = null }), component.Fit(ml, data, Weighted), 1e-5);
    }

    [Theory, Labelled]
    public void Weights_change_the_model(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, TestRow.Create().Changed((row, _) => row.Weight = row.Values[0] > 1 ? 50 : 1));
        Assert.Throws<Xunit.Sdk.TrueException>(() => AssertSameScores(component, component.Fit(ml, data, Weighted with { Weight = null }), component.Fit(ml, data, Weighted), 1e-5));
    }

    [Theory, Labelled]
    public void A_row_of_weight_two_counts_twice(ComponentCase component)
    {
        if (!component.Declared.WeightsAreRowCounts)
            return;
        var ml = new MLContext(1);
        var weighted = component.Data(ml, TestRow.Create().Changed((row, i) => row.Weight = i % 4 == 1 ? 2 : 1));
        var repeated = component.Data(ml, [.. TestRow.Create().SelectMany((row, i) => Enumerable.Repeat(row, i % 4 == 1 ? 2 : 1))]);
        AssertSameScores(component, component.Fit(ml, repeated, Weighted with { Weight = null }), component.Fit(ml, weighted, Weighted), 1e-5);
    }

    [Theory, Labelled(PredictionTask.Regression, PredictionTask.MulticlassClassification)]
    public void Rows_without_a_label_are_skipped_and_counted_in_the_log(ComponentCase component)
    {
        var ml = new MLContext(1);
        var log = new LogLines(ml);
        var all = component.Data(ml, TestRow.Create().Changed((row, i) =>
        {
            if (i % 7 != 2)
                return;
            row.Target = float.NaN;
            row.Species = "";
            row.Values = [float.PositiveInfinity, 0, 0, 0];
        }));
        var model = component.Fit(ml, all, Weighted with { Weight = null });
        Assert.Contains(log.Warnings, line => line.Contains("100 of 700 rows", StringComparison.Ordinal) && line.Contains("'Label'", StringComparison.Ordinal));
        var some = component.Data(ml, [.. TestRow.Create().Where((_, i) => i % 7 != 2)]);
        Models.AssertSameState(component.Fit(ml, some, Weighted with { Weight = null }), model);
    }

    [Theory, Labelled(PredictionTask.Regression, PredictionTask.MulticlassClassification)]
    public void A_table_without_any_label_is_refused(ComponentCase component)
    {
        var ml = new MLContext(1);
        var labelled = component.Data(ml);
        var missing = component.Data(ml, TestRow.Create().Changed((row, _) => (row.Target, row.Species) = (float.NaN, "")));
        if (component.LabelTask == PredictionTask.MulticlassClassification)
            missing = ml.Transforms.Conversion.MapValueToKey("Label", "Species").Fit(labelled).Transform(missing);
        Errors.AssertDataError(() => component.Fit(ml, missing), "'Label'", "700");
    }

    private static void AssertSameScores(ComponentCase component, ITransformer expected, ITransformer actual, double tolerance)
    {
        var data = component.Data(new MLContext(1));
        Snapshot.AssertSame(Snapshot.Of(expected.Transform(data), component.Outputs), Snapshot.Of(actual.Transform(data), component.Outputs), tolerance: tolerance);
    }
}
