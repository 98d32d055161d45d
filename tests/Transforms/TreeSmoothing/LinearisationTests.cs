using Microsoft.ML;
using Microsoft.ML.Data;
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

    /// <summary>Probabilities move with the labels as scores do, times the slope of the sigmoid at the score.</summary>
    [Theory, InlineData("FastTree, log-loss, unbalanced", 0.4), InlineData("LightGBM, log-loss", 0.5)]
    public void Predictions_are_probabilities_unless_scores_are_asked_for(string name, double sigmoid)
    {
        var (train, query) = (TreeData.View(Ml, TreeRow.Create(200)), TreeData.View(Ml, TreeRow.Create(30, seed: 2)));
        var (model, options) = (TreeModels.All[name]().Fit(train), TreeModels.OptionsOf(name));
        var predictions = Ml.Model.AnalyzeTreeSmoothing(model, train, query, options);
        options.Scale = SmoothingScale.Score;
        var scores = Ml.Model.AnalyzeTreeSmoothing(model, train, query, options);
        var probabilities = model.Transform(query).GetColumn<float>("Probability").ToArray();
        for (var row = 0; row < probabilities.Length; row++)
        {
            var slope = sigmoid * probabilities[row] * (1.0 - probabilities[row]);
            Assert.Equal(slope * slope * scores.QueryLeverage[row], predictions.QueryLeverage[row], 1e-4 * predictions.QueryLeverage[row]);
            Assert.Equal(slope * scores.GetTopRows(row, 1)[0].Weight, predictions.GetTopRows(row, 1)[0].Weight, 1e-4);
        }
        Assert.Equal(predictions.EffectiveParametersTrain, predictions.CurveOverTrees[^1].Train, 1e-9 * predictions.EffectiveParametersTrain);
        Assert.True(predictions.EffectiveParametersTrain < 200);
    }

    [Fact]
    public void The_score_of_a_binary_forest_is_the_sum_of_its_votes()
    {
        var train = TreeData.View(Ml, TreeRow.Create(200));
        var model = Ml.BinaryClassification.Trainers.FastForest("Positive", numberOfTrees: 9).Fit(train);
        var votes = Ml.Model.AnalyzeTreeSmoothing(model, train, train, new() { LabelColumnName = "Positive" });
        var scores = Ml.Model.AnalyzeTreeSmoothing(model, train, train, new() { LabelColumnName = "Positive", Scale = SmoothingScale.Score });
        var trees = votes.TreeCount;
        Assert.Equal(1, votes.RowSums.Maximum, 9);
        Assert.Equal(trees, scores.RowSums.Maximum, 9);
        Assert.Equal(trees * trees * votes.EffectiveParametersTrain, scores.EffectiveParametersTrain, 9);
        Assert.Equal(trees * votes.Trace, scores.Trace, 9);
        Assert.All(votes.CurveOverTrees.Zip(scores.CurveOverTrees), point => Assert.Equal(point.First.Trees * point.First.Trees * point.First.Train, point.Second.Train, 9));
        Assert.Equal(
            model.Transform(train).GetColumn<float>("Score").First(),
            scores.GetTopRows(0, 200).Sum(top => top.Weight * (train.GetColumn<bool>("Positive").ElementAt((int)top.Row) ? 1 : -1)), 1e-5);
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
            structure.Mixing[tree]?.Apply(values);
            for (var i = 0; i < labels.Length; i++)
                scores[i] += values[structure.Leaves[tree][i]];
        }
        return scores;
    }
}
