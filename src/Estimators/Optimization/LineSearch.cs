namespace MLExtensions.Estimators.Optimization;

/// <summary>A step along a direction.</summary>
/// <param name="Length">Its length in units of the direction.</param>
/// <param name="Value">The function's value at its end.</param>
/// <param name="Slope">The derivative along the direction at its end.</param>
internal readonly record struct LineSearchStep(double Length, double Value, double Slope);

/// <summary>Finds a step that fulfils the strong Wolfe conditions: bracketing, then zooming in by cubic interpolation.</summary>
/// <remarks>Source: J. Nocedal, S. Wright, "Numerical Optimization", 2nd edition, algorithms 3.5 and 3.6. A value that is not finite counts as too high.</remarks>
internal sealed class LineSearch
{
    private const double SufficientDecrease = 1e-4;   // c1
    private const double Curvature = 0.9;             // c2
    private const double Expansion = 2;
    private const int MaximumEvaluations = 30;

    private double[] _trial = [];
    private double[] _gradient = [];
    private double[] _bestGradient = [];
    private LineSearchStep? _best;

    /// <summary>The gradient at the end of the step that was returned.</summary>
    public ReadOnlySpan<double> Gradient => _bestGradient;

    /// <summary>Makes room for vectors of another length.</summary>
    public void Reset(int dimension)
    {
        if (_trial.Length != dimension)
            (_trial, _gradient, _bestGradient) = (new double[dimension], new double[dimension], new double[dimension]);
    }

    /// <summary>Looks for a step; the lowest one found where rounding keeps the conditions out of reach, <see langword="null"/> where none is lower.</summary>
    /// <param name="function">The function.</param>
    /// <param name="point">Where the step starts.</param>
    /// <param name="value">The function's value there.</param>
    /// <param name="slope">The derivative along the direction there, below 0.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="firstLength">The length that is tried first.</param>
    /// <param name="evaluations">Counts evaluations.</param>
    public LineSearchStep? Search(
        DifferentiableFunction function, ReadOnlySpan<double> point, double value, double slope, ReadOnlySpan<double> direction, double firstLength, ref int evaluations)
    {
        _best = null;
        LineSearchStep start = new(0, value, slope);
        var (previous, length) = (start, firstLength);
        for (var i = 0; i < MaximumEvaluations; i++)
        {
            var step = Evaluate(function, point, direction, start, length, ref evaluations);
            if (IsTooHigh(step, start) || (i > 0 && step.Value >= previous.Value))
                return Zoom(function, point, direction, start, previous, step, MaximumEvaluations - i, ref evaluations);
            if (IsFlatEnough(step, start))
                return step;
            if (step.Slope >= 0)
                return Zoom(function, point, direction, start, step, previous, MaximumEvaluations - i, ref evaluations);
            (previous, length) = (step, length * Expansion);
        }
        return _best;
    }

    // Low is the lowest point that fulfils the decrease condition; the wanted step lies between low and high.
    private LineSearchStep? Zoom(
        DifferentiableFunction function, ReadOnlySpan<double> point, ReadOnlySpan<double> direction, LineSearchStep start, LineSearchStep low, LineSearchStep high,
        int maximumEvaluations, ref int evaluations)
    {
        for (var i = 0; i < maximumEvaluations; i++)
        {
            var step = Evaluate(function, point, direction, start, Between(low, high), ref evaluations);
            if (IsTooHigh(step, start) || step.Value >= low.Value)
            {
                high = step;
            }
            else
            {
                if (IsFlatEnough(step, start))
                    return step;
                if (step.Slope * (high.Length - low.Length) >= 0)
                    high = low;
                low = step;
            }
            if (Math.Abs(high.Length - low.Length) <= 1e-14 * Math.Max(high.Length, low.Length))
                break;
        }
        return _best;
    }

    private LineSearchStep Evaluate(
        DifferentiableFunction function, ReadOnlySpan<double> point, ReadOnlySpan<double> direction, LineSearchStep start, double length, ref int evaluations)
    {
        point.CopyTo(_trial);
        VectorMath.AddScaled(_trial, direction, length);
        evaluations++;
        var value = function(_trial, _gradient);
        var slope = VectorMath.Dot(_gradient, direction);
        if (!double.IsFinite(value) || !double.IsFinite(slope))
            return new(length, double.PositiveInfinity, double.NaN);
        LineSearchStep step = new(length, value, slope);
        // The step that is returned is always the lowest one, or has the gradient noted here.
        if (value < start.Value && (_best is null || value < _best.Value.Value || IsFlatEnough(step, start)))
        {
            _best = step;
            _gradient.CopyTo(_bestGradient, 0);
        }
        return step;
    }

    private static bool IsTooHigh(LineSearchStep step, LineSearchStep start)
        => !(step.Value <= start.Value + (SufficientDecrease * step.Length * start.Slope));

    private static bool IsFlatEnough(LineSearchStep step, LineSearchStep start) => Math.Abs(step.Slope) <= -Curvature * start.Slope;

    // The minimum of the cubic through both values and slopes (eq. 3.59), kept away from the ends.
    private static double Between(LineSearchStep low, LineSearchStep high)
    {
        var width = high.Length - low.Length;
        var middle = low.Length + (0.5 * width);
        if (!double.IsFinite(high.Value) || !double.IsFinite(high.Slope))
            return middle;
        var d1 = low.Slope + high.Slope - (3 * (low.Value - high.Value) / (low.Length - high.Length));
        var d2 = Math.Sign(width) * Math.Sqrt((d1 * d1) - (low.Slope * high.Slope));
        var share = 1 - ((high.Slope + d2 - d1) / (high.Slope - low.Slope + (2 * d2)));
        return double.IsFinite(share) ? low.Length + (Math.Clamp(share, 0.1, 0.9) * width) : middle;
    }
}
