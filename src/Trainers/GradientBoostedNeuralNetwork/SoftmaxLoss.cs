namespace MLExtensions.Trainers;

/// <summary>-F_y + ln sum_k exp(F_k) over K classes.</summary>
internal sealed class SoftmaxLoss(int[] classes, double[] weights, int classCount) : BoostingLoss(weights, classCount)
{
    /// <inheritdoc/>
    public override double Cap(double logOddsCap) => logOddsCap;

    /// <inheritdoc/>
    /// <remarks>ln prior_k less the mean over the classes; a class without rows counts as half a row of mean weight.</remarks>
    public override double[] Start()
    {
        var counts = new double[OutputCount];
        for (var i = 0; i < classes.Length; i++)
            counts[classes[i]] += Weights[i];
        var logs = Array.ConvertAll(counts, count => Math.Log((count > 0 ? count : 0.5 * TotalWeight / RowCount) / TotalWeight));
        var mean = logs.Average();
        return Array.ConvertAll(logs, log => log - mean);
    }

    /// <inheritdoc/>
    public override double LossAlong(int first, int end, double[] scores, double[] direction, double step)
    {
        var sum = 0.0;
        Span<double> row = stackalloc double[Math.Min(OutputCount, 256)];
        if (OutputCount > row.Length)
            row = new double[OutputCount];
        for (var i = first; i < end; i++)
        {
            for (var k = 0; k < row.Length; k++)
                row[k] = scores[(i * row.Length) + k] + (step * direction[(i * row.Length) + k]);
            sum += Weights[i] * (LogSumExp(row) - row[classes[i]]);
        }
        return sum;
    }

    /// <inheritdoc/>
    public override void Residuals(int first, int end, double[] scores, double[] residuals)
    {
        for (var i = first; i < end; i++)
        {
            var row = scores.AsSpan(i * OutputCount, OutputCount);
            var target = residuals.AsSpan(i * OutputCount, OutputCount);
            var logSum = LogSumExp(row);
            for (var k = 0; k < row.Length; k++)
                target[k] = -Math.Exp(row[k] - logSum);
            target[classes[i]] += 1;
        }
    }

    /// <inheritdoc/>
    /// <remarks>sum_k p_k h_k^2 - (sum_k p_k h_k)^2, with p = onehot - r.</remarks>
    public override double Curvature(int first, int end, double[] scores, double[] residuals, double[] direction)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
        {
            var (mean, square) = (0.0, 0.0);
            for (var k = 0; k < OutputCount; k++)
            {
                var p = (classes[i] == k ? 1 : 0) - residuals[(i * OutputCount) + k];
                var h = direction[(i * OutputCount) + k];
                mean += p * h;
                square += p * h * h;
            }
            sum += Weights[i] * (square - (mean * mean));
        }
        return sum;
    }

    private static double LogSumExp(ReadOnlySpan<double> row)
    {
        var highest = row[0];
        foreach (var value in row)
            highest = Math.Max(highest, value);
        var sum = 0.0;
        foreach (var value in row)
            sum += Math.Exp(value - highest);
        return highest + Math.Log(sum);
    }
}
