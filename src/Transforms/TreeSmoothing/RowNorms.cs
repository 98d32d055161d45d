namespace MLExtensions.Transforms;

/// <summary>What the smoother does on a set of rows.</summary>
/// <param name="SquaredNorms">||s(x)||^2 of each row: its leverage.</param>
/// <param name="Curve">Their sum after 1, 2, ... trained trees; empty where it was not asked for.</param>
/// <param name="StandardError">Of the sum, where it is estimated; otherwise 0.</param>
internal sealed record RowNorms(double[] SquaredNorms, double[] Curve, double StandardError = 0)
{
    /// <summary>The sum over the rows: their number times the mean leverage.</summary>
    public double Sum => SquaredNorms.Sum();
}

/// <summary>Norms of training and query rows, and the trace.</summary>
internal sealed record SmoothingNorms(RowNorms Train, RowNorms? Query, double Trace, double TraceError);
