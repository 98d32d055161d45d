using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Trainers;

/// <summary>A fitted noise-robust neural network: one or two networks as plain numbers, how training went, and which labels it doubts.</summary>
public sealed partial class NoiseRobustNeuralNetworkModelParameters : PredictionModel, IRestorable<NoiseRobustNeuralNetworkModelParameters>
{
    // The product of two odds stays finite.
    private const double LargestLogOdds = 350;

    private readonly NoiseRobustNeuralNetworkTrainer.Options _options;
    private readonly IReadOnlyList<DenseNetwork> _networks;

    internal NoiseRobustNeuralNetworkModelParameters(IReadOnlyList<DenseNetwork> networks, TrainingHistory history, NoiseRobustNeuralNetworkTrainer.Options options)
    {
        _options = options.Clone();
        (_networks, History, BestEpoch) = (networks, history.Epochs, history.BestEpoch);
    }

    /// <summary>Number of features d.</summary>
    public override int FeatureCount => _networks[0].Scaling.FeatureCount;

    /// <summary>Number of classes, 2 for binary classification.</summary>
    public override int ClassCount => _networks[0].OutputCount;

    /// <inheritdoc/>
    public override IReadOnlyList<int> CategoryCounts => [.. _networks[0].Embeddings.Select(table => table.ValueCount)];

    /// <summary>The embeddings of the network, or of the two networks of co-teaching: one a categorical column, in the order of the options.</summary>
    public IReadOnlyList<IReadOnlyList<EmbeddingTable>> Embeddings => [.. _networks.Select(network => network.Embeddings)];

    /// <summary>
    /// The layers of the network, or of the two networks of co-teaching, whose probabilities are averaged; the head last. After nested dropout the head sees only the
    /// features that were kept. Inputs are the standardised features, then indicators of missing ones, then embeddings.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<DenseLayer>> Networks => [.. _networks.Select(network => network.Layers)];

    /// <summary>Mean of each feature in the training rows, d numbers.</summary>
    public ReadOnlySpan<double> FeatureMeans => _networks[0].Scaling.Means;

    /// <summary>Standard deviation of each feature in the training rows, d numbers; 1 for a constant feature.</summary>
    public ReadOnlySpan<double> FeatureDeviations => _networks[0].Scaling.Deviations;

    /// <summary>Positions of the features that have an indicator among the inputs, ascending.</summary>
    public ReadOnlySpan<int> Indicators => _networks[0].Scaling.Indicators;

    /// <summary>
    /// The epochs of training in their order, of the first one where a second one on all rows followed. Training losses are in nats and have the regulariser in them, so that they may be negative; validation losses are plain
    /// cross-entropies. Validation rows have given labels, wrong ones included: their accuracy cannot be expected to exceed the share of right labels.
    /// </summary>
    public IReadOnlyList<TrainingEpoch> History { get; }

    /// <summary>What was made of the given labels in each epoch.</summary>
    public IReadOnlyList<EpochLabels> EpochLabels { get; internal init; } = [];

    /// <summary>Number of the epoch that was best, from 1: the model has its weights, or those of as many epochs on all rows (<see cref="NeuralNetworkOptions.RefitOnAllRows"/>).</summary>
    public int BestEpoch { get; }

    /// <summary>
    /// The labels of all rows that were trained on or held out, the most suspicious first. Not saved: empty in a loaded model.
    /// </summary>
    /// <remarks>
    /// The score of a row is, as far as there is one, 1 - T_y / sum T with its moving average of predictions T and its given class y (early-learning regularisation); 1 less the
    /// last epoch's probability of y (self-distillation); the share of epochs in which its label was passed over (co-teaching); otherwise, and for rows that were
    /// held out, 1 less the fitted probability of y. Without any defence labels that were memorised look right.
    /// </remarks>
    public IReadOnlyList<LabelSuspicion> SuspiciousLabels { get; internal init; } = [];

    /// <summary>The labels of each class.</summary>
    public IReadOnlyList<ClassLabels> Classes { get; internal init; } = [];

    /// <summary>A copy of the options with which the model was trained.</summary>
    public NoiseRobustNeuralNetworkTrainer.Options GetOptions() => _options.Clone();

    /// <inheritdoc/>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task) => BuildScores(graph, features, [], task);

    /// <summary>Adds the standardisation, the embeddings, the layers and Softmax; the probabilities of two networks are averaged.</summary>
    /// <inheritdoc/>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories, PredictionTask task)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(features);
        var inputs = _networks[0].Scaling.Build(graph, features);
        if (task == PredictionTask.BinaryClassification)
            return LogOdds(graph, [.. _networks.Select(network => network.SecondLessFirst().BuildFromInputs(graph, inputs, categories))]);
        OnnxValue[] probabilities = [.. _networks.Select(network => graph.Softmax(network.BuildFromInputs(graph, inputs, categories)))];
        return probabilities is [var first, var second] ? graph.Mul(graph.Add(first, second), graph.Constant(0.5f)) : probabilities[0];
    }

    // The log-odds of the mean of two probabilities, ln (p1 + p2) - ln (q1 + q2) with p = e^z / (1 + e^z) and q = 1 / (1 + e^z): brought to a common denominator, of sums of positive numbers, so that
    // nothing cancels. ONNX Runtime's Sigmoid is 0 below about -37.
    internal static OnnxValue LogOdds(OnnxGraphBuilder graph, OnnxValue[] logits)
    {
        if (logits is not [var first, var second])
            return logits[0];
        OnnxValue Odds(OnnxValue z) => graph.Exp(graph.Clip(graph.Cast(z, OnnxElementType.Double), graph.Constant(-LargestLogOdds), graph.Constant(LargestLogOdds)));
        var (a, b, two) = (Odds(first), Odds(second), graph.Constant(2.0));
        var sum = graph.Add(a, b);
        var positive = graph.Add(sum, graph.Mul(two, graph.Mul(a, b)));
        return graph.Sub(graph.Log(positive), graph.Log(graph.Add(two, sum)));
    }
}
