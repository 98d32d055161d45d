using System.Numerics.Tensors;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <summary>How the network's raw outputs follow from the boosted scores: output = offset + factor * F.</summary>
/// <param name="Offset">Mean or median of the target in regression, the logarithm of the mean with Poisson loss, otherwise 0.</param>
/// <param name="Factor">
/// Spread of the target in regression, 0 for a constant one; 2 for binary classification, whose F is half the log-odds; otherwise 1.
/// </param>
/// <param name="LossFactor">The loss in the user's units per unit of the boosted loss.</param>
internal sealed record OutputScale(double Offset, double Factor, double LossFactor)
{
    // A spread below this share of the offset is rounding: the target is constant.
    private const double SmallestRelativeSpread = 1e-8;

    /// <summary>What stands for the logarithm of 0 with Poisson loss: the least that a model gives, 1.6e-38 as a mean.</summary>
    public const double LogOfNothing = -GradientBoostedNeuralNetworkModelParameters.LargestLogMean;

    // Standard deviation of a normal distribution in units of its median and of its mean distance from the middle.
    private const double PerMedianDeviation = 1.482602218505602;
    private const double PerMeanDeviation = 1.2533141373155003;

    /// <summary>The scale of a task; for regression that of the rows' targets.</summary>
    public static OutputScale Of(PredictionTask task, GradientBoostedNeuralNetworkTrainer.Options options, RowBlock rows, double[] weights) => (task, options.Loss) switch
    {
        (PredictionTask.BinaryClassification, _) => new(0, 2, 1),
        (PredictionTask.MulticlassClassification, _) => new(0, 1, 1),
        (_, RegressionLoss.Poisson) => OfCounts(Targets(rows), weights),
        (_, RegressionLoss.Squared) => OfMean(Targets(rows), weights),
        (_, RegressionLoss.Huber) => OfMedian(Targets(rows), weights, lossIsSquare: true),
        _ => OfMedian(Targets(rows), weights, lossIsSquare: false),
    };

    /// <summary>The loss of rows, in the units of F.</summary>
    public BoostingLoss Loss(PredictionTask task, GradientBoostedNeuralNetworkTrainer.Options options, RowBlock rows, double[] weights, int classCount)
        => (task, options.Loss) switch
        {
            (PredictionTask.BinaryClassification, _) => new LogisticLoss(rows.Classes.ToArray(), weights),
            (PredictionTask.MulticlassClassification, _) => new SoftmaxLoss(rows.Classes.ToArray(), weights, classCount),
            (_, RegressionLoss.Poisson) => new PoissonLoss(Array.ConvertAll(Targets(rows), target => target / LossFactor), weights),
            (_, RegressionLoss.Squared) => new SquaredLoss(ToScores(Targets(rows)), weights),
            (_, RegressionLoss.Huber) => new HuberLoss(ToScores(Targets(rows)), weights, options.HuberDelta),
            _ => new QuantileLoss(ToScores(Targets(rows)), weights, options.Quantile),
        };

    /// <summary>Boosted scores from outputs.</summary>
    public double[] ToScores(double[] outputs) => Array.ConvertAll(outputs, output => (output - Offset) / Divisor);

    /// <summary>Outputs from boosted scores.</summary>
    public double[] ToOutputs(double[] scores) => Array.ConvertAll(scores, score => Factor > 0 ? Offset + (Factor * score) : Offset);

    private double Divisor => Factor > 0 ? Factor : 1;

    private static double[] Targets(RowBlock rows)
    {
        var targets = new double[rows.Targets.Length];
        TensorPrimitives.ConvertChecked(rows.Targets, targets);
        return targets;
    }

    private static OutputScale OfMean(double[] targets, double[] weights)
    {
        var mean = Mean(targets, weights);
        var deviation = Math.Sqrt(Mean(Array.ConvertAll(targets, target => (target - mean) * (target - mean)), weights));
        return IsSpread(deviation, mean) ? new(mean, deviation, deviation * deviation) : new(mean, 0, 1);
    }

    // Neither median nor median distance from it heeds outliers. Where more than half of the targets are equal, the mean distance takes its place.
    private static OutputScale OfMedian(double[] targets, double[] weights, bool lossIsSquare)
    {
        var median = WeightedQuantile.Of(targets, weights, 0.5);
        var distances = Array.ConvertAll(targets, target => Math.Abs(target - median));
        var spread = PerMedianDeviation * WeightedQuantile.Of(distances, weights, 0.5);
        if (!IsSpread(spread, median))
            spread = PerMeanDeviation * Mean(distances, weights);
        return IsSpread(spread, median) ? new(median, spread, lossIsSquare ? spread * spread : spread) : new(median, 0, 1);
    }

    // Counts are divided by their mean, which moves the logarithm of what is predicted.
    private static OutputScale OfCounts(double[] counts, double[] weights)
    {
        var mean = Mean(counts, weights);
        if (mean == 0)
            return new(LogOfNothing, 0, 1);
        return new(Math.Log(mean), Array.TrueForAll(counts, count => count == counts[0]) ? 0 : 1, mean);
    }

    private static double Mean(double[] values, double[] weights)
    {
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
            (sum, total) = (sum + (weights[i] * values[i]), total + weights[i]);
        return sum / total;
    }

    private static bool IsSpread(double spread, double middle) => spread > SmallestRelativeSpread * Math.Abs(middle);
}
