using System.Reflection;
using Microsoft.ML;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Examples;
using MLExtensions.Trainers;
using MLExtensions.Transforms;
using Xunit.Sdk;
using static MLExtensions.Estimators.Scoring.PredictionTask;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>All components that the contract is tested for. A new component adds its line here and nothing else.</summary>
internal static class ComponentCases
{
    // Which rows a step draws depends on how many there are, so that a row of weight 2 is not two rows.
    private static readonly Declared BoostedNetwork = new() { WeightsAreRowCounts = false };

    public static IReadOnlyList<ComponentCase> All { get; } =
    [
        .. ComponentCase.Trainer<NearestMeanTrainer.Options, NearestMeanModel>(
            (ml, task, options) => new NearestMeanTrainer(MlNetAccess.EnvironmentOf(ml.Transforms), task, options), tasks: [Regression, BinaryClassification, MulticlassClassification]),
        .. ComponentCase.Trainer<NaiveCountsTrainer.Options, NaiveCountsModel>(
            (ml, task, options) => new NaiveCountsTrainer(MlNetAccess.EnvironmentOf(ml.Transforms), task, options), tasks: [Regression, BinaryClassification, MulticlassClassification]),
        // Trainers: one entry each, made through their catalogs.
        .. ComponentCase.Trainer<NaiveBayesLinearProbeTrainer.Options, NaiveBayesLinearProbeModelParameters>(
            (ml, task, options) => task == BinaryClassification
                ? ml.BinaryClassification.Trainers.NaiveBayesLinearProbe(options)
                : ml.MulticlassClassification.Trainers.NaiveBayesLinearProbe(options),
            tasks: [BinaryClassification, MulticlassClassification]),
        .. ComponentCase.Trainer<GradientBoostedNeuralNetworkTrainer.Options, GradientBoostedNeuralNetworkModelParameters>(
            (ml, task, options) => task switch
            {
                Regression => ml.Regression.Trainers.GradientBoostedNeuralNetwork(options),
                BinaryClassification => ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options),
                _ => ml.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(options),
            },
            BoostedNetwork, Regression, BinaryClassification, MulticlassClassification),
        ComponentCase.Trainer<GradientBoostedNeuralNetworkTrainer.Options, GradientBoostedNeuralNetworkModelParameters>(
            (ml, _, options) => ml.Regression.Trainers.GradientBoostedNeuralNetwork(options),
            options => (options.Loss, options.Quantile, options.NumberOfUnits) = (RegressionLoss.Quantile, 0.8, 40), Regression, BoostedNetwork, "Quantile"),
        .. ComponentCase.Trainer<NeuralNetworkTrainer.Options, NeuralNetworkModelParameters>(
            (ml, task, options) => task switch
            {
                Regression => ml.Regression.Trainers.NeuralNetwork(options),
                BinaryClassification => ml.BinaryClassification.Trainers.NeuralNetwork(options),
                _ => ml.MulticlassClassification.Trainers.NeuralNetwork(options),
            },
            options => (options.HiddenUnits, options.Epochs, options.LearningRate, options.NumberOfThreads) = (16, 10, 0.01, 1),
            // A row of weight 2 is in one batch, two rows are in any two.
            new Declared { WeightsAreRowCounts = false },
            Regression, BinaryClassification, MulticlassClassification),
        .. ComponentCase.Trainer<NoiseRobustNeuralNetworkTrainer.Options, NoiseRobustNeuralNetworkModelParameters>(
            (ml, task, options) => task == BinaryClassification
                ? ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(options)
                : ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(options),
            options => (options.HiddenUnits, options.Epochs, options.LearningRate, options.NumberOfThreads) = (16, 8, 0.01, 1),
            // As of the plain network.
            new Declared { WeightsAreRowCounts = false },
            BinaryClassification, MulticlassClassification),

        // Trainers that train another one.
        .. new[] { BinaryClassification, MulticlassClassification }.Select(task => ComponentCase.Wrapped<PruningOptions>(
            typeof(PrunedTrainingEstimator<PredictionTransformer<NaiveCountsModel>>), task,
            (ml, options) => new NaiveCountsTrainer(MlNetAccess.EnvironmentOf(ml.Transforms), task, new()
            {
                LabelColumnName = options.LabelColumnName,
                FeatureColumnName = options.FeatureColumnName,
                ExampleWeightColumnName = options.ExampleWeightColumnName,
                CategoricalColumnNames = options.CategoricalColumnNames,
            }).WithPrunedTraining(ml, options),
            options => (options.KeepFraction, options.DropHardestFraction, options.Runs, options.Epochs, options.HiddenUnits) = (0.8, 0.1, 2, 2, 16),
            new Declared { WeightsAreRowCounts = false })),

