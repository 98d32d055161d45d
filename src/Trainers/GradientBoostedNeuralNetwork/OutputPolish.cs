using System.Numerics.Tensors;
using MLExtensions.Estimators.Optimization;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>Output weights and biases that were fitted together after boosting.</summary>
/// <param name="Weights">V, H x K.</param>
/// <param name="Biases">B, K numbers.</param>
/// <param name="TrainingLoss">Mean loss of the training rows with them.</param>
internal sealed record PolishedOutputs(double[] Weights, double[] Biases, double TrainingLoss);

/// <summary>
/// Fits all output weights and biases of a grown network together, hidden units as they are: the least mean loss + penalty/(2m) |V - V0|^2, where V0 are the boosted
/// weights and m is the sum of the row weights. A convex problem: ridge regression for squared loss, logistic regression for classification.
/// </summary>
/// <remarks>
/// The penalty draws towards the boosted weights and not towards 0: the boosted network costs no penalty, hence the training loss cannot rise. L-BFGS works in
/// coordinates in which the Hessian of the squared loss is the identity (V = V0 + L^-T U with L L' = A'WA/m + penalty/m, A the activations and a column of ones), so that it
/// solves a ridge regression in one step and other losses in a few.
/// </remarks>
internal sealed class OutputPolish
{
    // Keeps the factorisation going when units say the same; it only changes the path to the minimum.
    private const double RelativeJitter = 1e-10;

    private readonly BoostingLoss _loss;
    private readonly FixedBlocks _blocks;
    private readonly double _penalty;
    private readonly double[][] _columns;
    private readonly Cholesky _factor;
    private readonly double[] _start;
    private readonly double[] _scores;
    private readonly double[] _residuals;
    private readonly double[] _moved;

    /// <summary>Prepares a network.</summary>
    /// <param name="loss">The loss of the training rows.</param>
    /// <param name="activations">What each hidden unit gives for each row: H arrays of n numbers.</param>
    /// <param name="start">V0 (H x K) and then the output biases (K numbers), in units of the boosted scores.</param>
    /// <param name="penalty">The penalty, at least 0.</param>
    /// <param name="blocks">Work in parallel.</param>
    public OutputPolish(BoostingLoss loss, double[][] activations, double[] start, double penalty, FixedBlocks blocks)
    {
        (_loss, _blocks, _penalty, _start) = (loss, blocks, penalty, start);
        _columns = [.. activations, [.. Enumerable.Repeat(1.0, loss.RowCount)]];
        (_scores, _residuals, _moved) = (new double[loss.RowCount * K], new double[loss.RowCount * K], new double[start.Length]);
        _factor = Factorize();
    }

    /// <summary>The weights and biases with the least penalised loss, in the order of the start.</summary>
    public double[] Minimize()
    {
        var coordinates = new double[_start.Length];
        new LimitedMemoryBfgs().Minimize(Evaluate, coordinates);
        Move(coordinates);
        return [.. _moved];
    }

    /// <summary>The penalised mean loss, and its gradient by the coordinates U.</summary>
    public double Evaluate(ReadOnlySpan<double> coordinates, Span<double> gradient)
    {
        Move(coordinates);
        var loss = _blocks.Sum(_loss.RowCount, _columns.Length * K, (first, end) =>
        {
            Forward(first, end);
            _loss.Residuals(first, end, _scores, _residuals);
            for (var i = first; i < end; i++)
            {
                foreach (ref var residual in _residuals.AsSpan(i * K, K))
                    residual *= _loss.Weights[i];
            }
            return _loss.Loss(first, end, _scores);
        });
        var byWeights = new double[_start.Length];
        _blocks.ForEach(_columns.Length, (long)_loss.RowCount * K, unit => Backward(unit, byWeights.AsSpan(unit * K, K)));
        var distance = 0.0;
        for (var i = 0; i < byWeights.Length - K; i++)
        {
            byWeights[i] += _penalty * (_moved[i] - _start[i]);
            distance += (_moved[i] - _start[i]) * (_moved[i] - _start[i]);
        }
        TensorPrimitives.Divide(byWeights, _loss.TotalWeight, gradient);
        _factor.SolveLower(gradient, K);
        return (loss + (_penalty * distance / 2)) / _loss.TotalWeight;
    }

    private int K => _loss.OutputCount;

    private void Move(ReadOnlySpan<double> coordinates)
    {
        coordinates.CopyTo(_moved);
        _factor.SolveUpper(_moved, K);
        TensorPrimitives.Add<double>(_moved, _start, _moved);
    }

    private void Forward(int first, int end)
    {
        Array.Clear(_scores, first * K, (end - first) * K);
        for (var unit = 0; unit < _columns.Length; unit++)
        {
            var column = _columns[unit];
            var weights = _moved.AsSpan(unit * K, K);
            if (K == 1)
            {
                VectorMath.AddScaled(_scores.AsSpan(first, end - first), column.AsSpan(first, end - first), weights[0]);
                continue;
            }
            for (var i = first; i < end; i++)
                VectorMath.AddScaled(_scores.AsSpan(i * K, K), weights, column[i]);
        }
    }

    // -A'(w r).
    private void Backward(int unit, Span<double> gradient)
    {
        var column = _columns[unit];
        if (K == 1)
        {
            gradient[0] = -VectorMath.Dot(column, _residuals);
            return;
        }
        for (var i = 0; i < column.Length; i++)
            VectorMath.AddScaled(gradient, _residuals.AsSpan(i * K, K), -column[i]);
    }

    private Cholesky Factorize()
    {
        var (size, total) = (_columns.Length, _loss.TotalWeight);
        var matrix = new double[size * size];
        _blocks.ForEach(size, (long)size * _loss.RowCount / 2, i =>
        {
            var weighted = new double[_loss.RowCount];
            TensorPrimitives.Multiply(_columns[i], _loss.Weights, weighted);
            for (var j = 0; j <= i; j++)
                matrix[(i * size) + j] = VectorMath.Dot(weighted, _columns[j]) / total;
        });
        var trace = Enumerable.Range(0, size).Sum(i => matrix[(i * size) + i]);
        for (var i = 0; i < size; i++)
            matrix[(i * size) + i] += (_penalty / total) + (RelativeJitter * trace);
        return new(matrix, size);
    }
}
