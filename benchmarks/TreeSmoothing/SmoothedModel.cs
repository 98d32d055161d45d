using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>How a tree ensemble is trained.</summary>
/// <param name="Trainer">FastForest, FastTree or LightGbm.</param>
/// <param name="Trees">Number of trees.</param>
/// <param name="Leaves">Most leaves of a tree.</param>
/// <param name="Rate">Learning rate of the boosted ones.</param>
internal sealed record TreeSetting(string Trainer, int Trees = 100, int Leaves = 20, double Rate = 0.2);

/// <summary>A tree ensemble on a public table with its smoothing report and its test errors.</summary>
/// <param name="Report">The report, test rows being the query rows.</param>
/// <param name="Error">RMSE for regression, the share of wrong classes otherwise.</param>
/// <param name="Scores">The score of each test row: the prediction, or the probability of the positive class.</param>
/// <param name="AbsoluteErrors">Its absolute difference from the label.</param>
internal sealed record SmoothedModel(TreeSmoothingReport Report, double Error, double[] Scores, double[] AbsoluteErrors)
{
    /// <summary>Trains and analyses.</summary>
    public static SmoothedModel Train(MLContext ml, RealTable table, TreeSetting setting)
    {
        var isBinary = table.Description.PredictionTask == PredictionTask.BinaryClassification;
        var model = (isBinary ? Binary(ml, setting) : Regression(ml, setting)).Fit(table.Train);
        var report = ml.Model.AnalyzeTreeSmoothing(model, table.Train, table.Test, new() { Seed = 1 });
        var scored = model.Transform(table.Test);
        return isBinary ? Classified(report, scored) : Predicted(report, scored);
    }

    private static SmoothedModel Predicted(TreeSmoothingReport report, IDataView scored)
    {
        double[] scores = [.. scored.GetColumn<float>("Score").Select(score => (double)score)];
        double[] errors = [.. scores.Zip(scored.GetColumn<float>("Label"), (score, label) => Math.Abs(score - label))];
        return new(report, Math.Sqrt(errors.Average(error => error * error)), scores, errors);
    }

    // FastForest has no probability; the mean of its votes, from -1 to 1, stands for one.
    private static SmoothedModel Classified(TreeSmoothingReport report, IDataView scored)
    {
        double[] probabilities = scored.Schema.GetColumnOrNull("Probability") is null
            ? [.. scored.GetColumn<float>("Score").Select(score => Math.Clamp((1 + (score / report.TreeCount)) / 2, 0, 1))]
            : [.. scored.GetColumn<float>("Probability").Select(probability => (double)probability)];
        double[] errors = [.. probabilities.Zip(scored.GetColumn<bool>("Label"), (probability, isPositive) => Math.Abs(probability - (isPositive ? 1 : 0)))];
        return new(report, errors.Average(error => error > 0.5 ? 1 : 0), probabilities, errors);
    }

    private static IEstimator<ITransformer> Regression(MLContext ml, TreeSetting setting) => setting.Trainer switch
    {
        "FastForest" => ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = setting.Trees, NumberOfLeaves = setting.Leaves, NumberOfThreads = 1 }),
        "FastTree" => ml.Regression.Trainers.FastTree(
            new FastTreeRegressionTrainer.Options { NumberOfTrees = setting.Trees, NumberOfLeaves = setting.Leaves, LearningRate = setting.Rate, NumberOfThreads = 1 }),
        _ => ml.Regression.Trainers.LightGbm(
            new LightGbmRegressionTrainer.Options { NumberOfIterations = setting.Trees, NumberOfLeaves = setting.Leaves, LearningRate = setting.Rate, NumberOfThreads = 1, Seed = 1 }),
    };

    private static IEstimator<ITransformer> Binary(MLContext ml, TreeSetting setting) => setting.Trainer switch
    {
        "FastForest" => ml.BinaryClassification.Trainers.FastForest(new FastForestBinaryTrainer.Options { NumberOfTrees = setting.Trees, NumberOfLeaves = setting.Leaves, NumberOfThreads = 1 }),
        "FastTree" => ml.BinaryClassification.Trainers.FastTree(
            new FastTreeBinaryTrainer.Options { NumberOfTrees = setting.Trees, NumberOfLeaves = setting.Leaves, LearningRate = setting.Rate, NumberOfThreads = 1 }),
        _ => ml.BinaryClassification.Trainers.LightGbm(
            new LightGbmBinaryTrainer.Options { NumberOfIterations = setting.Trees, NumberOfLeaves = setting.Leaves, LearningRate = setting.Rate, NumberOfThreads = 1, Seed = 1 }),
    };
}
