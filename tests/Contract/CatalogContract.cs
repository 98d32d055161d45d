using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>What ML.NET's catalogs do with a trainer: evaluate, cross-validate, explain, predict one row.</summary>
public sealed class CatalogContract
{
    [Theory, Trainers]
    public void Cross_validation_evaluates_every_fold(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var pipeline = ml.Transforms.NormalizeMinMax("Features").Append(component.Create(ml));
        double[] quality = component.Task switch
        {
            PredictionTask.Regression => [.. ml.Regression.CrossValidate(data, pipeline, 3).Select(fold => fold.Metrics.RSquared)],
            PredictionTask.BinaryClassification => [.. ml.BinaryClassification.CrossValidate(data, pipeline, 3).Select(fold => fold.Metrics.AreaUnderRocCurve)],
            _ => [.. ml.MulticlassClassification.CrossValidate(data, pipeline, 3).Select(fold => fold.Metrics.MacroAccuracy)],
        };
        Assert.Equal(3, quality.Length);
        // Far better than a guess, on data that any trainer learns something from.
        Assert.All(quality, value => Assert.InRange(value, component.Task switch { PredictionTask.Regression => 0.01, PredictionTask.BinaryClassification => 0.6, _ => 0.5 }, 1));
    }

    [Theory, Trainers]
    public void Every_form_evaluates_alike(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var qualities = Models.Forms(ml, component.Fit(ml, data), data.Schema).Values.Select(model => model.Transform(data)).Select(scored => component.Task switch
        {
            PredictionTask.Regression => ml.Regression.Evaluate(scored).MeanAbsoluteError,
            PredictionTask.BinaryClassification => ml.BinaryClassification.Evaluate(scored).LogLoss,
            _ => ml.MulticlassClassification.Evaluate(scored).LogLoss,
        }).ToArray();
        Assert.All(qualities, quality => Assert.Equal(qualities[0], quality, 1e-5));
    }

    [Theory, Trainers]
    public void Permutation_feature_importance_finds_the_features(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        foreach (var (form, other) in Models.Forms(ml, model, data.Schema).Where(form => !form.Key.StartsWith("loaded by", StringComparison.Ordinal)))
        {
            var typed = (ISingleFeaturePredictionTransformer<PredictionModel>)other;
            var scored = other.Transform(data);
            double[] importance = component.Task switch
            {
                PredictionTask.Regression => [.. ml.Regression.PermutationFeatureImportance(typed, scored).Select(metrics => metrics.RSquared.Mean)],
                PredictionTask.BinaryClassification => [.. ml.BinaryClassification.PermutationFeatureImportance(typed, scored).Select(metrics => metrics.AreaUnderRocCurve.Mean)],
                _ => [.. ml.MulticlassClassification.PermutationFeatureImportance(typed, scored).Select(metrics => metrics.MicroAccuracy.Mean)],
            };
            Assert.Equal(TestRow.FeatureCount, importance.Length);
            // The second feature tells the groups apart for every task; mixing it up costs quality.
            Assert.True(importance[1] < -0.01, $"{form}: {string.Join(", ", importance)}");
        }
    }

    [Theory, Trainers]
    public void A_prediction_engine_predicts_every_row_like_a_view(ComponentCase component)
    {
        var ml = new MLContext(1);
        var rows = TestRow.Create(40);
        var data = component.Data(ml, rows);
        var fitted = component.Fit(ml);
        foreach (var (form, model) in Models.Forms(ml, fitted, data.Schema))
        {
            var expected = Snapshot.Of(model.Transform(data), component.Outputs);
            var actual = component.Task switch
            {
                PredictionTask.Regression => Predict<Number>(prediction => [prediction.Score]),
                PredictionTask.BinaryClassification => Predict<Truth>(prediction => [prediction.PredictedLabel, prediction.Score, prediction.Probability]),
                _ => Predict<Class>(prediction => [prediction.PredictedLabel, prediction.Score.Cast<object?>().ToArray()]),
            };
            for (var row = 0; row < rows.Length; row++)
            {
                for (var i = 0; i < component.Outputs.Length; i++)
                    Assert.True(Cells.Same(expected.Columns[i].Values[row], actual[row][i], 1e-6), $"{form}: {component.Outputs[i]} of row {row}");
            }

            List<object?[]> Predict<T>(Func<T, object?[]> values) where T : class, new()
            {
                // A model that is predicted with stays the caller's.
                using var engine = ml.Model.CreatePredictionEngine<TestRow, T>(model, new PredictionEngineOptions { OwnsTransformer = false });
                return [.. rows.Select(row => values(engine.Predict(row)))];
            }
        }
    }

    private sealed class Number
    {
        public float Score { get; set; }
    }

    private sealed class Truth
    {
        public bool PredictedLabel { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }
    }

    private sealed class Class
    {
        [KeyType(3)]
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }
}
