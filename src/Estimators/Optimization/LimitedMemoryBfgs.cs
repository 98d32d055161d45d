using System.Numerics.Tensors;

namespace MLExtensions.Estimators.Optimization;

/// <summary>Minimises a smooth function by L-BFGS: quasi-Newton directions from the last few steps, and a line search to the strong Wolfe conditions.</summary>
/// <remarks>
/// Source: J. Nocedal, S. Wright, "Numerical Optimization", 2nd edition, Springer 2006, algorithms 7.4 (two-loop recursion), 7.5, 3.5 and 3.6 (line search).
/// All state is in double, and the same function gives the same result to the last bit. An instance keeps its buffers and serves one thread.
/// </remarks>
/// <param name="maximumIterations">Largest number of directions, at least 0.</param>
/// <param name="memory">Pairs of steps and gradient changes that make up the curvature, at least 1.</param>
/// <param name="relativeDecrease">Stops when an iteration lowers the value by less than this share of max(|value|, 1).</param>
/// <param name="gradientTolerance">Stops when no component of the gradient is larger.</param>
internal sealed class LimitedMemoryBfgs(int maximumIterations = 200, int memory = 10, double relativeDecrease = 2.2e-9, double gradientTolerance = 1e-7)
{
    private readonly CorrectionPairs _pairs = new(memory);
    private readonly LineSearch _lineSearch = new();
    private double[] _gradient = [];
    private double[] _direction = [];

    /// <summary>Moves a point downhill until a stopping rule holds.</summary>
    /// <param name="function">What to minimise.</param>
    /// <param name="point">The starting point; receives the lowest point found.</param>
    public MinimizationResult Minimize(DifferentiableFunction function, Span<double> point)
    {
        Reset(point.Length);
        var value = function(point, _gradient);
        var evaluations = 1;
        if (!double.IsFinite(value) || !double.IsFinite(VectorMath.MaxAbs(_gradient)))
            return new(value, 0, evaluations, StopReason.NotFinite);

        for (var iteration = 0; ; iteration++)
        {
            if (VectorMath.MaxAbs(_gradient) < gradientTolerance)
                return new(value, iteration, evaluations, StopReason.SmallGradient);
            if (iteration == maximumIterations)
                return new(value, iteration, evaluations, StopReason.IterationLimit);

            var step = Search(function, point, value, ref evaluations);
            if (step is not { } found)
                return new(value, iteration, evaluations, StopReason.NoProgress);
            Accept(found, point);
            var decrease = (value - found.Value) / Math.Max(Math.Max(Math.Abs(value), Math.Abs(found.Value)), 1);
            value = found.Value;
            if (decrease < relativeDecrease)
                return new(value, iteration + 1, evaluations, StopReason.SmallDecrease);
        }
    }

    // The quasi-Newton direction first; where rounding or curvature has spoilt it, once more from the plain gradient.
    private LineSearchStep? Search(DifferentiableFunction function, ReadOnlySpan<double> point, double value, ref int evaluations)
    {
        while (true)
        {
            TensorPrimitives.Negate(_gradient, _direction);
            _pairs.MultiplyByInverseHessian(_direction);
            var slope = VectorMath.Dot(_gradient, _direction);
            // Without curvature the length of the gradient says nothing about the length of the step.
            var start = _pairs.Count > 0 ? 1 : Math.Min(1, 1 / VectorMath.MaxAbs(_gradient));
            var found = slope < 0 ? _lineSearch.Search(function, point, value, slope, _direction, start, ref evaluations) : null;
            if (found is not null || _pairs.Count == 0)
                return found;
            _pairs.Clear();
        }
    }

    private void Accept(LineSearchStep found, Span<double> point)
    {
        _pairs.Add(_direction, found.Length, _lineSearch.Gradient, _gradient);
        VectorMath.AddScaled(point, _direction, found.Length);
        _lineSearch.Gradient.CopyTo(_gradient);
    }

    private void Reset(int dimension)
    {
        _pairs.Reset(dimension);
        _lineSearch.Reset(dimension);
        if (_gradient.Length != dimension)
            (_gradient, _direction) = (new double[dimension], new double[dimension]);
    }
}
