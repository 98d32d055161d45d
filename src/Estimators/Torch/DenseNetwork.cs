using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>A fitted network as plain numbers, from features to outputs; it needs no TorchSharp.</summary>
/// <param name="Scaling">How features become inputs.</param>
/// <param name="Embeddings">The embeddings, one a categorical column.</param>
/// <param name="Layers">The layers, the head last.</param>
internal sealed record DenseNetwork(FeatureScaling Scaling, IReadOnlyList<EmbeddingTable> Embeddings, IReadOnlyList<DenseLayer> Layers)
{
    /// <summary>Number of outputs.</summary>
    public int OutputCount => Layers[^1].OutputCount;

    /// <summary>Adds the forward pass to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">The features, a float tensor [N, d].</param>
    /// <param name="categories">The categories, one int64 tensor [N] a categorical column.</param>
    /// <returns>The outputs, a float tensor [N, <see cref="OutputCount"/>].</returns>
    public OnnxValue Build(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories)
        => BuildFromInputs(graph, Scaling.Build(graph, features), categories);

    /// <summary>Adds all but the scaling to a graph: networks of the same rows share it.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="inputs">What <see cref="FeatureScaling.Build"/> gives.</param>
    /// <param name="categories">The categories, one int64 tensor [N] a categorical column.</param>
    /// <returns>The outputs, a float tensor [N, <see cref="OutputCount"/>].</returns>
    public OnnxValue BuildFromInputs(OnnxGraphBuilder graph, OnnxValue inputs, IReadOnlyList<OnnxValue> categories)
    {
        var missing = Scaling.ReplacesMissing ? null : AnyMissing(graph, inputs);
        if (Embeddings.Count > 0)
            inputs = graph.Concat(1, [inputs, .. Embeddings.Zip(categories, (table, category) => graph.Gather(graph.Constant(table.Values, table.ValueCount + 1, table.Size), category))]);
        var outputs = Layers.Aggregate(inputs, (x, layer) => Build(graph, x, layer));
        return missing is null ? outputs : graph.Where(missing, graph.Constant(float.NaN), outputs);
    }

    /// <summary>Adds which rows have a missing input, a Boolean tensor [N, 1]. Not every engine carries NaN through all operators, Relu for one: such rows are marked apart.</summary>
    public static OnnxValue AnyMissing(OnnxGraphBuilder graph, OnnxValue inputs)
        => graph.Greater(graph.ReduceMax(graph.Cast(graph.IsNaN(inputs), OnnxElementType.Float), [1]), graph.Constant(0f));

    /// <summary>The network whose only output is the second output less the first: log-odds from two logits.</summary>
    public DenseNetwork SecondLessFirst() => this with { Layers = [.. Layers.SkipLast(1), Layers[^1].SecondLessFirst()] };

    /// <summary>The network whose head sees the first features only; the units behind the others go, unless they are needed to standardise the rest.</summary>
    /// <param name="count">Number of features that the head sees.</param>
    public DenseNetwork KeepFeatures(int count)
    {
        if (count == Layers[^1].InputCount)
            return this;
        var hidden = Layers[^2];
        return hidden.Normalization is null
            ? this with { Layers = [.. Layers.SkipLast(2), hidden.KeepOutputs(count), Layers[^1].KeepInputs(count)] }
            : this with { Layers = [.. Layers.SkipLast(1), Layers[^1].MuteInputs(count)] };
    }

