using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>Trainers of ML.NET with the settings that change how leaf values come about.</summary>
internal static class TreeModels
{
    private static readonly MLContext Ml = new(1);

    public static Dictionary<string, Func<IEstimator<ITransformer>>> All { get; } = new()
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
        ["LightGBM, missing values"] = () => Ml.Regression.Trainers.LightGbm(numberOfIterations: 12, minimumExampleCountPerLeaf: 5),
        ["LightGBM, categories, missing values"] = () => Ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options
        {
            NumberOfIterations = 12,
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
        ["LightGBM, log-loss, heavy positives"] = () => Ml.BinaryClassification.Trainers.LightGbm(
            new LightGbmBinaryTrainer.Options { LabelColumnName = "Positive", NumberOfIterations = 20, WeightOfPositiveExamples = 3 }),
        ["LightGBM, log-loss, weights, unbalanced"] = () => Ml.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options
        {
            LabelColumnName = "Positive",
            ExampleWeightColumnName = "Weight",
            NumberOfIterations = 20,
            UnbalancedSets = true,
            Sigmoid = 0.7,
        }),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    public static bool IsLinearized(string name) => name.Contains("log-loss", StringComparison.Ordinal);

    /// <summary>Whether rows with missing values take part.</summary>
    public static bool HasMissing(string name) => name.Contains("missing", StringComparison.Ordinal);

    /// <summary>
    /// What the weights of any row add up to in a model without log-loss: 1 for means and from a start at the mean, 1 - (1 - eta)^trees from a start at zero. Bags, weights, smoothing and
    /// penalties do not change that (section 3, identity a, of the card).
    /// </summary>
    public static double RowSumOf(string name, int trees) => name switch
    {
        "tree, shrinkage" => 1 - Math.Pow(1 - (0.3 * 0.5), trees),
        "one tree" => 0.2,
        _ when name.StartsWith("tree", StringComparison.Ordinal) => 1 - Math.Pow(1 - 0.2, trees),
        _ => 1,
    };

    public static TreeSmoothingOptions OptionsOf(string name) => new()
    {
        LabelColumnName = name.Contains("binary", StringComparison.Ordinal) || IsLinearized(name) ? "Positive" : "Label",
        ExampleWeightColumnName = name.Contains("weights", StringComparison.Ordinal) ? "Weight" : null,
    };

    /// <summary>The smoother of a model, as the reports have it.</summary>
    public static TrainedSmoother Smoother(ITransformer model, IDataView train, TreeSmoothingOptions options)
    {
        var host = MlNetAccess.EnvironmentOf(Ml.Model).Register("Test");
        return TrainedSmoother.Of(model, train, options, new FixedBlocks(2), new TrainingContext(host, host.Start("Test"), 1, CancellationToken.None));
    }
}
