using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>The weights of a module as plain numbers, by their names in it; it needs no TorchSharp.</summary>
/// <remarks>Names are those of the module's fields, joined by dots and without leading underscores: they are part of the format of saved models.</remarks>
internal sealed class ModuleWeights
{
    private readonly SortedDictionary<string, (long[] Shape, float[] Values)> _weights;

    private ModuleWeights(IEnumerable<KeyValuePair<string, (long[] Shape, float[] Values)>> weights)
        => _weights = new(weights.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);

    /// <summary>Names of the weights.</summary>
    public IReadOnlyCollection<string> Names => _weights.Keys;

    /// <summary>How many numbers there are.</summary>
    public long Count => _weights.Values.Sum(weight => (long)weight.Values.Length);

    /// <summary>The numbers of a weight, row by row.</summary>
    /// <exception cref="FormatException">There is no such weight.</exception>
    public float[] this[string name] => Find(name).Values;

    /// <summary>Copies the parameters of a module.</summary>
    public static ModuleWeights Of(nn.Module module)
        => new(module.named_parameters().Select(pair => KeyValuePair.Create(Plain(pair.name), (pair.parameter.shape, Numbers.Of(pair.parameter)))));

    /// <summary>Gives the parameters of a module these values.</summary>
    /// <exception cref="FormatException">A weight is missing, or has another shape.</exception>
    public void CopyTo(nn.Module module)
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in module.named_parameters())
        {
            var (shape, values) = Find(Plain(name));
            if (!shape.SequenceEqual(parameter.shape))
                throw new FormatException($"The weight '{Plain(name)}' has the shape [{string.Join(", ", shape)}]; expected [{string.Join(", ", parameter.shape)}].");
            using var source = tensor(values, shape);
            parameter.copy_(source);
        }
    }

    /// <summary>Whether a weight is there.</summary>
    public bool Has(string name) => _weights.ContainsKey(name);

    /// <summary>The weights of a part of the module.</summary>
    /// <param name="name">Name of the part.</param>
    public ModuleWeights Part(string name) => new(_weights
        .Where(pair => pair.Key.StartsWith(name + ".", StringComparison.Ordinal))
        .Select(pair => KeyValuePair.Create(pair.Key[(name.Length + 1)..], pair.Value)));

    /// <summary>A weight as a constant of a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="name">Name of the weight.</param>
    public OnnxValue Constant(OnnxGraphBuilder graph, string name)
    {
        var (shape, values) = Find(name);
        return graph.Constant(values, shape);
    }

    /// <summary>A linear layer: x W' + b for each vector x of the last axis.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="x">[..., inputs].</param>
    /// <param name="layer">Name of the layer.</param>
    /// <returns>[..., outputs].</returns>
    public OnnxValue Linear(OnnxGraphBuilder graph, OnnxValue x, string layer)
    {
        var (shape, values) = Find(layer + ".weight");
        var (outputs, inputs) = ((int)shape[0], (int)shape[1]);
        var transposed = new float[values.Length];
        for (var i = 0; i < values.Length; i++)
            transposed[((i % inputs) * outputs) + (i / inputs)] = values[i];
        return graph.Add(graph.MatMul(x, graph.Constant(transposed, inputs, outputs)), Constant(graph, layer + ".bias"));
    }

    /// <summary>A normalisation of each vector of the last axis.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="x">[..., width].</param>
    /// <param name="layer">Name of the layer.</param>
    public OnnxValue LayerNorm(OnnxGraphBuilder graph, OnnxValue x, string layer)
        => graph.LayerNormalization(x, Constant(graph, layer + ".weight"), Constant(graph, layer + ".bias"), epsilon: (float)TransformerShape.Epsilon);

    /// <summary>Adds the weights to a model's state.</summary>
    /// <param name="numbers">The state's numbers.</param>
    /// <param name="prefix">Begins their names.</param>
    public void Write(IDictionary<string, double[]> numbers, string prefix)
    {
        foreach (var (name, (shape, values)) in _weights)
        {
            numbers[$"{prefix}.{name}"] = Array.ConvertAll(values, value => (double)value);
            numbers[$"{prefix}.{name}:shape"] = Array.ConvertAll(shape, length => (double)length);
        }
    }

    /// <summary>The weights that a state holds.</summary>
    /// <param name="state">The state.</param>
    /// <param name="prefix">As in <see cref="Write"/>.</param>
    /// <exception cref="FormatException">The state is damaged.</exception>
    public static ModuleWeights Read(ModelState state, string prefix)
        => new(state.Numbers.Keys
            .Where(key => key.StartsWith(prefix + ".", StringComparison.Ordinal) && !key.EndsWith(":shape", StringComparison.Ordinal))
            .Select(key => KeyValuePair.Create(key[(prefix.Length + 1)..], Read(state, key, state.GetNumbers($"{key}:shape")))));

    private static (long[] Shape, float[] Values) Read(ModelState state, string key, double[] shape)
    {
        var values = Array.ConvertAll(state.GetNumbers(key), value => (float)value);
        return values.Length == shape.Aggregate(1.0, (product, length) => product * length)
            ? (Array.ConvertAll(shape, length => (long)length), values)
            : throw new FormatException($"The sizes of the weight '{key}' do not fit together.");
    }

    private (long[] Shape, float[] Values) Find(string name)
        => _weights.TryGetValue(name, out var weight) ? weight : throw new FormatException($"The model lacks the weight '{name}'.");

    private static string Plain(string name) => string.Join('.', name.Split('.').Select(part => part.TrimStart('_')));
}
