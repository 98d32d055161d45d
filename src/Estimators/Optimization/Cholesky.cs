namespace MLExtensions.Estimators.Optimization;

/// <summary>The lower triangle L with L L' = A of a symmetric positive definite matrix A.</summary>
internal sealed class Cholesky
{
    private readonly double[] _lower;

    /// <summary>Factorises a matrix.</summary>
    /// <param name="matrix">A, n x n, row by row; only its lower triangle is read, and it is overwritten.</param>
    /// <param name="size">n.</param>
    /// <exception cref="ArgumentException">The matrix is not positive definite.</exception>
    public Cholesky(double[] matrix, int size)
    {
        (_lower, Size) = (matrix, size);
        for (var i = 0; i < size; i++)
        {
            var row = Row(i);
            for (var j = 0; j < i; j++)
                row[j] = (row[j] - VectorMath.Dot(row[..j], Row(j)[..j])) / Row(j)[j];
            var square = row[i] - VectorMath.Dot(row[..i], row[..i]);
            if (!(square > 0))
                throw new ArgumentException("The matrix is not positive definite.", nameof(matrix));
            row[i] = Math.Sqrt(square);
        }
    }

    /// <summary>n.</summary>
    public int Size { get; }

    /// <summary>Solves L X = B for each column of B.</summary>
    /// <param name="values">B, n x columns, row by row; receives X.</param>
    /// <param name="columns">Number of columns.</param>
    public void SolveLower(Span<double> values, int columns)
    {
        for (var i = 0; i < Size; i++)
        {
            var target = values.Slice(i * columns, columns);
            for (var j = 0; j < i; j++)
                VectorMath.AddScaled(target, values.Slice(j * columns, columns), -Row(i)[j]);
            Divide(target, Row(i)[i]);
        }
    }

    /// <summary>Solves L' X = B for each column of B.</summary>
    /// <param name="values">B, n x columns, row by row; receives X.</param>
    /// <param name="columns">Number of columns.</param>
    public void SolveUpper(Span<double> values, int columns)
    {
        for (var i = Size - 1; i >= 0; i--)
        {
            var source = values.Slice(i * columns, columns);
            Divide(source, Row(i)[i]);
            for (var j = 0; j < i; j++)
                VectorMath.AddScaled(values.Slice(j * columns, columns), source, -Row(i)[j]);
        }
    }

    private Span<double> Row(int i) => _lower.AsSpan(i * Size, Size);

    private static void Divide(Span<double> values, double divisor)
    {
        foreach (ref var value in values)
            value /= divisor;
    }
}
