using System.Buffers;
using System.Numerics.Tensors;

namespace MLExtensions.Trainers;

/// <summary>
/// How far a block is from the residuals of the drawn rows, and the gradient:
/// Q = 1/(2m) sum_i w_i |r_i - h(x_i)|^2 + alpha/(2m) (|W|^2 + |V|^2), m = sum_i w_i.
/// </summary>
/// <remarks>Forward and backward pass are one sweep over the rows, a tile of rows at a time, so that the second reading of a row finds it in the cache.</remarks>
internal sealed class BlockObjective
{
    private const int TileRows = 64;

    private readonly FeatureRows _rows;
    private readonly Standardization _standardization;
    private readonly FixedBlocks _blocks;
    private readonly BlockShape _shape;
    private readonly HiddenActivation _activation;
    private readonly double _penalty;
    private readonly double[] _folded;
    private double[][] _partials = [];
    private int[] _drawn = [];
    private double[] _residuals = [];
    private double[] _weights = [];
    private double _totalWeight;

    public BlockObjective(FeatureRows rows, Standardization standardization, FixedBlocks blocks, BlockShape shape, HiddenActivation activation, double penalty)
    {
        (_rows, _standardization, _blocks, _shape, _activation, _penalty) = (rows, standardization, blocks, shape, activation, penalty);
        _folded = new double[shape.Length];
    }

    /// <summary>Chooses the rows and their residuals.</summary>
    /// <param name="drawn">Positions of the rows, ascending.</param>
    /// <param name="residuals">Residuals of all rows, n x K.</param>
    /// <param name="weights">Weights of all rows, n numbers.</param>
    public void Start(int[] drawn, double[] residuals, double[] weights)
    {
        (_drawn, _residuals, _weights) = (drawn, residuals, weights);
        _totalWeight = 0;
        foreach (var row in drawn)
            _totalWeight += weights[row];
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
        Fold(parameters, _folded);
        _blocks.Run(_drawn.Length, 2 * (_rows.WorkPerRow + (2 * _shape.Outputs) + 8) * _shape.Units, AddRows);

        // The last element of a partial sum is the squared error.
        var total = _partials[0];
        for (var block = 1; block < FixedBlocks.CountOf(_drawn.Length); block++)
            TensorPrimitives.Add(total, _partials[block], total);
        Unfold(total.AsSpan(0, _shape.Length), gradient);
        var penalized = AddPenalty(parameters, gradient);
        TensorPrimitives.Divide(gradient, _totalWeight, gradient);
        return (total[^1] + penalized) / (2 * _totalWeight);
    }

    private void AddRows(int block, int first, int end)
    {
        var sums = _partials[block];
        Array.Clear(sums);
        var scratch = ArrayPool<double>.Shared.Rent(TileRows * (_shape.Units + _shape.Outputs));
        var hidden = scratch.AsSpan(0, TileRows * _shape.Units);
        var outputs = scratch.AsSpan(TileRows * _shape.Units);
        for (var start = first; start < end; start += TileRows)
        {
            var tile = _drawn.AsSpan(start, Math.Min(TileRows, end - start));
            Forward(tile, hidden[..(tile.Length * _shape.Units)], outputs);
            sums[^1] += Differences(tile, outputs);
            Backward(tile, hidden, outputs, sums);
        }
        ArrayPool<double>.Shared.Return(scratch);
    }

    // hidden: J x tile activations; outputs: tile x K values of h.
    private void Forward(ReadOnlySpan<int> tile, Span<double> hidden, Span<double> outputs)
    {
        for (var unit = 0; unit < _shape.Units; unit++)
            _rows.Multiply(tile, _shape.HiddenWeights(_folded, unit), _shape.HiddenBiases(_folded)[unit], hidden.Slice(unit * tile.Length, tile.Length));
        Activations.Apply(_activation, hidden);

        var outputBiases = _shape.OutputBiases(_folded);
        for (var i = 0; i < tile.Length; i++)
            outputBiases.CopyTo(outputs[(i * outputBiases.Length)..]);
        for (var unit = 0; unit < _shape.Units; unit++)
        {
            var weights = _shape.OutputWeights(_folded, unit);
            for (var i = 0; i < tile.Length; i++)
            {
                var a = hidden[(unit * tile.Length) + i];
                for (var k = 0; k < weights.Length; k++)
                    outputs[(i * weights.Length) + k] += a * weights[k];
            }
        }
    }

    // h becomes w (h - r); gives sum w (h - r)^2.
    private double Differences(ReadOnlySpan<int> tile, Span<double> outputs)
    {
        var sum = 0.0;
        var outputCount = _shape.Outputs;
        for (var i = 0; i < tile.Length; i++)
        {
            var weight = _weights[tile[i]];
            for (var k = 0; k < outputCount; k++)
            {
                ref var output = ref outputs[(i * outputCount) + k];
                var difference = output - _residuals[(tile[i] * outputCount) + k];
                output = weight * difference;
                sum += output * difference;
            }
        }
        return sum;
    }

    // With E = w (h - r): gV = Z'E, gc = colsum(E), D = (E V') a'(Z), gW = X'D, gb = colsum(D), all before division by m.
    private void Backward(ReadOnlySpan<int> tile, Span<double> hidden, ReadOnlySpan<double> errors, Span<double> sums)
    {
        var outputCount = _shape.Outputs;
        var biasGradient = _shape.OutputBiases(sums);
        for (var i = 0; i < tile.Length * outputCount; i++)
            biasGradient[i % outputCount] += errors[i];
        for (var unit = 0; unit < _shape.Units; unit++)
        {
            var deltas = hidden.Slice(unit * tile.Length, tile.Length);
            var weights = _shape.OutputWeights(_folded, unit);
            var gradient = _shape.OutputWeights(sums, unit);
            var deltaSum = 0.0;
            for (var i = 0; i < deltas.Length; i++)
            {
                var (a, back) = (deltas[i], 0.0);
                for (var k = 0; k < outputCount; k++)
                {
                    var error = errors[(i * outputCount) + k];
                    gradient[k] += a * error;
                    back += error * weights[k];
                }
                deltas[i] = back * Activations.Derivative(_activation, a);
                deltaSum += deltas[i];
            }
            _shape.HiddenBiases(sums)[unit] += deltaSum;
            _rows.AddMultiples(tile, deltas, _shape.HiddenWeights(sums, unit));
        }
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
        for (var unit = 0; unit < _shape.Units; unit++)
            _standardization.UnfoldGradient(_shape.HiddenWeights(sums, unit), _shape.HiddenBiases(sums)[unit], _shape.HiddenWeights(gradient, unit));
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
