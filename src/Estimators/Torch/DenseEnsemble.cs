using MLExtensions.Estimators.Onnx;
using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// Several fitted networks of the same shape, for the same inputs, as one graph: a layer of all of them is one batched product. It computes in double, so that probabilities near 0, and what
/// differs little between networks, have all their digits.
/// </summary>
internal sealed class DenseEnsemble
{
    private readonly IReadOnlyList<DenseNetwork> _networks;

    /// <summary>Takes networks whose layers differ in nothing but numbers.</summary>
    /// <param name="networks">The R networks, with the same scaling, without normalisations of rows.</param>
    /// <exception cref="FormatException">They differ in more than that.</exception>
    public DenseEnsemble(IReadOnlyList<DenseNetwork> networks)
    {
        var shape = ShapeOf(networks[0]);
        if (networks.Any(network => !ShapeOf(network).SequenceEqual(shape) || network.Layers.Any(layer => layer.Normalization is not null)))
            throw new FormatException("The networks do not fit together.");
        _networks = networks;
    }

    private FeatureScaling Scaling => _networks[0].Scaling;

    private int Columns => _networks[0].Embeddings.Count;

    /// <summary>Adds the forward pass to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">The features, a float tensor [N, d].</param>
    /// <param name="categories">The categories, one int64 tensor [N] a categorical column.</param>
    public Pass Forward(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories)
    {
        var inputs32 = Scaling.Build(graph, features);
        var missing = Scaling.ReplacesMissing ? null : DenseNetwork.AnyMissing(graph, inputs32);
        var x = graph.Cast(inputs32, OnnxElementType.Double);
        if (Columns > 0)
        {
            var numbers = graph.Expand(graph.Unsqueeze(x, 0), _networks.Count, 1, 1);
            x = graph.Concat(2, [numbers, .. categories.Select((category, column) => graph.Gather(Vectors(graph, column), category, axis: 1))]);
        }
        List<OnnxValue> inputs = [], sums = [];
        for (var layer = 0; layer < _networks[0].Layers.Count; layer++)
        {
            inputs.Add(x);
            sums.Add(graph.Add(graph.MatMul(x, Weights(graph, layer, transposed: true)), Biases(graph, layer)));
            x = _networks[0].Layers[layer].Activation is { } activation ? activation.Apply(graph, sums[^1], OnnxElementType.Double) : sums[^1];
        }
        return new(inputs, sums, missing);
    }

    /// <summary>
    /// Adds the squared norm of the gradient of each row's cross-entropy over all weights and biases, or over those of the head, to a graph; exact, from one backward pass over
    /// all rows. A layer u = a W + b contributes |delta|^2 (|a|^2 + 1) with delta the derivative by u: the gradient of W is the outer product of a and delta, that of b is delta.
    /// An embedding contributes the squared derivative by the vector that the row has looked up.
    /// </summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="pass">The forward pass.</param>
    /// <param name="errors">Derivative of the loss by the outputs, a double tensor [R, N, C]: probabilities less the one-hot label.</param>
    /// <param name="headOnly">Whether only the weights and biases of the head count.</param>
    /// <returns>A double tensor [R, N, 1].</returns>
    public OnnxValue SquaredGradientNorms(OnnxGraphBuilder graph, Pass pass, OnnxValue errors, bool headOnly)
    {
        var one = graph.Constant(1d);
        var (delta, total) = (errors, (OnnxValue?)null);
        for (var layer = pass.Sums.Count - 1; layer >= 0; layer--)
        {
            var own = graph.Mul(SquaredNorm(graph, delta), graph.Add(SquaredNorm(graph, pass.Inputs[layer]), one));
            total = total is null ? own : graph.Add(total, own);
            if (headOnly)
                break;
            if (layer > 0)
            {
                var activation = _networks[0].Layers[layer - 1].Activation!.Value;
                delta = graph.Mul(graph.MatMul(delta, Weights(graph, layer, transposed: false)), activation.Derivative(graph, pass.Sums[layer - 1], pass.Inputs[layer], OnnxElementType.Double));
            }
            else if (Columns > 0)
            {
                var byInputs = graph.MatMul(delta, Weights(graph, layer, transposed: false));
                total = graph.Add(total, SquaredNorm(graph, graph.Slice(byInputs, [Scaling.InputCount], [int.MaxValue], [2])));
            }
        }
        return total!;
    }

    /// <summary>Adds the squared length of each row.</summary>
    public static OnnxValue SquaredNorm(OnnxGraphBuilder graph, OnnxValue rows) => graph.ReduceSum(graph.Mul(rows, rows), [-1]);

    // [R, in, out], or as they are stored, [R, out, in].
    private OnnxValue Weights(OnnxGraphBuilder graph, int layer, bool transposed)
    {
        var (inputs, outputs) = (_networks[0].Layers[layer].InputCount, _networks[0].Layers[layer].OutputCount);
        var weights = Constant(graph, network => network.Layers[layer].Weights, outputs, inputs);
        return transposed ? graph.Transpose(weights, 0, 2, 1) : weights;
    }

    private OnnxValue Biases(OnnxGraphBuilder graph, int layer)
        => Constant(graph, network => network.Layers[layer].Biases, 1, _networks[0].Layers[layer].OutputCount);

    private OnnxValue Vectors(OnnxGraphBuilder graph, int column)
    {
        var table = _networks[0].Embeddings[column];
        return Constant(graph, network => network.Embeddings[column].Values, table.ValueCount + 1, table.Size);
    }

    // In the file the numbers are what they were trained as.
    private OnnxValue Constant(OnnxGraphBuilder graph, Numbers numbers, int rows, int columns)
    {
        List<float> all = [];
        foreach (var network in _networks)
            all.AddRange(numbers(network));
        return graph.Cast(graph.Constant([.. all], _networks.Count, rows, columns), OnnxElementType.Double);
    }

    private static IEnumerable<(int Inputs, int Outputs, HiddenActivation? Activation)> ShapeOf(DenseNetwork network)
        => network.Embeddings.Select(table => (table.ValueCount, table.Size, (HiddenActivation?)null)).Concat(network.Layers.Select(layer => (layer.InputCount, layer.OutputCount, layer.Activation)));

    private delegate ReadOnlySpan<float> Numbers(DenseNetwork network);

    /// <summary>What a forward pass has computed.</summary>
    /// <param name="Inputs">What each layer gets, a double tensor [R, N, in], or [N, in] where it is the same for all networks.</param>
    /// <param name="Sums">The weighted sums of each layer, a double tensor [R, N, out]; the last are the outputs.</param>
    /// <param name="Missing">Which rows miss a feature that nothing replaces, a Boolean tensor [N, 1]; <see langword="null"/> for none.</param>
    public sealed record Pass(IReadOnlyList<OnnxValue> Inputs, IReadOnlyList<OnnxValue> Sums, OnnxValue? Missing)
    {
        /// <summary>The outputs, a double tensor [R, N, C].</summary>
        public OnnxValue Outputs => Sums[^1];
    }
}
