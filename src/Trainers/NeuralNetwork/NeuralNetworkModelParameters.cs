using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Trainers;

/// <summary>A fitted neural network: its layers as plain numbers, and how training went.</summary>
public sealed class NeuralNetworkModelParameters : PredictionModel, IRestorable<NeuralNetworkModelParameters>
{
    private readonly NeuralNetworkTrainer.Options _options;
    private readonly DenseNetwork _network;
    private readonly TargetScaling? _targets;

    internal NeuralNetworkModelParameters(DenseNetwork network, TargetScaling? targets, TrainingHistory history, NeuralNetworkTrainer.Options options)
    {
        _options = options.Clone();
        (_network, _targets, History, BestEpoch) = (network, targets, history.Epochs, history.BestEpoch);
    }

    /// <summary>Number of features d.</summary>
    public override int FeatureCount => _network.Scaling.FeatureCount;

    /// <summary>Number of classes of a classifier, 2 for binary classification; 0 for regression.</summary>
    public override int ClassCount => _targets is null ? _network.OutputCount : 0;

    /// <inheritdoc/>
    public override IReadOnlyList<int> CategoryCounts => [.. _network.Embeddings.Select(table => table.ValueCount)];

    /// <summary>The embeddings, one a categorical column in the order of the options.</summary>
    public IReadOnlyList<EmbeddingTable> Embeddings => _network.Embeddings;

    /// <summary>The layers, the head last. Their inputs are the standardised features, then indicators of missing ones, then embeddings.</summary>
    public IReadOnlyList<DenseLayer> Layers => _network.Layers;

    /// <summary>Mean of each feature in the training rows, d numbers.</summary>
    public ReadOnlySpan<double> FeatureMeans => _network.Scaling.Means;

    /// <summary>Standard deviation of each feature in the training rows, d numbers; 1 for a constant feature.</summary>
    public ReadOnlySpan<double> FeatureDeviations => _network.Scaling.Deviations;

    /// <summary>Positions of the features that have an indicator among the inputs, ascending.</summary>
    public ReadOnlySpan<int> Indicators => _network.Scaling.Indicators;

    /// <summary>The epochs of training in their order, of the first one where a second one on all rows followed. The losses are cross-entropies in nats, or squared errors in squared units of the label.</summary>
    public IReadOnlyList<TrainingEpoch> History { get; }

    /// <summary>Number of the epoch that was best, from 1: the model has its weights, or those of as many epochs on all rows (<see cref="NeuralNetworkOptions.RefitOnAllRows"/>).</summary>
    public int BestEpoch { get; }

    /// <summary>A copy of the options with which the model was trained.</summary>
    public NeuralNetworkTrainer.Options GetOptions() => _options.Clone();

    /// <inheritdoc/>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task) => BuildScores(graph, features, [], task);

    /// <summary>Adds the standardisation, the embeddings, the layers and, for multiclass classification, Softmax.</summary>
    /// <inheritdoc/>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories, PredictionTask task)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(features);
        switch (task)
        {
            case PredictionTask.BinaryClassification:
                return _network.SecondLessFirst().Build(graph, features, categories);
            case PredictionTask.MulticlassClassification:
                return graph.Softmax(_network.Build(graph, features, categories));
            default:
                var standardised = graph.Cast(_network.Build(graph, features, categories), OnnxElementType.Double);
                return graph.Add(graph.Mul(standardised, graph.Constant(_targets!.Deviation)), graph.Constant(_targets.Mean));
        }
    }

    /// <inheritdoc/>
    public override ModelState GetState()
    {
        Dictionary<string, double[]> numbers = new()
        {
            ["Targets"] = _targets is null ? [] : [_targets.Mean, _targets.Deviation],
        };
        _network.Write(numbers);
        new TrainingHistory(History, BestEpoch).Write(numbers);
        return ModelState.Create(_options, numbers);
    }

    /// <inheritdoc/>
    public static NeuralNetworkModelParameters FromState(ModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        TargetScaling? targets = state.GetNumbers("Targets") switch
        {
            [] => null,
            [var mean, var deviation] => new(mean, deviation),
            _ => throw new FormatException("The model's target scaling is damaged."),
        };
        return new(DenseNetwork.Read(state), targets, TrainingHistory.Read(state), state.GetOptions<NeuralNetworkTrainer.Options>());
    }
}
