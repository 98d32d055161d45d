using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <summary>What the gradient-boosted neural network has learned: one dense network with a hidden layer, and how it grew.</summary>
/// <remarks>
/// <para>
/// raw(x) = a(x W' + b) V + B for features x as they are read (their scaling is part of W and b): the prediction for regression (its logarithm with Poisson loss),
/// the log-odds for binary classification, and what a softmax turns into probabilities for multiclass classification. Shapes: H hidden units, d features, K outputs (the
/// number of classes for multiclass classification, otherwise 1). A matrix is a flat span, row by row. Spans are read-only views of the model, which never changes.
/// </para>
/// <para>
/// Units are in the order in which they were trained: <see cref="Truncate"/> gives the network as it was after fewer of them. Its output bias is the one of that
/// time, <see cref="PrefixBiases"/>, because every block has an output bias of its own, which is part of all later ones.
/// </para>
/// <para>
/// Source: S. Emami, G. Martinez-Munoz, "Sequential Training of Neural Networks With Gradient Boosting", IEEE Access 11 (2023),
/// <see href="https://arxiv.org/abs/1909.12098">arXiv:1909.12098</see>.
/// </para>
/// </remarks>
public sealed partial class GradientBoostedNeuralNetworkModelParameters : PredictionModel, IRestorable<GradientBoostedNeuralNetworkModelParameters>
{
    private readonly GradientBoostedNeuralNetworkTrainer.Options _options;
    private readonly double[] _hiddenWeights;
    private readonly double[] _hiddenBiases;
    private readonly double[] _outputWeights;
    private readonly double[] _prefixBiases;
    private readonly double[] _replacements;
    private readonly int[] _blockUnits;
    private readonly GradientBoostedNeuralNetworkStep[] _steps;

    internal GradientBoostedNeuralNetworkModelParameters(NetworkParts parts, GradientBoostedNeuralNetworkTrainer.Options options)
    {
        _options = options.Clone();
        (FeatureCount, OutputCount, Activation) = (parts.FeatureCount, parts.OutputCount, parts.Activation);
        (_hiddenWeights, _hiddenBiases, _outputWeights) = (parts.HiddenWeights, parts.HiddenBiases, parts.OutputWeights);
        (_prefixBiases, _replacements, _blockUnits, _steps) = (parts.PrefixBiases, parts.Replacements, parts.BlockUnits, parts.Steps);
    }

    /// <summary>Number of features d.</summary>
    public override int FeatureCount { get; }

    /// <summary>Number of outputs K: the number of classes for multiclass classification, otherwise 1.</summary>
    public int OutputCount { get; }

    /// <summary>Number of classes of a multiclass model; 0 for regression and binary classification.</summary>
    public override int ClassCount => OutputCount > 1 ? OutputCount : 0;

    /// <summary>Number of hidden units H.</summary>
    public int UnitCount => _hiddenBiases.Length;

    /// <summary>What a hidden unit applies to its weighted sum.</summary>
    public HiddenActivation Activation { get; }

    /// <summary>What training made small, for regression; with <see cref="RegressionLoss.Poisson"/> the prediction is exp(raw(x)).</summary>
    public RegressionLoss Loss => _options.Loss;

    /// <summary>The steps of training in their order, rejected ones included.</summary>
    public IReadOnlyList<GradientBoostedNeuralNetworkStep> Steps => _steps;

    /// <summary>W': what each hidden unit multiplies the features by, H x d.</summary>
    public ReadOnlySpan<double> HiddenWeights => _hiddenWeights;

    /// <summary>b: the bias of each hidden unit, H numbers.</summary>
    public ReadOnlySpan<double> HiddenBiases => _hiddenBiases;

    /// <summary>V: what each hidden unit adds to the outputs, H x K.</summary>
    public ReadOnlySpan<double> OutputWeights => _outputWeights;

    /// <summary>B: the output biases, K numbers.</summary>
    public ReadOnlySpan<double> OutputBiases => _prefixBiases.AsSpan(_prefixBiases.Length - OutputCount);

    /// <summary>The output biases after 0, 1, 2, ... accepted steps, one row of K numbers each; the last row is <see cref="OutputBiases"/>.</summary>
    public ReadOnlySpan<double> PrefixBiases => _prefixBiases;

    /// <summary>What takes the place of missing features, d numbers; empty with <see cref="MissingValueRule.Error"/>.</summary>
    public ReadOnlySpan<double> Replacements => _replacements;

    /// <summary>A copy of the options with which the model was trained.</summary>
    public GradientBoostedNeuralNetworkTrainer.Options GetOptions() => _options.Clone();

    /// <summary>The network as it was after fewer units: less accurate and as much faster.</summary>
    /// <param name="units">Largest number of units to keep, at least 0. Units of one step stay together.</param>
    /// <returns>A new model; this one does not change.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="units"/> is negative.</exception>
    public GradientBoostedNeuralNetworkModelParameters Truncate(int units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        var (blocks, kept) = (0, 0);
        while (blocks < _blockUnits.Length && kept + _blockUnits[blocks] <= units)
            kept += _blockUnits[blocks++];
        if (blocks == _blockUnits.Length)
            return this;
        // The steps up to the first one whose units are left out.
        var accepted = 0;
        var steps = _steps.TakeWhile(step => (accepted += step.Accepted ? 1 : 0) <= blocks);
        return new(Parts() with
        {
            HiddenWeights = _hiddenWeights[..(kept * FeatureCount)],
            HiddenBiases = _hiddenBiases[..kept],
            OutputWeights = _outputWeights[..(kept * OutputCount)],
            PrefixBiases = _prefixBiases[..((blocks + 1) * OutputCount)],
            BlockUnits = _blockUnits[..blocks],
            Steps = [.. steps],
        }, _options);
    }

    /// <summary>The arrays of the model. Not to be changed.</summary>
    internal NetworkParts Parts() => new(
        FeatureCount, OutputCount, Activation, _hiddenWeights, _hiddenBiases, _outputWeights, _prefixBiases, _replacements, _blockUnits, _steps);

    /// <summary>raw(x) of every row, n x K.</summary>
    internal double[] RawScores(FeatureRows rows, FixedBlocks blocks)
    {
        BlockShape shape = new(FeatureCount, UnitCount, OutputCount);
        double[] parameters = [.. _hiddenWeights, .. _hiddenBiases, .. _outputWeights, .. OutputBiases];
        var outputs = new double[rows.Count * OutputCount];
        new NetworkBlock(shape, Activation, parameters).Evaluate(rows, blocks, outputs);
        return outputs;
    }
}
