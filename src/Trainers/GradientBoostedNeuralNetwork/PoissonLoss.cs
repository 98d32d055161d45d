namespace MLExtensions.Trainers;

/// <summary>y ln(y / m) - y + m for the mean m = exp(F): half the deviance of a Poisson distribution, 0 for a perfect fit.</summary>
/// <remarks>Source: P. McCullagh, J. A. Nelder, "Generalized Linear Models", 2nd edition, 1989, section 2.3.</remarks>
/// <param name="targets">Counts or rates of at least 0.</param>
/// <param name="weights">Weights of the rows, above 0.</param>
internal sealed class PoissonLoss(double[] targets, double[] weights) : BoostingLoss(weights, 1)
{
    private readonly double[] _constants = Array.ConvertAll(targets, y => y > 0 ? (y * Math.Log(y)) - y : 0);

    /// <inheritdoc/>
    /// <remarks>F is the logarithm of a mean: a factor e^M a step, as for odds.</remarks>
    public override double Cap(double logOddsCap) => logOddsCap;

    /// <inheritdoc/>
    public override double[] Start()
    {
        var sum = 0.0;
        for (var i = 0; i < targets.Length; i++)
            sum += Weights[i] * targets[i];
        return [Math.Log(sum / TotalWeight)];
    }

    /// <inheritdoc/>
    public override double LossAlong(int first, int end, double[] scores, double[] direction, double step)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
        {
            var score = scores[i] + (step * direction[i]);
            sum += Weights[i] * (_constants[i] + Math.Exp(score) - (targets[i] * score));
        }
        return sum;
    }

    /// <inheritdoc/>
    public override void Residuals(int first, int end, double[] scores, double[] residuals)
    {
        for (var i = first; i < end; i++)
            residuals[i] = targets[i] - Math.Exp(scores[i]);
    }

    /// <inheritdoc/>
    /// <remarks>The second derivative is the mean m = y - r.</remarks>
    public override double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
            sum += Weights[i] * (targets[i] - residuals[i]) * direction[i] * direction[i];
        return sum;
    }
}
