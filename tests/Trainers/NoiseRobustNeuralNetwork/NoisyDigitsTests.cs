using Microsoft.ML;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>What the defences are for, on a table whose wrong labels are known.</summary>
public sealed class NoisyDigitsTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void Early_learning_regularisation_is_right_where_the_plain_network_repeats_wrong_labels()
    {
        var (plain, plainMemorised) = Measure(0);
        var (robust, robustMemorised) = Measure(3);
        Assert.InRange(plain.Accuracy, 0.4, 0.80);
        Assert.InRange(plainMemorised, 0.5, 1);
        Assert.InRange(robust.Accuracy, 0.94, 1);
        Assert.InRange(robustMemorised, 0, 0.10);
        Assert.InRange(AreaUnderCurve(robust.Suspicions), 0.99, 1);
        Assert.InRange(robust.Suspicions.Take(300).Average(suspicion => NoisyDigits.IsWrong(suspicion.Row) ? 1 : 0), 0.95, 1);
        Assert.InRange(robust.Suspicions.Average(suspicion => suspicion.SuggestedClass == NoisyDigits.TrueClasses[suspicion.Row] ? 1 : 0), 0.94, 1);
    }

    // To the end, where labels are memorised most, instead of to the epoch that is best for rows that are held out; and without the regularisation that every network has by default, as in the reference.
    private ((double Accuracy, IReadOnlyList<LabelSuspicion> Suspicions) Fitted, double Memorised) Measure(double lambda)
    {
        Options options = new()
        {
            ElrLambda = lambda,
            ValidationFraction = 0,
            DropoutRate = 0,
            WeightDecay = 1e-4,
            LearningRate = 1e-3,
            AveragingEpochs = 0,
            SmoothClipping = null,
            Seed = 0,
            NumberOfThreads = 1,
        };
        var memorised = double.NaN;
        var fitted = _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(options).Fit(NoisyDigits.TrainView(_ml), null, predictions =>
        {
            var wrong = predictions.Rows.Zip(predictions.PredictedClasses).Where(row => NoisyDigits.IsWrong(row.First));
            memorised = wrong.Average(row => NoisyDigits.GivenClass(row.First) == row.Second ? 1 : 0);
        });
        var accuracy = _ml.MulticlassClassification.Evaluate(fitted.Transform(NoisyDigits.TestView(_ml))).MicroAccuracy;
        return ((accuracy, fitted.Model.SuspiciousLabels), memorised);
    }

    private static double AreaUnderCurve(IReadOnlyList<LabelSuspicion> mostSuspiciousFirst)
    {
        double wrong = 0, pairs = 0;
        foreach (var suspicion in mostSuspiciousFirst)
        {
            if (NoisyDigits.IsWrong(suspicion.Row))
                wrong++;
            else
                pairs += wrong;
        }
        return pairs / (wrong * (mostSuspiciousFirst.Count - wrong));
    }
}
