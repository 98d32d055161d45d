// An AutoML experiment over three trainers of this pack beside LightGBM, each with the search space of its options.
// dotnet run -c Release --project samples/AutoMLSweep [-- SECONDS]
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.Transforms;
using MLExtensions.Trainers;
using Samples;

var seconds = args.Length > 0 ? uint.Parse(args[0]) : 300;
var ml = new MLContext(seed: 1);
var split = ml.Data.TrainTestSplit(ml.Data.Cache(Churn.Load(ml)), testFraction: 0.2);

var prepare = ml.Transforms.ReplaceMissingValues(nameof(Churn.TotalCharges), replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean)
    .Append(ml.Transforms.Categorical.OneHotEncoding([.. Churn.CategoricalColumns.Select(name => new InputOutputColumnPair(name))]))
    .Append(ml.Transforms.Concatenate("Features", [.. Churn.NumericColumns, .. Churn.CategoricalColumns]));

var probe = ml.Auto().CreateSweepableEstimator(
    (context, options) => context.BinaryClassification.Trainers.NaiveBayesLinearProbe(options), new SearchSpace<NaiveBayesLinearProbeTrainer.Options>());
var boosted = ml.Auto().CreateSweepableEstimator(
    (context, options) => context.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options), new SearchSpace<GradientBoostedNeuralNetworkTrainer.Options>());
var network = ml.Auto().CreateSweepableEstimator(
    (context, options) => context.BinaryClassification.Trainers.NeuralNetwork(options), new SearchSpace<NeuralNetworkTrainer.Options>(new() { NumberOfThreads = 1 }));
var lightGbm = ml.Auto().BinaryClassification(useFastForest: false, useFastTree: false, useLbfgs: false, useSdca: false).Single();

ml.Log += (_, line) =>
{
    if (line.Source == nameof(AutoMLExperiment) && line.Message.Contains("Trial", StringComparison.Ordinal))
        Console.WriteLine(line.RawMessage);
};
var experiment = ml.Auto().CreateExperiment()
    .SetPipeline(prepare.Append(probe, boosted, network, lightGbm))
    .SetDataset(split.TrainSet, fold: 3)
    .SetBinaryClassificationMetric(BinaryClassificationMetric.AreaUnderRocCurve, nameof(Churn.Label))
    .SetTrainingTimeInSeconds(seconds);
var best = await experiment.RunAsync();

Console.WriteLine($"Best area under the ROC curve over 3 folds: {best.Metric:F4}, with {JsonSerializer.Serialize(best.TrialSettings.Parameter)}");
var metrics = ml.BinaryClassification.Evaluate(best.Model.Transform(split.TestSet));
Console.WriteLine($"On the test rows: {metrics.AreaUnderRocCurve:F4}, accuracy {metrics.Accuracy:F4}");
