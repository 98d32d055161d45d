using MLExtensions.Estimators.Optimization;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>What boosting adds in one step, and how it is fitted to residuals.</summary>
internal interface IBlockLearner
{
    /// <summary>Fits a block.</summary>
    /// <param name="step">Number of the step, from 0.</param>
    /// <param name="residuals">Residuals of all rows, n x K.</param>
    /// <param name="outputs">Receives h of all rows, n x K.</param>
    NetworkBlock Fit(int step, double[] residuals, double[] outputs);
}

/// <summary>Fits blocks by L-BFGS to the residuals of rows that are drawn anew for every step.</summary>
internal sealed class BlockLearner : IBlockLearner
{
    // A unit that is 0 for all rows has no gradient to come back to life with.
    private const int MaximumDraws = 5;

    private readonly FeatureRows _rows;
    private readonly double[] _weights;
    private readonly GradientBoostedNeuralNetworkTrainer.Options _options;
    private readonly BlockShape _shape;
    private readonly int _seed;
    private readonly FixedBlocks _blocks;
    private readonly BlockObjective _objective;
    private readonly LimitedMemoryBfgs _solver;

    public BlockLearner(
        FeatureRows rows, Standardization standardization, double[] weights, BlockShape shape, GradientBoostedNeuralNetworkTrainer.Options options, int seed, FixedBlocks blocks)
    {
        (_rows, _weights, _shape, _options, _seed, _blocks) = (rows, weights, shape, options, seed, blocks);
        _objective = new BlockObjective(rows, standardization, blocks, shape, options.Activation, options.WeightPenalty);
        _solver = new LimitedMemoryBfgs(options.MaximumIterations);
    }

    /// <inheritdoc/>
    public NetworkBlock Fit(int step, double[] residuals, double[] outputs)
    {
        var random = SplitMix64.Of(_seed, step);
        _objective.Start(DrawRows(ref random), residuals, _weights);
        for (var draw = 1; ; draw++)
        {
            var parameters = DrawParameters(ref random);
            _solver.Minimize(_objective.Evaluate, parameters);
            var block = _objective.Fold(parameters);
            block.Evaluate(_rows, _blocks, outputs);
            if (_options.Activation != HiddenActivation.Relu || draw == MaximumDraws || !IsConstant(outputs, _shape.Outputs))
                return block;
        }
    }

    // Selection sampling: every subset of the size is as likely as any other, and the rows come in their order.
    private int[] DrawRows(ref SplitMix64 random)
    {
        var n = _rows.Count;
        var wanted = Math.Clamp((int)(_options.Subsample * n), Math.Min(n, Math.Max(2, _shape.Units + 1)), n);
        var drawn = new int[wanted];
        var count = 0;
        for (var row = 0; count < wanted; row++)
        {
            if (random.NextDouble() * (n - row) < wanted - count)
                drawn[count++] = row;
        }
        return drawn;
    }

    // Uniform in +-sqrt(g / (fan in + fan out)), times the option's factor in the hidden layer; biases like the weights of their layer.
    private double[] DrawParameters(ref SplitMix64 random)
    {
        var scale = Activations.InitialScale(_options.Activation);
        var (hidden, output) = (_options.InitialWeightScale * Math.Sqrt(scale / (_shape.Features + _shape.Units)), Math.Sqrt(scale / (_shape.Units + _shape.Outputs)));
        var parameters = new double[_shape.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var bound = i < _shape.Units * (_shape.Features + 1) ? hidden : output;
            parameters[i] = bound * ((2 * random.NextDouble()) - 1);
        }
        return parameters;
    }

    private static bool IsConstant(double[] outputs, int outputCount)
    {
        for (var i = outputCount; i < outputs.Length; i++)
        {
            if (outputs[i] != outputs[i - outputCount])
                return false;
        }
        return true;
    }
}
