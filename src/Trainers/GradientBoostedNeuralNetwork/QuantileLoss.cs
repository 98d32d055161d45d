namespace MLExtensions.Trainers;

/// <summary>q e for errors e = y - F above 0 and (q - 1) e below: least where a share q of the targets lies below F.</summary>
/// <remarks>
/// Source: R. Koenker, G. Bassett, "Regression Quantiles", Econometrica 46 (1978) 33-50. The loss has no curvature; along h it is a convex polygon, whose lowest corner is
/// found exactly.
/// </remarks>
internal sealed class QuantileLoss(double[] targets, double[] weights, double quantile) : BoostingLoss(weights, 1)
{
    /// <inheritdoc/>
    /// <remarks>The step is the exact minimum: it needs no cap.</remarks>
    public override double Cap(double logOddsCap) => double.PositiveInfinity;

    /// <inheritdoc/>
    public override double[] Start() => [WeightedQuantile.Of(targets, Weights, quantile)];

    /// <inheritdoc/>
    public override double LossAlong(int first, int end, double[] scores, double[] direction, double step)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
        {
            var error = targets[i] - scores[i] - (step * direction[i]);
            sum += Weights[i] * error * (error > 0 ? quantile : quantile - 1);
        }
        return sum;
    }

    /// <inheritdoc/>
    public override void Residuals(int first, int end, double[] scores, double[] residuals)
    {
        for (var i = first; i < end; i++)
            residuals[i] = Force(targets[i] - scores[i]);
    }

    /// <inheritdoc/>
    public override double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction) => 0;

    /// <inheritdoc/>
    public override double? ExactStep(double[] scores, double[] direction)
    {
        // Walks from step 0 from corner to corner for as long as the loss falls. At the corner of row i its error changes sign, and the slope rises by w |h|.
        var (slope, corners, rises) = (0.0, new List<double>(), new List<double>());
        for (var i = 0; i < targets.Length; i++)
        {
            var (error, h) = (targets[i] - scores[i], direction[i]);
            if (h == 0)
                continue;
            // A row on its corner has the slope that it has behind it.
            slope -= Weights[i] * h * (error == 0 ? Force(-h) : Force(error));
            if (error / h is > 0 and var corner)
            {
                corners.Add(corner);
                rises.Add(Weights[i] * Math.Abs(h));
            }
        }
        if (slope >= 0)
            return 0;
        var (sorted, sortedRises) = (corners.ToArray(), rises.ToArray());
        Array.Sort(sorted, sortedRises);
        for (var i = 0; i < sorted.Length; i++)
        {
            slope += sortedRises[i];
            if (slope >= 0)
                return sorted[i];
        }
        return sorted.Length > 0 ? sorted[^1] : 0;
    }

    // -dL/dF; any number between q - 1 and q would do on the corner.
    private double Force(double error) => error > 0 ? quantile : error < 0 ? quantile - 1 : 0;
}