    /// <summary>Adds the numbers to a model's state.</summary>
    /// <param name="numbers">The state's numbers.</param>
    /// <param name="prefix">Begins their names, for a model with several networks.</param>
    public void Write(IDictionary<string, double[]> numbers, string prefix = "")
    {
        numbers[prefix + "Means"] = Scaling.Means;
        numbers[prefix + "Deviations"] = Scaling.Deviations;
        numbers[prefix + "Indicators"] = [.. Scaling.Indicators.Select(j => (double)j)];
        numbers[prefix + "ReplacesMissing"] = [Scaling.ReplacesMissing ? 1 : 0];
        numbers[prefix + "SmoothLimit"] = Scaling.Limit is { } limit ? [limit] : [];
        numbers[prefix + "EmbeddingSizes"] = [.. Embeddings.Select(table => (double)table.Size)];
        for (var i = 0; i < Embeddings.Count; i++)
            numbers[$"{prefix}Embedding{i}"] = ToDoubles(Embeddings[i].Values);
        numbers[prefix + "Layers"] = [.. Layers.SelectMany(layer => new[] { layer.InputCount, layer.Activation is { } activation ? (double)activation : -1, layer.Normalization?.Epsilon ?? -1 })];
        for (var i = 0; i < Layers.Count; i++)
        {
            numbers[$"{prefix}Weights{i}"] = ToDoubles(Layers[i].Weights);
            numbers[$"{prefix}Biases{i}"] = ToDoubles(Layers[i].Biases);
            if (Layers[i].Normalization is not { } normalization)
                continue;
            numbers[$"{prefix}Scales{i}"] = ToDoubles(normalization.Scales);
            numbers[$"{prefix}Offsets{i}"] = ToDoubles(normalization.Offsets);
        }
    }

    /// <summary>The network whose numbers a state holds.</summary>
    /// <param name="state">The state.</param>
    /// <param name="prefix">As in <see cref="Write"/>.</param>
    /// <exception cref="FormatException">The state is incomplete or damaged.</exception>
    public static DenseNetwork Read(ModelState state, string prefix = "")
    {
        FeatureScaling scaling = new(
            state.GetNumbers(prefix + "Means"), state.GetNumbers(prefix + "Deviations"), state.GetNumbers(prefix + "ReplacesMissing") is [not 0], [.. state.GetNumbers(prefix + "Indicators").Select(j => (int)j)],
            // Files of 0.1.0 that are older than smooth clipping lack the name.
            state.Numbers.TryGetValue(prefix + "SmoothLimit", out var limits) && limits is [var limit] ? limit : null);
        EmbeddingTable[] embeddings = [.. state.GetNumbers(prefix + "EmbeddingSizes").Select((size, i) => new EmbeddingTable((int)size, ToFloats(state.GetNumbers($"{prefix}Embedding{i}"))))];
        DenseNetwork network = new(scaling, embeddings, [.. state.GetNumbers(prefix + "Layers").Chunk(3).Select((shape, i) => ReadLayer(state, prefix, shape, i))]);
        var inputs = network.Layers.Select(layer => layer.InputCount);
        var fits = scaling.Means.Length == scaling.Deviations.Length && network.Layers.Count > 0
            && inputs.SequenceEqual(network.Layers.SkipLast(1).Select(layer => layer.OutputCount).Prepend(scaling.InputCount + embeddings.Sum(table => table.Size)));
        return fits ? network : throw new FormatException("The sizes of the network's arrays do not fit together.");
    }

    private static DenseLayer ReadLayer(ModelState state, string prefix, double[] shape, int index)
    {
        if (shape is not [var inputs, var activation, var epsilon])
            throw new FormatException("The network's layers are damaged.");
        return new((int)inputs, ToFloats(state.GetNumbers($"{prefix}Weights{index}")), ToFloats(state.GetNumbers($"{prefix}Biases{index}")))
        {
            Activation = activation >= 0 ? (HiddenActivation)(int)activation : null,
            Normalization = epsilon >= 0 ? new(ToFloats(state.GetNumbers($"{prefix}Scales{index}")), ToFloats(state.GetNumbers($"{prefix}Offsets{index}")), epsilon) : null,
        };
    }

    private static OnnxValue Build(OnnxGraphBuilder graph, OnnxValue x, DenseLayer layer)
    {
        var z = graph.Gemm(x, graph.Constant(layer.Weights, layer.OutputCount, layer.InputCount), graph.Constant(layer.Biases, layer.OutputCount), transposeB: true);
        if (layer.Normalization is { } normalization)
            z = graph.LayerNormalization(z, graph.Constant(normalization.Scales), graph.Constant(normalization.Offsets), epsilon: (float)normalization.Epsilon);
        return layer.Activation?.Apply(graph, z) ?? z;
    }

    private static double[] ToDoubles(ReadOnlySpan<float> values) => Array.ConvertAll(values.ToArray(), value => (double)value);

    private static float[] ToFloats(double[] values) => Array.ConvertAll(values, value => (float)value);
}
