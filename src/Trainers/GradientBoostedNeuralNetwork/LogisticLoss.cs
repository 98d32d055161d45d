namespace MLExtensions.Trainers;

/// <summary>ln(1 + exp(-2 y F)) with y = -1 or 1: F is half the log-odds.</summary>
internal sealed class LogisticLoss(int[] classes, double[] weights) : BoostingLoss(weights, 1)
{
    /// <inheritdoc/>
    public override double Cap(double logOddsCap) => logOddsCap / 2;

    /// <inheritdoc/>
    public override double[] Start()
    {
        var (positive, negative) = (0.0, 0.0);
        for (var i = 0; i < classes.Length; i++)
        {
            if (classes[i] == 1)
                positive += Weights[i];
            else
                negative += Weights[i];
        }
        return [0.5 * Math.Log(positive / negative)];
    }

    /// <inheritdoc/>
    public override double LossAlong(int first, int end, double[] scores, double[] direction, double step)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
            sum += Weights[i] * SoftPlus(-2 * Sign(i) * (scores[i] + (step * direction[i])));
        return sum;
    }

    /// <inheritdoc/>
    public override void Residuals(int first, int end, double[] scores, double[] residuals)
    {
        for (var i = first; i < end; i++)
            residuals[i] = 2 * Sign(i) / (1 + Math.Exp(2 * Sign(i) * scores[i]));
    }

    /// <inheritdoc/>
    /// <remarks>|r| (2 - |r|) = 4 p (1 - p).</remarks>
    public override double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
        {
            var residual = Math.Abs(residuals[i]);
            sum += Weights[i] * residual * (2 - residual) * direction[i] * direction[i];
        }
        return sum;
    }

    private static double SoftPlus(double z) => Math.Max(z, 0) + double.LogP1(Math.Exp(-Math.Abs(z)));

    private double Sign(int row) => classes[row] == 1 ? 1 : -1;
}
