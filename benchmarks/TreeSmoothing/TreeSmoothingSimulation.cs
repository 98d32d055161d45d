using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>The simulation of the papers: effective parameters and test error of single trees, forests and boosted models, beside independently computed means.</summary>
internal sealed class TreeSmoothingSimulation : Measurement
{
    private const int Rows = 500;
    private const int Trees = 50;
    private const int Seeds = 3;

    private static readonly int[] BoostedTrees = [50, 100, 500];

    public override string Name => "tree-smoothing-simulation";

    public override string Title => "Tree smoothing: the papers' simulation";

    public override string Run()
    {
        Progress("simulation");
        return $"""
            {Rows} training and {Rows} test rows, {Trees} trees unless told otherwise, means of {Seeds} seeds with their standard deviation. Reference: means of three other seeds, boosting one seed, by another program.
            Trees of the rows "CART" are grown here and fed as structures, the others are trained by ML.NET: `FastForest` draws from all features of a split with a probability and bags without
            replacement, `FastTree` boosts from zero with rate 0.05.

            {Table()}
            Test inputs that move away from the training inputs (each feature by up to the offset in either direction), CART, 2 of 5 features, no bootstrap, {Trees} trees:

            {Offsets()}
            More trees, CART, 2 of 5 features, no bootstrap: the best of 10 retrained models (bias) and the distance of the others to it (variability), mean squared, without noise.

            {Decomposition()}
            """;
    }

    private static Table Table()
    {
        Table table = new("Model", "p_train", "reference", "p_test", "reference", "gap", "test MSE", "reference");
        foreach (var (name, model, reference) in Models())
        {
            var results = Enumerable.Range(1, Seeds).Select(model).ToArray();
            table.Add(
                name, MeanOf(results, result => result.Train), reference[0], MeanOf(results, result => result.Test), reference[1],
                Text(results.Average(result => result.Train - result.Test)), MeanOf(results, result => result.Error), reference[2]);
        }
        return table;
    }

    // With the standard deviation over the seeds.
    private static string MeanOf(Result[] results, Func<Result, double> select)
    {
        var mean = results.Average(select);
        var deviation = Math.Sqrt(results.Sum(result => (select(result) - mean) * (select(result) - mean)) / (results.Length - 1));
        return deviation < 0.005 ? Text(mean) : $"{Text(mean)} ± {Text(deviation)}";
    }

    private sealed record Result(double Train, double Test, double Error);

    private static IEnumerable<(string Name, Func<int, Result> Model, string[] Reference)> Models()
    {
        yield return ("one tree, all features, CART", seed => Cart(seed, 1, 5, bootstrap: false), ["500", "500", "2.5"]);
        yield return ("one tree, 1 of 5 features, CART", seed => Cart(seed, 1, 1, bootstrap: false), ["500", "500", "5"]);
        yield return ("forest, all features, no bootstrap, CART", seed => Cart(seed, Trees, 5, bootstrap: false), ["500", "284.3", "2.35"]);
        yield return ("forest, 1/3 of the features, no bootstrap, CART", seed => Cart(seed, Trees, 1, bootstrap: false), ["500", "41.3", "1.57"]);
        yield return ("forest, 1/3 of the features, bootstrap, CART", seed => Cart(seed, Trees, 1, bootstrap: true), ["209.0", "29.6", "1.56"]);
        yield return ("forest, all features, bootstrap, CART", seed => Cart(seed, Trees, 5, bootstrap: true), ["211.2", "45.9", "1.28"]);
        yield return ("forest, 1/3 of the features, no bootstrap, 50 leaves, CART", seed => Cart(seed, Trees, 1, bootstrap: false, 50), ["12.8", "7.5", "1.75"]);
        yield return ("forest, 1/3 of the features, no bags, 50 leaves, `FastForest`", seed => Forest(seed, 50, 1.0 / 3, 1), ["", "", ""]);
        yield return ("forest, 1/3 of the features, no bags, 500 leaves, `FastForest`", seed => Forest(seed, Rows, 1.0 / 3, 1), ["", "", ""]);
        yield return ("forest, all features, bags of 70 %, 500 leaves, `FastForest`", seed => Forest(seed, Rows, 1, 0.7), ["", "", ""]);
        foreach (var (leaves, reference) in new[]
        {
            (2, "1.67/2.62/9.14 1.67/2.60/9.50 2.64/1.60/1.02"), (20, "13.9/27.0/165.8 12.3/20.8/75.9 1.58/1.24/1.32"), (50, "38.2/81.9/364.2 28.4/47.1/107.1 1.70/1.39/1.39"),
        })
        {
            var columns = reference.Split(' ').Select(column => column.Split('/')).ToArray();
            foreach (var (i, trees) in BoostedTrees.Index())
                yield return ($"boosting, {leaves} leaves, {trees} trees, `FastTree`", seed => Boosting(seed, leaves, trees), [.. columns.Select(column => column[i])]);
        }
    }

