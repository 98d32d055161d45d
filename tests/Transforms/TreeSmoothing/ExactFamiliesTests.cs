using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>Models of ML.NET's own trainers: the leaf values follow from the training table, and the weights reproduce the scores.</summary>
public sealed class ExactFamiliesTests
{
    private static readonly MLContext Ml = new(1);

    private static Dictionary<string, Func<IEstimator<ITransformer>>> Models { get; } = new()
    {
        ["forest"] = () => Ml.Regression.Trainers.FastForest(numberOfTrees: 15),
        ["forest, seed, half the rows"] = () => Ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 15, Seed = 77, BaggingExampleFraction = 0.5 }),
        ["forest, lost trees"] = () => Ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 30, FeatureFraction = 0.2, MinimumExampleCountPerLeaf = 60 }),
        ["forest, weights"] = () => Ml.Regression.Trainers.FastForest(exampleWeightColumnName: "Weight", numberOfTrees: 10),
        ["forest, three trees a bag"] = () => Ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 12, BaggingSize = 3 }),
        ["forest, smoothing"] = () => Ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 12, Smoothing = 0.4 }),
        ["forest, categories"] = () => Ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 12, CategoricalSplit = true, MinimumExamplesForCategoricalSplit = 5 }),
        ["binary forest"] = () => Ml.BinaryClassification.Trainers.FastForest("Positive", numberOfTrees: 15),
        ["binary forest, weights"] = () => Ml.BinaryClassification.Trainers.FastForest("Positive", exampleWeightColumnName: "Weight", numberOfTrees: 15),
        ["tree"] = () => Ml.Regression.Trainers.FastTree(numberOfTrees: 20, numberOfLeaves: 8),
        ["one tree"] = () => Ml.Regression.Trainers.FastTree(numberOfTrees: 1, numberOfLeaves: 12),
        ["tree, shrinkage"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 20, LearningRate = 0.3, Shrinkage = 0.5 }),
        ["tree, smoothing"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 20, Smoothing = 0.3 }),
        ["tree, bags"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 20, BaggingSize = 4, Seed = 5 }),
        ["tree, bags, smoothing, weights"] = () => Ml.Regression.Trainers.FastTree(
            new FastTreeRegressionTrainer.Options { NumberOfTrees = 20, BaggingSize = 2, BaggingExampleFraction = 0.6, Smoothing = 0.2, ExampleWeightColumnName = "Weight" }),
        ["tree, categories"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 20, CategoricalSplit = true, MinimumExamplesForCategoricalSplit = 5 }),
        ["LightGBM"] = () => Ml.Regression.Trainers.LightGbm(numberOfIterations: 20),
        ["LightGBM, penalty, weights"] = () => Ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options
        {
            NumberOfIterations = 20,
            LearningRate = 0.3,
            ExampleWeightColumnName = "Weight",
            Booster = new GradientBooster.Options { L2Regularization = 3 },
        }),
        ["LightGBM, categories"] = () => Ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options
        {
            NumberOfIterations = 20,
            UseCategoricalSplit = true,
            MinimumExampleCountPerGroup = 5,
            MinimumExampleCountPerLeaf = 5,
            CategoricalSmoothing = 1,
        }),
        ["LightGBM, no split"] = () => Ml.Regression.Trainers.LightGbm(minimumExampleCountPerLeaf: 390, numberOfIterations: 5),
        ["FastTree, log-loss"] = () => Ml.BinaryClassification.Trainers.FastTree("Positive", numberOfTrees: 20),
        ["FastTree, log-loss, weights, bags, smoothing"] = () => Ml.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options
        {
            LabelColumnName = "Positive",
            ExampleWeightColumnName = "Weight",
            NumberOfTrees = 20,
            BaggingSize = 2,
            LearningRate = 0.1,
            Smoothing = 0.1,
        }),
        ["FastTree, log-loss, unbalanced"] = () => Ml.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options { LabelColumnName = "Positive", NumberOfTrees = 20, UnbalancedSets = true }),
        ["LightGBM, log-loss"] = () => Ml.BinaryClassification.Trainers.LightGbm("Positive", numberOfIterations: 20),
        ["LightGBM, log-loss, weights, unbalanced"] = () => Ml.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options
        {
            LabelColumnName = "Positive",
            ExampleWeightColumnName = "Weight",
            NumberOfIterations = 20,
            UnbalancedSets = true,
            Sigmoid = 0.7,
        }),
    };

    public static TheoryData<string> Names => [.. Models.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Leaf_values_are_reproduced(string name)
    {
        var train = TreeData.View(Ml, TreeRow.Create(400));
        var model = Models[name]().Fit(train);
        var report = Ml.Model.AnalyzeTreeSmoothing(model, train, TreeData.View(Ml, TreeRow.Create(100, seed: 2)), OptionsOf(name));
        Console.WriteLine($"{name}: {report.Exactness} {report.MaxRelativeError:G3} trees {report.TreeCount} p {report.EffectiveParametersTrain:F2} {report.EffectiveParametersQuery:F2} trace {report.Trace:F2} {report.RowSums}");
        Assert.Equal(name.Contains("log-loss", StringComparison.Ordinal) ? SmoothingExactness.Linearised : SmoothingExactness.Exact, report.Exactness);
    }

    private static TreeSmoothingOptions OptionsOf(string name) => new()
    {
        LabelColumnName = name.Contains("binary", StringComparison.Ordinal) || name.Contains("log-loss", StringComparison.Ordinal) ? "Positive" : "Label",
        ExampleWeightColumnName = name.Contains("weights", StringComparison.Ordinal) ? "Weight" : null,
    };
}
