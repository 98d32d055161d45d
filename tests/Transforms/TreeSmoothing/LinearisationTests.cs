using Microsoft.ML;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>The derivatives of log-loss models are those of a recursion that is written down here once more and differentiated numerically, label by label.</summary>
public sealed class LinearisationTests
{
    private const double Step = 1e-5;

    private static readonly MLContext Ml = new(1);

    [Theory]
    [InlineData("FastTree, log-loss")]
    [InlineData("FastTree, log-loss, weights, bags, smoothing")]
    [InlineData("FastTree, log-loss, unbalanced")]
    [InlineData("LightGBM, log-loss")]
    [InlineData("LightGBM, log-loss, weights, unbalanced")]
    public void Weights_are_numerical_derivatives(string name)
    {
        var rows = TreeRow.Create(80, seed: 4);
        var train = TreeData.View(Ml, rows);
        var smoother = TreeModels.Smoother(TreeModels.All[name]().Fit(train), train, TreeModels.OptionsOf(name));
        var structure = smoother.Stages.Structure;
        double[] labels = [.. rows.Select(row => row.Positive ? 1.0 : 0)];
        foreach (var row in new[] { 0, 13, 51 })
        {
            var weights = LeafReplay.RowWeights(smoother.Stages, [.. structure.Leaves.Select(leaves => leaves[row])]);
            var largest = weights.Max(Math.Abs);
            for (var label = 0; label < labels.Length; label += 3)
            {
                double[] up = [.. labels], down = [.. labels];
                up[label] += Step;
                down[label] -= Step;
                var derivative = (Scores(structure, up)[row] - Scores(structure, down)[row]) / (2 * Step);
                Assert.Equal(derivative, weights[label], 1e-5 * largest);
            }
        }
    }

    // The recursion of the logistic loss for labels between the classes; what depends on their counts (class weights) is fixed.
    private static double[] Scores(SmootherStructure structure, double[] labels)
    {
        var (rule, sigmoid) = (structure.Rule, structure.Rule.Sigmoid!.Value);
        double[] scores = new double[labels.Length], weights = new double[labels.Length];
        for (var tree = 0; tree < structure.TreeCount; tree++)
        {
            structure.Weights.Fill(structure.TrainedTree(tree), 0, weights);
            double[] gradients = new double[structure.LeafCounts[tree]], hessians = new double[gradients.Length], values = new double[gradients.Length];
            for (var i = 0; i < labels.Length; i++)
            {
                var p = 1 / (1 + Math.Exp(-sigmoid * scores[i]));
                gradients[structure.Leaves[tree][i]] += weights[i] * sigmoid * (labels[i] - p);
                hessians[structure.Leaves[tree][i]] += weights[i] * sigmoid * sigmoid * p * (1 - p);
            }
            for (var leaf = 0; leaf < values.Length; leaf++)
                values[leaf] = structure.Factors[structure.LeafOffsets[tree] + leaf] == 0 ? 0 : rule.LearningRate * gradients[leaf] / (hessians[leaf] + rule.L2Regularization);
            if (structure.TrainedTree(tree) < 0)
            {
                var mean = weights.Zip(labels, (weight, label) => weight * label).Sum() / weights.Sum();
                values[0] = Math.Log(mean / (1 - mean)) / sigmoid;
            }
            for (var i = 0; i < labels.Length; i++)
                scores[i] += Mixed(structure.Mixing[tree], values, structure.Leaves[tree][i]);
        }
        return scores;
    }

    private static double Mixed(double[]? mixing, double[] values, int leaf)
        => mixing is null ? values[leaf] : values.Select((value, other) => mixing[(leaf * values.Length) + other] * value).Sum();
}
