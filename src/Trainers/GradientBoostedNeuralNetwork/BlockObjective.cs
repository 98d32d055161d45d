using System.Buffers;
using System.Numerics.Tensors;
using MLExtensions.Estimators.Optimization;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>
/// How far a block is from the residuals of the drawn rows, and the gradient:
/// Q = 1/(2m) sum_i w_i |r_i - h(x_i)|^2 + alpha/(2m) (|W|^2 + |V|^2), m = sum_i w_i.
/// </summary>
/// <remarks>Forward and backward pass are one sweep over the rows, a tile of rows at a time, so that the second reading of a row finds it in the cache.</remarks>
internal sealed class BlockObjective
{
    private const int TileRows = TileProducts.Rows;

    private readonly Standardization _standardization;
    private readonly FixedBlocks _blocks;
    private readonly BlockShape _shape;
    private readonly HiddenActivation _activation;
    private readonly double _penalty;
    private readonly DrawnRows _drawn;
    private readonly HiddenWeights _layout;
    private readonly NetworkBlock _folded;
    private readonly double[] _weights;
    private readonly long _workPerRow;
    private double[][] _partials = [];

    public BlockObjective(FeatureRows rows, Standardization standardization, FixedBlocks blocks, BlockShape shape, HiddenActivation activation, double penalty)
    {
        (_standardization, _blocks, _shape, _activation, _penalty) = (standardization, blocks, shape, activation, penalty);
        (_drawn, _layout) = (new(rows, shape.Outputs), new(rows, shape.Units));
        _folded = new(shape, activation, new double[shape.Length]);
        _weights = new double[shape.Units * shape.Features];
        _workPerRow = 2 * (rows.WorkPerRow + (2 * shape.Outputs) + 8) * shape.Units;
    }

    /// <summary>Chooses the rows and their residuals.</summary>
    /// <param name="drawn">Positions of the rows, ascending.</param>
    /// <param name="residuals">Residuals of all rows, n x K.</param>
    /// <param name="weights">Weights of all rows, n numbers.</param>
    public void Start(int[] drawn, double[] residuals, double[] weights)
    {
        _drawn.Choose(drawn, residuals, weights, _blocks);
        while (_partials.Length < FixedBlocks.CountOf(drawn.Length))
            _partials = [.. _partials, new double[_shape.Length + 1]];
    }

    /// <summary>The block with its scaling folded into its weights.</summary>
    public NetworkBlock Fold(ReadOnlySpan<double> parameters)
    {
        var folded = new double[_shape.Length];
        Fold(parameters, folded);
        return new(_shape, _activation, folded);
    }

    /// <summary>Q and its gradient.</summary>
    public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        Fold(parameters, _folded.Parameters);
        _layout.CopyFrom(_folded.Parameters, _weights);
        _blocks.Run(_drawn.Count, _workPerRow, AddRows);

        // The last element of a partial sum is the squared error.
        var total = _partials[0];
        for (var block = 1; block < FixedBlocks.CountOf(_drawn.Count); block++)
            TensorPrimitives.Add(total, _partials[block], total);
        Unfold(total.AsSpan(0, _shape.Length), gradient);
        var penalized = AddPenalty(parameters, gradient);
        TensorPrimitives.Divide(gradient, _drawn.TotalWeight, gradient);
        return (total[^1] + penalized) / (2 * _drawn.TotalWeight);
    }

    private void AddRows(int block, int first, int end)
    {
        var sums = _partials[block];
        Array.Clear(sums);
        var scratch = ArrayPool<double>.Shared.Rent(2 * (_shape.Units + _shape.Outputs) * TileRows);
        var (units, outputs) = (_shape.Units * TileRows, _shape.Outputs * TileRows);
        var hidden = scratch.AsSpan(0, units);
        var deltas = scratch.AsSpan(units, units);
        var differences = scratch.AsSpan(2 * units, outputs);
        var errors = scratch.AsSpan((2 * units) + outputs, outputs);
        for (var start = first; start < end; start += TileRows)
        {
            var tile = _drawn.Tile(start);
            _folded.Activate(_layout, _weights, tile.Rows, tile.Features, hidden);
            _folded.Combine(hidden, differences);
            sums[^1] += Weigh(tile, differences, errors);
            Backward(tile, hidden, errors, deltas, sums);
        }
        ArrayPool<double>.Shared.Return(scratch);
    }

    // From h: differences h - r and errors E = w (h - r); gives sum w (h - r)^2.
    private double Weigh(RowTile tile, Span<double> differences, Span<double> errors)
    {
        TensorPrimitives.Subtract(differences, tile.Residuals, differences);
        for (var k = 0; k < _shape.Outputs; k++)
            TensorPrimitives.Multiply(differences.Slice(k * TileRows, TileRows), tile.Weights, errors.Slice(k * TileRows, TileRows));
        return VectorMath.Dot(differences, errors);
    }

    // gV = Z'E, gc = colsum(E), D = (E V') a'(Z), gW = X'D, gb = colsum(D), all before division by m. W's part of the sums is in the order of the layout.
    private void Backward(RowTile tile, Span<double> hidden, ReadOnlySpan<double> errors, Span<double> deltas, Span<double> sums)
    {
        TileProducts.AddProductWithTransposed<double, DoubleTile>(_shape.Units, _shape.Outputs, hidden, errors, _shape.OutputWeights(sums));
        AddRowSums(errors, _shape.OutputBiases(sums));
        deltas.Clear();
        TileProducts.AddProduct<double, DoubleTile>(_shape.Units, _shape.Outputs, _shape.OutputWeights(_folded.Parameters), _shape.Outputs, 1, errors, deltas);
        Activations.ReplaceByDerivative(_activation, hidden);
        TensorPrimitives.Multiply(deltas, hidden, deltas);
        AddRowSums(deltas, _shape.HiddenBiases(sums));
        _layout.AddGradient(deltas, tile.Rows, tile.Features, sums);
    }

    private static void AddRowSums(ReadOnlySpan<double> tile, Span<double> sums)
    {
        for (var i = 0; i < sums.Length; i++)
            sums[i] += VectorMath.Sum(tile.Slice(i * TileRows, TileRows));
    }

    private void Fold(ReadOnlySpan<double> parameters, double[] folded)
    {
        parameters.CopyTo(folded);
        var biases = _shape.HiddenBiases(folded);
        for (var unit = 0; unit < _shape.Units; unit++)
            biases[unit] = _standardization.Fold(parameters.Slice(unit * _shape.Features, _shape.Features), biases[unit], _shape.HiddenWeights(folded, unit));
    }

    private void Unfold(Span<double> sums, Span<double> gradient)
    {
        sums.CopyTo(gradient);
        _layout.CopyTo(sums, gradient);
        for (var unit = 0; unit < _shape.Units; unit++)
            _standardization.UnfoldGradient(_shape.HiddenBiases(sums)[unit], _shape.HiddenWeights(gradient, unit));
    }

    // Adds alpha W and alpha V to the gradient and gives alpha (|W|^2 + |V|^2).
    private double AddPenalty(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        var (hidden, output) = (_shape.Units * _shape.Features, _shape.Units * _shape.Outputs);
        return Penalize(parameters[..hidden], gradient[..hidden])
            + Penalize(parameters.Slice(hidden + _shape.Units, output), gradient.Slice(hidden + _shape.Units, output));
    }

    private double Penalize(ReadOnlySpan<double> weights, Span<double> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            gradient[i] += _penalty * weights[i];
            sum += weights[i] * weights[i];
        }
        return _penalty * sum;
    }
}
