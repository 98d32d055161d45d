using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>Models of ML.NET's own trainers: leaf values follow from the training table, weights reproduce scores, and every method gives the norms of the dense recursion.</summary>
public sealed class ExactFamiliesTests
{
    private static readonly MLContext Ml = new(1);

    public static TheoryData<string> Names => TreeModels.Names;

    [Theory, MemberData(nameof(Names))]
    public void Leaf_values_and_scores_are_reproduced(string name)
    {
        var train = TreeData.View(Ml, TreeRow.Create(400, missingEvery: TreeModels.HasMissing(name) ? 7 : int.MaxValue));
        var query = TreeData.View(Ml, TreeRow.Create(50, seed: 2));
        var model = TreeModels.All[name]().Fit(train);
        var report = Ml.Model.AnalyzeTreeSmoothing(model, train, query, TreeModels.OptionsOf(name));
        Assert.InRange(report.MaxRelativeError, 0, 1e-6);
        Assert.Equal(TreeModels.IsLinearized(name) ? SmoothingExactness.Linearized : SmoothingExactness.Exact, report.Exactness);
        Assert.Equal(SmoothingMethod.LeafSpace, report.Method);
        Assert.Equal(report.EffectiveParametersTrain, report.TrainLeverage.Sum(), 1e-9 * report.EffectiveParametersTrain);
        Assert.Equal(report.EffectiveParametersTrain, report.CurveOverTrees[^1].Train, 1e-9 * report.EffectiveParametersTrain);
        Assert.Equal(report.EffectiveParametersQuery!.Value, report.CurveOverTrees[^1].Query!.Value, 1e-9 * report.EffectiveParametersTrain);
        Assert.Equal(report.TreeCount, report.CurveOverTrees.Count);
        if (TreeModels.IsLinearized(name))
            return;
        AssertScores(report, model, train, query, name);
        var rowSum = TreeModels.RowSumOf(name, report.TreeCount);
        Assert.Equal(rowSum, report.RowSums.Minimum, 1e-9);
        Assert.Equal(rowSum, report.RowSums.Maximum, 1e-9);
    }

    /// <summary>A few rows are few enough for the recursion as it is written, with a weight for each pair of rows.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Every_method_gives_what_the_dense_recursion_gives(string name)
    {
        var train = TreeData.View(Ml, TreeRow.Create(240, seed: 5, missingEvery: TreeModels.HasMissing(name) ? 7 : int.MaxValue));
        var query = TreeData.View(Ml, TreeRow.Create(20, seed: 6));
        var (model, options) = (TreeModels.All[name]().Fit(train), TreeModels.OptionsOf(name));
        var smoother = TreeModels.Smoother(model, train, options);
        DenseSmoother dense = new(smoother.Stages);
        var slopes = RowSlopes.OfTraining(smoother.Stages);
        for (var row = 0; slopes is not null && row < slopes.Length; row++)
            dense.Train[row] = [.. dense.Train[row].Select(weight => weight * slopes[row])];
        Assert.Equal(TreeModels.IsLinearized(name), slopes is not null);
        var scale = dense.Train.Sum(DenseSmoother.SquaredNorm);

        var exact = Ml.Model.AnalyzeTreeSmoothing(model, train, query, options);
        Assert.Equal(scale, exact.EffectiveParametersTrain, 1e-9 * scale);
        Assert.Equal(dense.Trace, exact.Trace, 1e-9 * Math.Abs(dense.Trace));
        Assert.All(dense.Train.Zip(exact.TrainLeverage), row => Assert.Equal(DenseSmoother.SquaredNorm(row.First), row.Second, 1e-9 * scale));
        var ofTraining = Ml.Model.AnalyzeTreeSmoothing(model, train, null, options).RowSums;
        Assert.Equal(dense.Train.Min(row => row.Sum()), ofTraining.Minimum, 1e-9);
        Assert.Equal(dense.Train.Max(row => row.Sum()), ofTraining.Maximum, 1e-9);

        options.Method = SmoothingMethod.Probe;
        options.ProbeCount = 512;
        options.Seed = 1;
        var probes = Ml.Model.AnalyzeTreeSmoothing(model, train, query, options);
        Assert.InRange(probes.EffectiveParametersTrain, exact.EffectiveParametersTrain - (3 * probes.StandardErrorTrain), exact.EffectiveParametersTrain + (3 * probes.StandardErrorTrain));
        Assert.InRange(probes.EffectiveParametersQuery!.Value, exact.EffectiveParametersQuery!.Value - (3 * probes.StandardErrorQuery!.Value), exact.EffectiveParametersQuery.Value + (3 * probes.StandardErrorQuery.Value));
        Assert.InRange(probes.Trace, exact.Trace - (3 * probes.StandardErrorTrace), exact.Trace + (3 * probes.StandardErrorTrace));
        Assert.Equal(probes.EffectiveParametersTrain, probes.CurveOverTrees[^1].Train, 1e-9 * scale);
        Assert.Equal(exact.CurveOverTrees[0].Train, probes.CurveOverTrees[0].Train, 0.5 * exact.CurveOverTrees[0].Train);
        Assert.Equal(exact.RowSums, probes.RowSums);

        options.Method = SmoothingMethod.RowWise;
        var rowWise = Ml.Model.AnalyzeTreeSmoothing(model, train, query, options);
        Assert.All(exact.TrainLeverage.Zip(rowWise.TrainLeverage), pair => Assert.Equal(pair.First, pair.Second, 1e-10 * scale));
        Assert.All(exact.CurveOverTrees.Zip(rowWise.CurveOverTrees), pair => Assert.Equal(pair.First.Query!.Value, pair.Second.Query!.Value, 1e-10 * scale));
        Assert.Equal(exact.Trace, rowWise.Trace, 1e-9 * Math.Abs(exact.Trace));
        Assert.Equal(0, rowWise.StandardErrorTrain);
    }

