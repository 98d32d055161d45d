namespace MLExtensions.Trainers;

/// <summary>(y - F)^2 / 2, whose constant is the mean and whose line search is exact.</summary>
internal sealed class SquaredLoss(double[] targets, double[] weights) : BoostingLoss(weights, 1)
{
    /// <inheritdoc/>
    /// <remarks>The step is the exact minimum: it needs no cap.</remarks>
    public override double Cap(double logOddsCap) => double.PositiveInfinity;

    /// <inheritdoc/>
    public override double[] Start()
    {
        var sum = 0.0;
        for (var i = 0; i < targets.Length; i++)
            sum += Weights[i] * targets[i];
        return [sum / TotalWeight];
    }

    /// <inheritdoc/>
    public override double LossAlong(int first, int end, double[] scores, double[] direction, double step)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
        {
            var difference = targets[i] - scores[i] - (step * direction[i]);
            sum += Weights[i] * difference * difference / 2;
        }
        return sum;
    }

    /// <inheritdoc/>
    public override void Residuals(int first, int end, double[] scores, double[] residuals)
    {
        for (var i = first; i < end; i++)
            residuals[i] = targets[i] - scores[i];
    }

    /// <inheritdoc/>
    public override double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
            sum += Weights[i] * direction[i] * direction[i];
        return sum;
    }
}
