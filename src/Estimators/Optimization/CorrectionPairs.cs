using System.Numerics.Tensors;

namespace MLExtensions.Estimators.Optimization;

/// <summary>The last m steps s and gradient changes y, and the inverse Hessian that they stand for.</summary>
internal sealed class CorrectionPairs(int memory)
{
    private readonly double[][] _s = new double[memory][];
    private readonly double[][] _y = new double[memory][];
    private readonly double[] _sy = new double[memory];
    private readonly double[] _alpha = new double[memory];
    private int _next;

    /// <summary>How many pairs are held.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all pairs.</summary>
    public void Clear() => (Count, _next) = (0, 0);

    /// <summary>Forgets all pairs and makes room for vectors of another length.</summary>
    public void Reset(int dimension)
    {
        Clear();
        if (_s[0]?.Length == dimension)
            return;
        for (var i = 0; i < memory; i++)
            (_s[i], _y[i]) = (new double[dimension], new double[dimension]);
    }

    /// <summary>Notes the step <paramref name="length"/> * <paramref name="direction"/> and the gradients at its end and start.</summary>
    public void Add(ReadOnlySpan<double> direction, double length, ReadOnlySpan<double> gradient, ReadOnlySpan<double> previousGradient)
    {
        var (s, y) = (_s[_next], _y[_next]);
        TensorPrimitives.Multiply(direction, length, s);
        TensorPrimitives.Subtract(gradient, previousGradient, y);
        // The Wolfe conditions give s'y > 0; where rounding takes that away, the pair would spoil positive definiteness.
        var sy = VectorMath.Dot(s, y);
        if (sy <= double.Epsilon || sy < 1e-16 * VectorMath.Dot(y, y))
            return;
        _sy[_next] = sy;
        _next = (_next + 1) % memory;
        Count = Math.Min(Count + 1, memory);
    }

    /// <summary>The two-loop recursion: q becomes H q, with H the inverse Hessian of the pairs.</summary>
    public void MultiplyByInverseHessian(Span<double> q)
    {
        if (Count == 0)
            return;
        for (var age = 1; age <= Count; age++)
        {
            var i = Position(age);
            _alpha[i] = VectorMath.Dot(_s[i], q) / _sy[i];
            VectorMath.AddScaled(q, _y[i], -_alpha[i]);
        }
        var newest = Position(1);
        TensorPrimitives.Multiply(q, _sy[newest] / VectorMath.Dot(_y[newest], _y[newest]), q);
        for (var age = Count; age >= 1; age--)
        {
            var i = Position(age);
            VectorMath.AddScaled(q, _s[i], _alpha[i] - (VectorMath.Dot(_y[i], q) / _sy[i]));
        }
    }

    private int Position(int age) => (_next - age + memory) % memory;
}
