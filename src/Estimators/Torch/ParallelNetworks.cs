using MLExtensions.Trainers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>What the hidden part of a plain multilayer perceptron looks like.</summary>
/// <param name="Units">Units of every hidden layer, at least 1.</param>
/// <param name="Layers">Number of hidden layers, at least 0.</param>
/// <param name="Activation">What a hidden unit applies to its weighted sum.</param>
internal sealed record HiddenShape(int Units, int Layers, HiddenActivation Activation);

/// <summary>
/// Several independent networks of the same shape as one: a layer of all of them is one batched product, [R, B, in] times [R, in, out]. Small networks that are trained
/// one after another spend most of their time on calls; side by side they share each call. They share nothing else: network r starts from the weights that a
/// <see cref="TabularNetwork"/> of its number starts from.
/// </summary>
internal sealed class ParallelNetworks : nn.Module
{
    private readonly HiddenActivation _activation;
    private readonly ParameterList _embeddings = new();
    private readonly ParameterList _weights = new();
    private readonly ParameterList _biases = new();

    /// <summary>Initialises the weights.</summary>
    /// <param name="inputs">Number of numeric inputs D.</param>
    /// <param name="categories">Number of values of each categorical column.</param>
    /// <param name="outputs">Number of outputs C.</param>
    /// <param name="hidden">The hidden layers.</param>
    /// <param name="fit">Device and random numbers.</param>
    /// <param name="numbers">Numbers of the R networks among those of the fit: each has its own draws.</param>
    public ParallelNetworks(int inputs, IReadOnlyList<int> categories, int outputs, HiddenShape hidden, TorchFit fit, IReadOnlyList<int> numbers)
        : base(nameof(ParallelNetworks))
    {
        using var scope = NewDisposeScope();
        (_activation, Count) = (hidden.Activation, numbers.Count);
        Generator[] draws = [.. numbers.Select(number => fit.Generator(RandomUse.Initialization, network: number))];
        foreach (var count in categories)
            _embeddings.Add(Together(draws, generator => EmbeddingLayer.FirstValues(count, generator)));
        inputs += categories.Sum(EmbeddingLayer.SizeFor);
        for (var layer = 0; layer <= hidden.Layers; layer++)
        {
            var isHead = layer == hidden.Layers;
            var (size, gain) = isHead ? (outputs, 0) : (hidden.Units, hidden.Activation.Gain());
            _weights.Add(Together(draws, generator => Initialization.KaimingUniform(empty(size, inputs), gain, generator).t()));
            // One vector for all networks: whatever has two axes decays.
            _biases.Add(new Parameter(zeros(Count * size)));
            inputs = size;
        }
        RegisterComponents();
        foreach (var parameter in parameters())
            parameter.DetachFromDisposeScope();
        this.to(fit.Device);
    }

    /// <summary>Number of networks R.</summary>
    public int Count { get; }

    /// <summary>The outputs, [R, B, C].</summary>
    /// <param name="inputs">Numeric inputs, those of each network, [R, B, D].</param>
    /// <param name="categories">Categories, int64 [R, B, columns]; <see langword="null"/> without categorical columns.</param>
    public Tensor Forward(Tensor inputs, Tensor? categories)
    {
        var x = categories is null ? inputs : cat([inputs, .. _embeddings.Select((table, column) => Embed(table, categories.select(2, column)))], 2);
        for (var layer = 0; layer < _weights.Count; layer++)
        {
            var z = x.bmm(_weights[layer]).Plus(_biases[layer].view(Count, 1, -1));
            x = layer == _weights.Count - 1 ? z : _activation.Apply(z);
        }
        return x;
    }

    /// <summary>Which networks have no other weights than finite numbers.</summary>
    public bool[] AreFinite()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return [.. parameters().Select(parameter => parameter.isfinite().view(Count, -1).all(1)).Aggregate((all, next) => all.logical_and(next)).cpu().data<bool>()];
    }

    /// <summary>The layers of a network as plain arrays, the head last.</summary>
    /// <param name="network">Position of the network, from 0.</param>
    public DenseLayer[] ToLayers(int network)
    {
        using var scope = NewDisposeScope();
        return [.. _weights.Select((weights, layer) => new DenseLayer(
            (int)weights.shape[1], Numbers.Of(weights.select(0, network).t()), Numbers.Of(_biases[layer].view(Count, -1).select(0, network)))
        {
            Activation = layer == _weights.Count - 1 ? null : _activation,
        })];
    }

    /// <summary>The embeddings of a network as plain arrays.</summary>
    /// <param name="network">Position of the network, from 0.</param>
    /// <param name="categoryWeights">For each column the weight of the training rows of each category.</param>
    public EmbeddingTable[] ToEmbeddings(int network, IReadOnlyList<double[]> categoryWeights)
    {
        using var scope = NewDisposeScope();
        return [.. _embeddings.Zip(categoryWeights, (table, weights) => EmbeddingTable.Of(Numbers.Of(table.select(0, network)), weights))];
    }

    private static Parameter Together(Generator[] draws, Func<Generator, Tensor> draw) => new(stack(draws.Select(draw)));

    // The tables of all networks as one long one, in which each finds its own part.
    private Tensor Embed(Parameter table, Tensor categories)
    {
        var values = table.shape[1];
        var starts = ScalarArithmetic.Starts(Count, values, categories.device).unsqueeze(1);
        return table.view(-1, table.shape[2]).index_select(0, categories.Plus(starts).flatten()).view(Count, -1, table.shape[2]);
    }
}