    [Theory, InlineData("forest"), InlineData("tree, bags, smoothing, weights"), InlineData("LightGBM, penalty, weights"), InlineData("FastTree, log-loss, weights, bags, smoothing")]
    public void Any_number_of_threads_gives_the_same_bits(string name)
    {
        var (train, query) = (TreeData.View(Ml, TreeRow.Create(3000)), TreeData.View(Ml, TreeRow.Create(1500, seed: 2)));
        var model = TreeModels.All[name]().Fit(train);
        foreach (var method in new[] { SmoothingMethod.LeafSpace, SmoothingMethod.Probe })
        {
            var reports = new[] { 1, 2, 5 }.Select(threads =>
            {
                var options = TreeModels.OptionsOf(name);
                (options.Method, options.NumberOfThreads, options.Seed) = (method, threads, 7);
                return Ml.Model.AnalyzeTreeSmoothing(model, train, query, options);
            }).ToArray();
            foreach (var other in reports[1..])
            {
                Assert.Equal(reports[0].TrainLeverage, other.TrainLeverage);
                Assert.Equal(reports[0].CurveOverTrees, other.CurveOverTrees);
                Assert.Equal(reports[0].Trace, other.Trace);
            }
        }
    }

    /// <summary>The curve's point t is the report of the first t trees: FastTree's earlier trees do not depend on later ones.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void The_curve_over_trees_is_that_of_shorter_models(bool isForest)
    {
        var (train, query) = (TreeData.View(Ml, TreeRow.Create(300)), TreeData.View(Ml, TreeRow.Create(50, seed: 2)));
        IEstimator<ITransformer> Trainer(int trees) => isForest ? Ml.Regression.Trainers.FastForest(numberOfTrees: trees) : Ml.Regression.Trainers.FastTree(numberOfTrees: trees);
        var full = Ml.Model.AnalyzeTreeSmoothing(Trainer(9).Fit(train), train, query).CurveOverTrees;
        for (var trees = 1; trees <= 9; trees += 4)
        {
            var part = Ml.Model.AnalyzeTreeSmoothing(Trainer(trees).Fit(train), train, query);
            Assert.Equal(part.EffectiveParametersTrain, full[trees - 1].Train, 9);
            Assert.Equal(part.EffectiveParametersQuery!.Value, full[trees - 1].Query!.Value, 9);
        }
    }

    private static void AssertScores(TreeSmoothingReport report, ITransformer model, IDataView train, IDataView query, string name)
    {
        var isBinary = name.Contains("binary", StringComparison.Ordinal);
        double[] labels = isBinary
            ? [.. train.GetColumn<bool>("Positive").Select(positive => positive ? 1.0 : -1)]
            : [.. train.GetColumn<float>("Label").Select(label => (double)label)];
        var scores = model.Transform(query).GetColumn<float>("Score").ToArray();
        for (var row = 0; row < scores.Length; row += 7)
        {
            var weights = report.GetTopRows(row, labels.Length);
            Assert.Equal(scores[row] / (isBinary ? report.TreeCount : 1), weights.Sum(weight => weight.Weight * labels[weight.Row]), 1e-5);
            Assert.Equal(report.QueryLeverage[row], weights.Sum(weight => weight.Weight * weight.Weight), 1e-9);
            Assert.Equal(TreeModels.RowSumOf(name, report.TreeCount), weights.Sum(weight => weight.Weight), 1e-9);
            Assert.Equal(weights.Select(weight => Math.Abs(weight.Weight)).OrderDescending(), weights.Select(weight => Math.Abs(weight.Weight)));
        }
    }
}
