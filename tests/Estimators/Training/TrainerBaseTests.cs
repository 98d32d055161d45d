using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Examples;

namespace MLExtensions.Tests.Estimators.Training;

/// <summary>What the base does for every trainer, seen from a trainer.</summary>
public sealed class TrainerBaseTests
{
    private readonly MLContext _ml = new(1);

    private IHostEnvironment Environment => MlNetAccess.EnvironmentOf(_ml.Transforms);

    [Fact]
    public void Options_are_copied()
    {
        var options = new NearestMeanTrainer.Options { LabelColumnName = "Target" };
        var trainer = new NearestMeanTrainer(Environment, PredictionTask.Regression, options);
        options.LabelColumnName = "Gone";
        options.FeatureColumnName = "Gone";
        trainer.Fit(CaseData.View(_ml, null, TestRow.Create(20)));
    }

    [Fact]
    public void Arguments_are_checked_first()
    {
        Assert.Throws<ArgumentNullException>(() => new NearestMeanTrainer(null!, PredictionTask.Regression, new()));
        Assert.Throws<ArgumentNullException>(() => new NearestMeanTrainer(Environment, PredictionTask.Regression, null!));
        Assert.ThrowsAny<ArgumentException>(() => new NearestMeanTrainer(Environment, PredictionTask.Regression, new() { LabelColumnName = " " }));
        Assert.ThrowsAny<ArgumentException>(() => new NearestMeanTrainer(Environment, PredictionTask.Regression, new() { FeatureColumnName = null! }));
    }

    [Fact]
    public void Lines_and_progress_reach_the_log()
    {
        var log = new LogLines(_ml);
        new Talking(Environment, new() { Seed = 9 }).Fit(CaseData.View(_ml, PredictionTask.Regression, TestRow.Create(20)));
        Assert.Contains(log.Warnings, line => line.Contains("a warning {0}", StringComparison.Ordinal));
        Assert.Contains(log.All, line => line.Contains("a line {1}", StringComparison.Ordinal));
        Assert.Contains(log.All, line => line.Contains("seed 9", StringComparison.Ordinal));
        Assert.Contains(log.All, line => line.EndsWith("epochs 1 of 2, loss 0.5, validation 0.75", StringComparison.Ordinal));
        Assert.Contains(log.All, line => line.EndsWith("epochs 2 of 2, loss 0.25, validation 0.5", StringComparison.Ordinal));
    }

    [Fact]
    public void Seeds_come_from_the_context_unless_they_are_given()
    {
        Assert.Equal(Seed(new MLContext(1), null), Seed(new MLContext(1), null));
        Assert.NotEqual(Seed(new MLContext(1), null), Seed(new MLContext(2), null));
        Assert.Equal(5, Seed(new MLContext(2), 5));
        var ml = new MLContext(3);
        Assert.NotEqual(Seed(ml, null), Seed(ml, null));
    }

    [Theory]
    [InlineData(PredictionTask.Regression, "Score")]
    [InlineData(PredictionTask.BinaryClassification, "Probability")]
    [InlineData(PredictionTask.MulticlassClassification, "PredictedLabel")]
    public void A_feature_column_called_like_a_prediction_column_cannot_be_exported_and_the_error_says_so(PredictionTask task, string features)
    {
        var data = CaseData.View(_ml, task, TestRow.Create(30)).Then(_ml.Transforms.CopyColumns(features, "Features"));
        var model = new NearestMeanTrainer(Environment, task, new() { FeatureColumnName = features }).Fit(data);
        Assert.Equal(30, Snapshot.Of(Models.LoadStock(_ml.Save(model, data.Schema)).Transform(data), "Score").Ids.Count);
        var error = Assert.Throws<InvalidOperationException>(() => model.SaveAsOnnx("never-written.onnx"));
        Assert.Contains($"Column '{features}' is both an input and an output", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("never-written.onnx"));
    }

    private static int Seed(MLContext ml, int? seed)
    {
        var trainer = new Talking(MlNetAccess.EnvironmentOf(ml.Transforms), new() { Seed = seed });
        trainer.Fit(CaseData.View(ml, PredictionTask.Regression, TestRow.Create(20)));
        return trainer.SeenSeed;
    }

    private sealed class Talking(IHostEnvironment environment, NearestMeanTrainer.Options options)
        : TrainerBase<NearestMeanTrainer.Options, NearestMeanModel>(environment, PredictionTask.Regression, options)
    {
        public int SeenSeed { get; private set; }

        protected override NearestMeanModel Train(TrainingData data, NearestMeanModel? startFrom, TrainingContext context)
        {
            SeenSeed = context.Seed;
            context.Warn("a warning {0}");
            context.Info("a line {1}");
            context.Log($"seed {context.Seed}");
            using (var progress = context.StartProgress("epochs", "loss", "validation"))
            {
                progress.Report(1, 2, 0.5, 0.75);
                progress.Checkpoint();
                progress.Report(2, 2, 0.25, 0.5);
                progress.Checkpoint();
            }
            return new NearestMeanModel(data.FeatureCount, new double[2 * data.FeatureCount], [0, 1], [0, 0], TrainerOptions);
        }
    }
}
