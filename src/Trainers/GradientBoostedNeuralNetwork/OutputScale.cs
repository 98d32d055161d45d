using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <summary>How the model's outputs follow from the boosted scores: output = offset + factor * F.</summary>
/// <param name="Offset">Mean of the target in regression, otherwise 0.</param>
/// <param name="Factor">Deviation of the target in regression (0 for a constant one), 2 for binary classification, whose F is half the log-odds, otherwise 1.</param>
/// <param name="LossFactor">The loss in the user's units per unit of the boosted loss.</param>
internal sealed record OutputScale(double Offset, double Factor, double LossFactor)
{
    // A deviation below this share of the mean is rounding: the target is constant.
    private const double SmallestRelativeDeviation = 1e-8;

    /// <summary>The scale of a task; for regression that of the rows' targets.</summary>
    public static OutputScale Of(PredictionTask task, RowBlock rows, double[] weights) => task switch
    {
        PredictionTask.Regression => OfTargets(rows.Targets, weights),
        PredictionTask.BinaryClassification => new(0, 2, 1),
        _ => new(0, 1, 1),
    };

    /// <summary>The loss of rows, in the units of F.</summary>
    public BoostingLoss Loss(PredictionTask task, RowBlock rows, double[] weights, int classCount) => task switch
    {
        PredictionTask.Regression => new SquaredLoss([.. rows.Targets.ToArray().Select(target => (target - Offset) / Divisor)], weights),
        PredictionTask.BinaryClassification => new LogisticLoss(rows.Classes.ToArray(), weights),
        _ => new SoftmaxLoss(rows.Classes.ToArray(), weights, classCount),
    };

    /// <summary>Boosted scores from outputs.</summary>
    public double[] ToScores(double[] outputs) => Array.ConvertAll(outputs, output => (output - Offset) / Divisor);

    /// <summary>Outputs from boosted scores.</summary>
    public double[] ToOutputs(double[] scores) => Array.ConvertAll(scores, score => Offset + (Factor * score));

    private double Divisor => Factor > 0 ? Factor : 1;

    private static OutputScale OfTargets(ReadOnlySpan<float> targets, double[] weights)
    {
        var (total, mean, squares) = (0.0, 0.0, 0.0);
        for (var i = 0; i < targets.Length; i++)
            (total, mean) = (total + weights[i], mean + (weights[i] * targets[i]));
        mean /= total;
        for (var i = 0; i < targets.Length; i++)
            squares += weights[i] * (targets[i] - mean) * (targets[i] - mean);
        var deviation = Math.Sqrt(squares / total);
        return deviation > SmallestRelativeDeviation * Math.Abs(mean) ? new(mean, deviation, deviation * deviation) : new(mean, 0, 1);
    }
}
