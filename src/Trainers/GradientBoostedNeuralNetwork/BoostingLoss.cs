namespace MLExtensions.Trainers;

/// <summary>A loss of raw scores F, row by row, and what boosting needs of it. Sums are over the rows from first to end and weighted.</summary>
/// <param name="weights">Weights of the rows, above 0.</param>
/// <param name="outputs">Outputs K of the scores.</param>
internal abstract class BoostingLoss(double[] weights, int outputs)
{
    /// <summary>Number of rows n.</summary>
    public int RowCount => Weights.Length;

    /// <summary>Outputs K.</summary>
    public int OutputCount => outputs;

    /// <summary>Weights of the rows.</summary>
    public double[] Weights => weights;

    /// <summary>Sum of the weights.</summary>
    public double TotalWeight { get; } = weights.Sum();

    /// <summary>How far one step may move F when M is the cap in log-odds.</summary>
    public abstract double Cap(double logOddsCap);

    /// <summary>The constant score with the least loss, F0, K numbers.</summary>
    public abstract double[] Start();

    /// <summary>The loss of F.</summary>
    public double Loss(int first, int end, double[] scores) => LossAlong(first, end, scores, scores, 0);

    /// <summary>The loss of F + step h.</summary>
    public abstract double LossAlong(int first, int end, double[] scores, double[] direction, double step);

    /// <summary>Writes the residuals r = -dL/dF.</summary>
    public abstract void Residuals(int first, int end, double[] scores, double[] residuals);

    /// <summary>The second derivative of the loss along h, or a bound on it that makes a full step safe.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="end">The row after the last.</param>
    /// <param name="scores">The scores F.</param>
    /// <param name="residuals">Their residuals.</param>
    /// <param name="direction">h of all rows.</param>
    public abstract double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction);

    /// <summary>The step along h with the least loss, found directly; <see langword="null"/> where slope and curvature give it.</summary>
    /// <param name="scores">The scores F of all rows.</param>
    /// <param name="direction">h of all rows.</param>
    public virtual double? ExactStep(double[] scores, double[] direction) => null;
}
