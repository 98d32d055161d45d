namespace MLExtensions.Estimators.Optimization;

/// <summary>Why a minimisation ended.</summary>
internal enum StopReason
{
    /// <summary>Every component of the gradient is small.</summary>
    SmallGradient,

    /// <summary>The last iteration lowered the value by next to nothing.</summary>
    SmallDecrease,

    /// <summary>The largest number of iterations was reached.</summary>
    IterationLimit,

    /// <summary>No lower point was found along the steepest descent: the value is at the limit of rounding.</summary>
    NoProgress,

    /// <summary>The function or its gradient is not finite at the starting point.</summary>
    NotFinite,
}

/// <summary>How a minimisation ended.</summary>
/// <param name="Value">The lowest value found, at the point that was returned.</param>
/// <param name="Iterations">Number of steps taken.</param>
/// <param name="Evaluations">How often the function was evaluated.</param>
/// <param name="Reason">Why it ended.</param>
internal readonly record struct MinimizationResult(double Value, int Iterations, int Evaluations, StopReason Reason);
