namespace MLExtensions.Trainers;

/// <summary>e^2 / 2 for errors e = y - F up to delta, delta (|e| - delta / 2) beyond: outliers pull with the force of an error of delta.</summary>
/// <remarks>
/// Source: P. J. Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35 (1964) 73-101. Beyond delta the loss has no curvature; the one used is that
/// of the parabola that touches the loss at e and lies above it everywhere else, min(1, delta / |e|), so that the full step never raises the loss.
/// </remarks>
internal sealed class HuberLoss(double[] targets, double[] weights, double delta) : BoostingLoss(weights, 1)
{
    private const int MaximumBisections = 200;

    /// <inheritdoc/>
    /// <remarks>The step minimises a bound on the loss: it needs no cap.</remarks>
    public override double Cap(double logOddsCap) => double.PositiveInfinity;

    /// <inheritdoc/>
    /// <remarks>The location where the residuals add up to 0; their sum falls from one end of the targets to the other.</remarks>
    public override double[] Start()
    {
        var (low, high) = (targets.Min(), targets.Max());
        for (var i = 0; i < MaximumBisections; i++)
        {
            var middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high)
                break;
            var sum = 0.0;
            for (var row = 0; row < targets.Length; row++)
                sum += Weights[row] * Limited(targets[row] - middle);
            (low, high) = sum > 0 ? (middle, high) : (low, middle);
        }
        return [low + ((high - low) / 2)];
    }

    /// <inheritdoc/>
    public override double LossAlong(int first, int end, double[] scores, double[] direction, double step)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
        {
            var error = Math.Abs(targets[i] - scores[i] - (step * direction[i]));
            sum += Weights[i] * (error <= delta ? error * error / 2 : delta * (error - (delta / 2)));
        }
        return sum;
    }

    /// <inheritdoc/>
    public override void Residuals(int first, int end, double[] scores, double[] residuals)
    {
        for (var i = first; i < end; i++)
            residuals[i] = Limited(targets[i] - scores[i]);
    }

    /// <inheritdoc/>
    public override double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
            sum += Weights[i] * Math.Min(1, delta / Math.Abs(targets[i] - scores[i])) * direction[i] * direction[i];
        return sum;
    }

    private double Limited(double error) => Math.Clamp(error, -delta, delta);
}
