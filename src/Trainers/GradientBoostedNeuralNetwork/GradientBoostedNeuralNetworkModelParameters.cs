using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

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
    private readonly NetworkParts _parts;

    internal GradientBoostedNeuralNetworkModelParameters(NetworkParts parts, GradientBoostedNeuralNetworkTrainer.Options options)
    {
        _options = options.Clone();
        _parts = parts;
    }

    /// <summary>Number of features d.</summary>
    public override int FeatureCount => _parts.FeatureCount;

    /// <summary>Number of outputs K: the number of classes for multiclass classification, otherwise 1.</summary>
    public int OutputCount => _parts.OutputCount;

    /// <summary>Number of classes of a multiclass model; 0 for regression and binary classification.</summary>
    public override int ClassCount => OutputCount > 1 ? OutputCount : 0;

    /// <summary>Number of hidden units H.</summary>
    public int UnitCount => _parts.UnitCount;

    /// <summary>What a hidden unit applies to its weighted sum.</summary>
    public HiddenActivation Activation => _parts.Activation;

    /// <summary>What training made small, for regression; with <see cref="RegressionLoss.Poisson"/> the prediction is exp(raw(x)).</summary>
    public RegressionLoss Loss => _options.Loss;

    /// <summary>The steps of training in their order, rejected ones included.</summary>
    public IReadOnlyList<GradientBoostedNeuralNetworkStep> Steps => _parts.Steps;

    /// <summary>W': what each hidden unit multiplies the features by, H x d.</summary>
    public ReadOnlySpan<double> HiddenWeights => _parts.HiddenWeights;

    /// <summary>b: the bias of each hidden unit, H numbers.</summary>
    public ReadOnlySpan<double> HiddenBiases => _parts.HiddenBiases;

    /// <summary>V: what each hidden unit adds to the outputs, H x K.</summary>
    public ReadOnlySpan<double> OutputWeights => _parts.EffectiveWeights;

    /// <summary>B: the output biases, K numbers.</summary>
    public ReadOnlySpan<double> OutputBiases => _parts.EffectiveBiases;

    /// <summary>The output weights as boosting left them, H x K; <see cref="OutputWeights"/> unless those were polished.</summary>
    public ReadOnlySpan<double> BoostedOutputWeights => _parts.OutputWeights;

    /// <summary>
    /// The output biases after 0, 1, 2, ... accepted steps of boosting, one row of K numbers each; the last row is <see cref="OutputBiases"/> unless the output weights
    /// were polished.
    /// </summary>
    public ReadOnlySpan<double> PrefixBiases => _parts.PrefixBiases;

    /// <summary>
    /// Mean loss of the training rows after the final polish of the output weights, as <see cref="GradientBoostedNeuralNetworkStep.TrainingLoss"/>;
    /// <see langword="null"/> for a model without one (<see cref="GradientBoostedNeuralNetworkTrainer.Options.PolishOutputWeights"/>), be it that validation rows were worse with it.
    /// </summary>
    public double? PolishedTrainingLoss => _parts.Polished?.TrainingLoss;

    /// <summary>What takes the place of missing features, d numbers; empty where missing values were refused (<see cref="MissingValueRule.Error"/>).</summary>
    public ReadOnlySpan<double> Replacements => _parts.Replacements;

    /// <summary>A copy of the options with which the model was trained.</summary>
    public GradientBoostedNeuralNetworkTrainer.Options GetOptions() => _options.Clone();

    /// <summary>
    /// The network as boosting had it after fewer units: less accurate and as much faster. A polish of the output weights belongs to all units together: a network that
    /// is really cut has its boosted weights again, and one that keeps all units keeps the polish.
    /// </summary>
    /// <param name="units">Largest number of units to keep, at least 0. Units of one step stay together.</param>
    /// <returns>A new model; this one does not change.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="units"/> is negative.</exception>
    public GradientBoostedNeuralNetworkModelParameters Truncate(int units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        var (blocks, kept) = (0, 0);
        while (blocks < _parts.BlockUnits.Length && kept + _parts.BlockUnits[blocks] <= units)
            kept += _parts.BlockUnits[blocks++];
        if (blocks == _parts.BlockUnits.Length)
            return this;
        // The steps up to the first one whose units are left out.
        var accepted = 0;
        var steps = _parts.Steps.TakeWhile(step => (accepted += step.Accepted ? 1 : 0) <= blocks);
        return new(_parts with
        {
            HiddenWeights = _parts.HiddenWeights[..(kept * FeatureCount)],
            HiddenBiases = _parts.HiddenBiases[..kept],
            OutputWeights = _parts.OutputWeights[..(kept * OutputCount)],
            PrefixBiases = _parts.PrefixBiases[..((blocks + 1) * OutputCount)],
            BlockUnits = _parts.BlockUnits[..blocks],
            Steps = [.. steps],
            Polished = null,
        }, _options);
    }

    /// <summary>The arrays of the model. Not to be changed.</summary>
    internal NetworkParts Parts() => _parts;

    /// <summary>raw(x) of every row, n x K.</summary>
    internal double[] RawScores(FeatureRows rows, FixedBlocks blocks)
    {
        var outputs = new double[rows.Count * OutputCount];
        Block().Evaluate(rows, blocks, outputs);
        return outputs;
    }

    /// <summary>The whole network as one block.</summary>
    internal NetworkBlock Block()
        => new(new(FeatureCount, UnitCount, OutputCount), Activation, [.. HiddenWeights, .. HiddenBiases, .. OutputWeights, .. OutputBiases]);
}