        // Transforms that score rows with their labels.
        .. new[] { BinaryClassification, MulticlassClassification }.Select(label => ComponentCase.Scorer<ExampleDifficultyEstimator.Options, ExampleDifficultyEstimator>(
            label, (ml, options) => ml.Transforms.ExampleDifficulty(options),
            options => (options.DifficultyColumnName, options.Runs, options.Epochs, options.HiddenUnits) = ("Score", 3, 4, 16),
            new Declared { WeightsAreRowCounts = false }, "Score", "DifficultyStd", "SuggestedLabel", "SuggestedLabelProbability")),

        // Featurizers: one entry each.
        ComponentCase.Featurizer<ScalingFeaturizer.Options, ScalingModel>(
            (ml, columns, options) => new ScalingFeaturizer(MlNetAccess.EnvironmentOf(ml.Transforms), "Score", [columns.Features], options)),
        ComponentCase.Featurizer<TJepaFeaturizer.Options, TJepaModelParameters>(
            (ml, columns, options) =>
            {
                (options.HiddenSize, options.Layers, options.FeedForwardSize, options.PredictorSize, options.PredictorLayers, options.PredictorFeedForwardSize) = (8, 1, 16, 8, 1, 16);
                (options.Epochs, options.LearningRate, options.NumberOfThreads) = (3, 0.003, 1);
                return ml.Transforms.TJepa("Score", [columns.Features], options);
            },
            // A step of gradients makes much of a last digit.
            new Declared { SparseTolerance = 1e-3, FewestVaryingFeatures = 2 }),

        // Transforms that learn nothing.
        ComponentCase.ScalarTransform(
            (ml, options) => SmoothingCases.Create(ml, options, isForest: false, new()), "boosted", "TreeEffectiveNeighbours", "TreeLeverage", "TreeWeightSum"),
        ComponentCase.ScalarTransform(
            (ml, options) => SmoothingCases.Create(ml, options, isForest: true, new() { NumberOfTopRows = 3, NoiseVariance = 2 }), "forest",
            "TreeEffectiveNeighbours", "TreeLeverage", "TreeWeightSum", "TreePredictionVariance", "TreeTopRows", "TreeTopWeights"),
        ComponentCase.Transform((ml, options) => ml.Transforms.ApplyOnnxModelInBatches(["Score", "Sum"], [options.Features], new MemoryStream(Onnx(options.Features))), "Score", "Sum"),
    ];

    // Two outputs of one input: a linear layer with slot names, and a sum; in double, so that every kernel rounds to the same float.
    private static byte[] Onnx(string features)
    {
        var graph = new OnnxGraphBuilder("linear");
        var x = graph.Cast(graph.Input(features, OnnxElementType.Float, null, TestRow.FeatureCount), OnnxElementType.Double);
        var linear = graph.MatMul(x, graph.Constant([1d, 2, 3, 4, -1, 0.5, 0.25, 0.125], TestRow.FeatureCount, 2));
        graph.Output(graph.Cast(linear, OnnxElementType.Float), "Score", OnnxElementType.Float, null, 2);
        graph.Output(graph.Cast(graph.ReduceSum(x, [1]), OnnxElementType.Float), "Sum", OnnxElementType.Float, null, 1);
        graph.SlotNames("Score", ["first", "second"]);
        return graph.Build().ToBytes();
    }
}

/// <summary>Runs a theory for every component.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ComponentsAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => ComponentCases.All.Select(component => new object[] { component });
}

/// <summary>Runs a theory for every component that learns: trainers and featurizers.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LearnersAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod)
        => ComponentCases.All.Where(component => component.OptionsType is not null).Select(component => new object[] { component });
}

/// <summary>Runs a theory for every trainer, or for those of some tasks.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TrainersAttribute(params PredictionTask[] tasks) : DataAttribute
{
    public IReadOnlyList<PredictionTask> Tasks => tasks;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => ComponentCases.All
        .Where(component => component.Task is { } task && (tasks.Length == 0 || tasks.Contains(task)))
        .Select(component => new object[] { component });
}

/// <summary>Runs a theory for every component that reads a label, trainer or not, or for those of some kinds of label.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LabelledAttribute(params PredictionTask[] tasks) : DataAttribute
{
    public IReadOnlyList<PredictionTask> Tasks => tasks;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => ComponentCases.All
        .Where(component => component.LabelTask is { } task && (tasks.Length == 0 || tasks.Contains(task)))
        .Select(component => new object[] { component });
}

/// <summary>Runs a theory for every component with categorical columns.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CategoricalAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod)
        => ComponentCases.All.Where(component => component.HasCategories).Select(component => new object[] { component });
}

/// <summary>Runs a theory for every trainer with categorical columns.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CategoricalTrainersAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod)
        => ComponentCases.All.Where(component => component.HasCategories && component.Task is not null).Select(component => new object[] { component });
}
