using MLExtensions.Trainers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// The multilayer perceptron for tables: an embedding for each categorical column beside the inputs; hidden layers of linear, normalisation, activation, dropout; then
/// a linear head.
/// </summary>
internal sealed class TabularNetwork : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly ModuleList<EmbeddingLayer> _embeddings;
    private readonly ModuleList<HiddenLayer> _hidden;
    private readonly LinearLayer _head;

    /// <summary>Initialises the weights.</summary>
    /// <param name="inputs">Number of numeric inputs D.</param>
    /// <param name="categories">Number of values of each categorical column.</param>
    /// <param name="outputs">Number of outputs C.</param>
    /// <param name="options">Widths, activation, normalisation, dropout.</param>
    /// <param name="fit">Device and random numbers.</param>
    /// <param name="network">Number of the network, from 0, where a fit trains several.</param>
    public TabularNetwork(int inputs, IReadOnlyList<int> categories, int outputs, NeuralNetworkOptions options, TorchFit fit, int network = 0)
        : base(nameof(TabularNetwork))
    {
        var initialization = fit.Generator(RandomUse.Initialization, network: network);
        var dropout = fit.Generator(RandomUse.Dropout, network);
        _embeddings = new ModuleList<EmbeddingLayer>([.. categories.Select(count => new EmbeddingLayer(count, initialization))]);
        inputs += _embeddings.Sum(embedding => embedding.Size);
        FeatureCount = options.HiddenLayers == 0 ? inputs : options.HiddenUnits;
        _hidden = new ModuleList<HiddenLayer>([.. Enumerable.Range(0, options.HiddenLayers).Select(
            layer => new HiddenLayer(layer == 0 ? inputs : options.HiddenUnits, options, initialization, dropout))]);
        // A head of zeros: training starts from equal probabilities, or the mean, and not from random ones.
        _head = new LinearLayer(FeatureCount, outputs, gain: 0, initialization);
        RegisterComponents();
        this.to(fit.Device);
    }

    /// <summary>Number of features that the head sees, K.</summary>
    public int FeatureCount { get; }

    /// <summary>Fewest rows that the network can be trained on at once.</summary>
    public int MinimumRows => _hidden.Any(layer => layer.NormalizesBatches) ? 2 : 1;

    /// <summary>The embeddings, one a categorical column.</summary>
    public IReadOnlyList<EmbeddingLayer> Embeddings => [.. _embeddings];

    /// <summary>Weights of the head, [C, K].</summary>
    public Tensor HeadWeight => _head.Weight;

    /// <summary>Biases of the head, [C].</summary>
    public Tensor HeadBias => _head.Bias;

    /// <summary>The outputs, [B, C].</summary>
    /// <param name="inputs">Numeric inputs, [B, D].</param>
    /// <param name="categories">Categories, int64 [B, columns]; <see langword="null"/> without categorical columns.</param>
    public override Tensor forward(Tensor inputs, Tensor? categories) => Head(Features(inputs, categories));

    /// <summary>The outputs for a batch, [B, C].</summary>
    public Tensor Forward(Batch batch) => forward(batch.Features, batch.Categories);

    /// <summary>What the last hidden layer gives, [B, K].</summary>
    public Tensor Features(Batch batch) => Features(batch.Features, batch.Categories);

    private Tensor Features(Tensor inputs, Tensor? categories)
    {
        var x = categories is null ? inputs : cat([inputs, .. _embeddings.Select((embedding, i) => embedding.forward(categories.select(1, i)))], 1);
        foreach (var layer in _hidden)
            x = layer.forward(x);
        return x;
    }

    /// <summary>Outputs [B, C] from <see cref="Features(Batch)"/>, or from the first k of them alone, [B, k].</summary>
    public Tensor Head(Tensor features) => features.shape[1] == FeatureCount
        ? _head.forward(features)
        : nn.functional.linear(features, HeadWeight.narrow(1, 0, features.shape[1]), HeadBias);

    /// <summary>The network as plain arrays; batch normalisations are part of the weights then.</summary>
    public DenseLayer[] ToLayers() => [.. _hidden.Select(layer => layer.ToDense()), _head.ToDense(activation: null)];
}
