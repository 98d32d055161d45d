// A 90 % interval for the price of a diamond from two quantiles, and one network cut to fewer units.
// dotnet run -c Release --project samples/PredictionIntervals
using System.Diagnostics;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using PredictionIntervals;
using Samples;

var ml = new MLContext(seed: 1);
var (train, test) = Diamond.Load(ml);
var prepare = ml.Transforms.Categorical.OneHotEncoding([.. Diamond.CategoricalColumns.Select(name => new InputOutputColumnPair(name))])
    .Append(ml.Transforms.Concatenate("Features", [.. Diamond.NumericColumns, .. Diamond.CategoricalColumns]))
    .Fit(train);
var (trainRows, testRows) = (ml.Data.Cache(prepare.Transform(train)), prepare.Transform(test));

Console.WriteLine("Training on four fifths of the diamonds; what follows is measured on the others.");
var lower = Fit("5 % quantile", new() { Loss = RegressionLoss.Quantile, Quantile = 0.05 });
var upper = Fit("95 % quantile", new() { Loss = RegressionLoss.Quantile, Quantile = 0.95 });
Console.WriteLine();
Console.WriteLine("Of ten prices, nine should lie between both quantiles:");
new Intervals(lower, upper, testRows).Print();

Console.WriteLine();
var mean = Fit("mean", new() { PolishOutputWeights = true });
Console.WriteLine();
Console.WriteLine("The first units of a network are a network. Cut, it is less accurate and faster:");
Truncation.Print(ml, mean, testRows);
Console.WriteLine("Losses, quantiles, truncation: docs/gradient-boosted-neural-network.md");

PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> Fit(string name, GradientBoostedNeuralNetworkTrainer.Options options)
{
    var start = Stopwatch.GetTimestamp();
    var fitted = ml.Regression.Trainers.GradientBoostedNeuralNetwork(options).Fit(trainRows);
    Console.WriteLine($"{name + ":",-14} {fitted.Model.UnitCount} units in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
    return fitted;
}
