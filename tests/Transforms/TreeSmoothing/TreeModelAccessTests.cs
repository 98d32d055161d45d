using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>One test an accessor: a new ML.NET version that moves a member fails here first.</summary>
public sealed class TreeModelAccessTests
{
    private static readonly MLContext Ml = new(1);

    [Fact]
    public void Settings_of_FastTree()
    {
        var model = Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 7, LearningRate = 0.125, BaggingSize = 7, Smoothing = 0.25 }).Fit(TreeData.View(Ml, TreeRow.Create(100))).Model;
        var settings = TreeModelAccess.TrainerSettingsOf(model)!.Split(' ');
        Assert.Equal(["bag=7", "iter=7", "lr=0.125", "s=0.25"], settings.Where(setting => !setting.StartsWith("ps=", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void Settings_of_LightGbm()
    {
        var model = Ml.Regression.Trainers.LightGbm(numberOfIterations: 2, learningRate: 0.3).Fit(TreeData.View(Ml, TreeRow.Create(100))).Model;
        var settings = TreeModelAccess.TrainerSettingsOf(model)!.Split(' ');
        Assert.Contains("learning_rate=0.3", settings);
        Assert.Contains("reg_lambda=0.01", settings);
        Assert.Contains("objective=regression", settings);
    }

    [Fact]
    public void Defaults_of_missing_values()
    {
        var forest = Ml.Regression.Trainers.FastForest(numberOfTrees: 2).Fit(TreeData.View(Ml, TreeRow.Create(100))).Model;
        Assert.Null(TreeModelAccess.DefaultsOf(forest, 1));
        var boosted = Ml.Regression.Trainers.LightGbm(numberOfIterations: 2).Fit(TreeData.View(Ml, TreeRow.Create(300, missingEvery: 3))).Model;
        Assert.Equal(boosted.TrainedTreeEnsemble.Trees[1].NumberOfNodes, TreeModelAccess.DefaultsOf(boosted, 1)!.Length);
    }
}