    private static (SimulatedTable Train, SimulatedTable Test, Random Random) Draw(int seed)
    {
        Random random = new(seed);
        return (new(Rows, random), new(Rows, random), random);
    }

    private static Result Cart(int seed, int trees, int features, bool bootstrap, int leaves = int.MaxValue)
    {
        var (train, test, random) = Draw(seed);
        CartForest forest = new(train, trees, features, bootstrap, random, leaves);
        return new(forest.Parameters(train.X)[^1], forest.Parameters(test.X)[^1], MeanSquared(forest.Scores(test.X), test.Y));
    }

    private static Result Forest(int seed, int leaves, double features, double bag) => Trained(seed, ml => ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options
    {
        NumberOfTrees = Trees,
        NumberOfLeaves = leaves,
        MinimumExampleCountPerLeaf = 1,
        MaximumBinCountPerFeature = 2 * Rows,
        FeatureFraction = 1,
        FeatureFractionPerSplit = features,
        BaggingExampleFraction = bag,
        Seed = seed,
    }));

    private static Result Boosting(int seed, int leaves, int trees) => Trained(seed, ml => ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options
    {
        NumberOfTrees = trees,
        NumberOfLeaves = leaves,
        MinimumExampleCountPerLeaf = 1,
        MaximumBinCountPerFeature = 2 * Rows,
        LearningRate = 0.05,
        Seed = seed,
    }));

    private static Result Trained(int seed, Func<MLContext, IEstimator<ITransformer>> trainer)
    {
        var (train, test, _) = Draw(seed);
        MLContext ml = new(seed);
        var model = trainer(ml).Fit(train.View(ml));
        // Exact, however many leaves.
        TreeSmoothingOptions options = new() { Method = SmoothingMethod.RowWise, Curve = false };
        var report = ml.Model.AnalyzeTreeSmoothing(model, train.View(ml), test.View(ml), options);
        double[] scores = [.. model.Transform(test.View(ml)).GetColumn<float>("Score").Select(score => (double)score)];
        return new(report.EffectiveParametersTrain, report.EffectiveParametersQuery!.Value, MeanSquared(scores, test.Y));
    }

    private static Table Offsets()
    {
        float[] offsets = [0, 0.01f, 0.03f, 0.1f, 0.3f];
        Table table = new(["Offset", .. offsets.Select(offset => offset.ToString(CultureInfo.InvariantCulture))]);
        var parameters = Enumerable.Range(1, Seeds).Select(seed =>
        {
            var (train, _, random) = Draw(seed);
            CartForest forest = new(train, Trees, 2, bootstrap: false, random);
            return offsets.Select(offset => forest.Parameters(train.Near(offset, random).X)[^1]).ToArray();
        }).ToArray();
        table.Add(["p", .. offsets.Select((_, i) => Text(parameters.Average(row => row[i])))]);
        return table;
    }

    private static Table Decomposition()
    {
        int[] counts = [1, 5, 20, 50];
        Table table = new(["Trees", .. counts.Select(count => $"{count}")]);
        List<double> bias = [], variability = [], parameters = [];
        foreach (var trees in counts)
        {
            var (train, test, random) = Draw(1);
            var forests = Enumerable.Range(0, 10).Select(_ => new CartForest(train, trees, 2, bootstrap: false, random)).ToArray();
            double[][] scores = [.. forests.Select(forest => forest.Scores(test.X))];
            var best = scores.MinBy(score => MeanSquared(score, test.Mean))!;
            bias.Add(MeanSquared(best, test.Mean));
            variability.Add(scores.Where(score => score != best).Average(score => MeanSquared(score, best)));
            parameters.Add(forests.Average(forest => forest.Parameters(test.X)[^1]));
        }
        table.Add(["p_test", .. parameters.Select(Text)]);
        table.Add(["bias", .. bias.Select(Error)]);
        table.Add(["variability", .. variability.Select(Error)]);
        return table;
    }

    private static double MeanSquared(double[] scores, double[] targets) => scores.Zip(targets, (score, target) => (score - target) * (score - target)).Average();

    private static string Text(double value) => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);

    private static string Error(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
