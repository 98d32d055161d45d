using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>How much the error of the gradient-boosted neural network on a small noisy table depends on the seed, at several learning rates.</summary>
internal sealed class GradientBoostingSeeds : Measurement
{
    private const int Seeds = 24;
    private const int Units = 200;

    private static readonly double[] LearningRates = [1, 0.3, 0.1];

    public override string Name => "gradient-boosting-seeds";

    public override string Title => "Gradient-boosted neural network, spread over seeds";

    public override string Run()
    {
        Table table = new("Learning rate", "mean", "standard error", "median", "lowest", "highest");
        foreach (var rate in LearningRates)
        {
            double[] errors = [.. Enumerable.Range(1, Seeds).Select(seed => Error(rate, seed)).Order()];
            var mean = errors.Average();
            var deviation = Math.Sqrt(errors.Sum(error => (error - mean) * (error - mean)) / (Seeds - 1));
            table.Add([rate.ToString(CultureInfo.InvariantCulture), .. new[] { mean, deviation / Math.Sqrt(Seeds), (errors[(Seeds / 2) - 1] + errors[Seeds / 2]) / 2, errors[0], errors[^1] }.Select(Text)]);
        }
        return $"Diabetes, root of the mean squared error on test rows (index modulo 10 in 3, 6, 9); {Units} units, one a step, subsample 0.5, seeds 1 to {Seeds}.\n\n{table}";
    }

    private static double Error(double learningRate, int seed)
    {
        MLContext ml = new(seed);
        var trainer = ml.Regression.Trainers.GradientBoostedNeuralNetwork(
            new GradientBoostedNeuralNetworkTrainer.Options { NumberOfUnits = Units, LearningRate = learningRate, Seed = seed, LabelColumnName = "Target" });
        var fitted = trainer.Fit(GradientBoosting.Load(ml, "diabetes", isTest: false));
        return GradientBoosting.Evaluate(ml, fitted.Transform(GradientBoosting.Load(ml, "diabetes", isTest: true)), PredictionTask.Regression);
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
