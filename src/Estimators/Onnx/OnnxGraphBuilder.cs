using System.Reflection;
using System.Runtime.CompilerServices;
using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>Builds one ONNX graph: inputs, constants, operators, outputs.</summary>
/// <remarks>
/// <para>Models use operator set 17 (and <c>ai.onnx.ml</c> 3 where needed) and IR version 8, which ONNX Runtime reads since 1.12.</para>
/// <para>Inputs and outputs carry the names given to them, any non-empty text; all other names are made up by the builder and give way to them.
/// Operators and constants that no output needs are left out of the built graph.</para>
/// </remarks>
/// <example>
/// <code>
/// var builder = new OnnxGraphBuilder("linear");
/// var features = builder.Input("Features", OnnxElementType.Float, null, 3);
/// var score = builder.MatMul(features, builder.Constant([0.5f, -1f, 2f], 3, 1));
/// builder.Output(score, "Score", OnnxElementType.Float, null, 1);
/// OnnxGraph graph = builder.Build();
/// </code>
/// </example>
public sealed partial class OnnxGraphBuilder
{
    private const string MachineLearningDomain = "ai.onnx.ml";

    private readonly ModelProto _model;
    private readonly Stack<GraphProto> _scopes = new();
    private readonly HashSet<string> _given = [];
    private readonly Dictionary<string, OnnxValue> _generated = [];
    private int _count;

    /// <summary>Starts an empty graph.</summary>
    /// <param name="graphName">The graph's name, for people and viewers.</param>
    /// <exception cref="ArgumentException"><paramref name="graphName"/> is null or empty.</exception>
    public OnnxGraphBuilder(string graphName)
    {
        ArgumentException.ThrowIfNullOrEmpty(graphName);
        var version = typeof(OnnxGraphBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        _model = new()
        {
            IrVersion = 8,
            ProducerName = "MLExtensions",
            ProducerVersion = version?.Split('+')[0] ?? "",
            Graph = new() { Name = graphName },
        };
        _model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        _scopes.Push(_model.Graph);
    }

    /// <summary>Adds a graph input.</summary>
    /// <param name="name">The input's name, which is the ML.NET column's name.</param>
    /// <param name="type">The element type.</param>
    /// <param name="dimensions">One length an axis, <see langword="null"/> for one known only at run time; a first axis of <see langword="null"/> is the batch axis <c>N</c>. None for a scalar.</param>
    /// <returns>The input's value.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken by another input or output.</exception>
    /// <exception cref="InvalidOperationException">A branch of an <c>If</c> is being built.</exception>
    public OnnxValue Input(string name, OnnxElementType type, params ReadOnlySpan<long?> dimensions)
    {
        var info = Declare(name, type, dimensions);
        _model.Graph.Input.Add(info);
        return new(name, _model.Graph);
    }

    /// <inheritdoc cref="Input(string, OnnxElementType, ReadOnlySpan{long?})"/>
    /// <summary>Adds a graph input with one axis.</summary>
    /// <param name="name">The input's name, which is the ML.NET column's name.</param>
    /// <param name="type">The element type.</param>
    /// <param name="length">The length of the axis, or <see langword="null"/> for the batch axis <c>N</c>.</param>
    [OverloadResolutionPriority(1)] // A lone null would otherwise be an empty span, that is a scalar.
    public OnnxValue Input(string name, OnnxElementType type, long? length) => Input(name, type, [length]);

    /// <summary>Makes a value a graph output.</summary>
    /// <param name="value">The value; it may be an input, a constant, or also be another output.</param>
    /// <param name="name">The output's name, which is the ML.NET column's name.</param>
    /// <param name="type">The element type of the value.</param>
    /// <param name="dimensions">One length an axis, <see langword="null"/> for one known only at run time; a first axis of <see langword="null"/> is the batch axis <c>N</c>. None for a scalar.</param>
    /// <exception cref="ArgumentException">The name is empty or taken by another input or output, or the value belongs to another builder.</exception>
    /// <exception cref="InvalidOperationException">A branch of an <c>If</c> is being built.</exception>
    public void Output(OnnxValue value, string name, OnnxElementType type, params ReadOnlySpan<long?> dimensions)
    {
        Check(value);
        var info = Declare(name, type, dimensions);
        _model.Graph.Output.Add(info);
        var identity = new NodeProto { OpType = "Identity" };
        identity.Input.Add(value.Name);
        identity.Output.Add(name);
        _model.Graph.Node.Add(identity);
    }

    /// <inheritdoc cref="Output(OnnxValue, string, OnnxElementType, ReadOnlySpan{long?})"/>
    /// <summary>Makes a value with one axis a graph output.</summary>
    /// <param name="value">The value; it may be an input, a constant, or also be another output.</param>
    /// <param name="name">The output's name, which is the ML.NET column's name.</param>
    /// <param name="type">The element type of the value.</param>
    /// <param name="length">The length of the axis, or <see langword="null"/> for the batch axis <c>N</c>.</param>
    [OverloadResolutionPriority(1)]
    public void Output(OnnxValue value, string name, OnnxElementType type, long? length) => Output(value, name, type, [length]);

    /// <summary>Adds an operator with one result from the default ONNX domain.</summary>
    /// <param name="opType">The operator's name, such as <c>Softplus</c>.</param>
    /// <param name="inputs">Its inputs; <see langword="null"/> leaves an optional one out.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The operator's first result.</returns>
    /// <exception cref="ArgumentException">The name is empty, or an input belongs to another builder or to a branch that is closed.</exception>
    public OnnxValue Node(string opType, ReadOnlySpan<OnnxValue?> inputs, params ReadOnlySpan<OnnxAttribute> attributes)
        => Node("", opType, inputs, 1, attributes)[0];

    /// <summary>Adds any operator.</summary>
    /// <param name="domain">The operator's domain: empty for ONNX's own, <c>ai.onnx.ml</c> (version 3), or another (version 1).</param>
    /// <param name="opType">The operator's name, such as <c>TopK</c>.</param>
    /// <param name="inputs">Its inputs; <see langword="null"/> leaves an optional one out.</param>
    /// <param name="outputCount">How many results it has, at least 1.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The operator's results, <paramref name="outputCount"/> of them.</returns>
    /// <exception cref="ArgumentException">The name is empty, or an input belongs to another builder or to a branch that is closed.</exception>
    public OnnxValue[] Node(string domain, string opType, ReadOnlySpan<OnnxValue?> inputs, int outputCount, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentException.ThrowIfNullOrEmpty(opType);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputCount, 1);
        if (domain.Length > 0 && _model.OpsetImport.All(set => set.Domain != domain))
            _model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = domain == MachineLearningDomain ? 3 : 1 });
        var node = new NodeProto { OpType = opType };
        if (domain.Length > 0)
            node.Domain = domain;
        foreach (var input in inputs)
        {
            if (input is not null)
                Check(input);
            node.Input.Add(input?.Name ?? "");
        }
        // An empty name says "left out" only before other inputs: some of ONNX Runtime's kernels count the inputs.
        while (node.Input.Count > 0 && node.Input[^1].Length == 0)
            node.Input.RemoveAt(node.Input.Count - 1);
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute.Proto);
        var outputs = new OnnxValue[outputCount];
        for (var i = 0; i < outputCount; i++)
        {
            outputs[i] = Fresh(opType, _scopes.Peek());
            node.Output.Add(outputs[i].Name);
        }
        node.Name = outputs[0].Name;
        _scopes.Peek().Node.Add(node);
        return outputs;
    }

    /// <summary>Computes one of two branches, whichever the condition picks.</summary>
    /// <param name="condition">A Boolean value with exactly one element.</param>
    /// <param name="then">Builds the branch for true with this same builder and returns its result; it may use values made before the <c>If</c>.</param>
    /// <param name="otherwise">Builds the branch for false.</param>
    /// <returns>The result of the branch that was picked.</returns>
    /// <exception cref="ArgumentException">A value belongs to another builder or to the other branch.</exception>
    public OnnxValue If(OnnxValue condition, Func<OnnxValue> then, Func<OnnxValue> otherwise)
    {
        ArgumentNullException.ThrowIfNull(then);
        ArgumentNullException.ThrowIfNull(otherwise);
        return If(condition, () => (OnnxValue[])[then()], () => (OnnxValue[])[otherwise()])[0];
    }

    /// <inheritdoc cref="If(OnnxValue, Func{OnnxValue}, Func{OnnxValue})"/>
    /// <summary>Computes one of two branches with several results each.</summary>
    /// <returns>The results of the branch that was picked.</returns>
    /// <exception cref="ArgumentException">A value belongs to another builder or to the other branch, or the branches have different numbers of results.</exception>
    public OnnxValue[] If(OnnxValue condition, Func<OnnxValue[]> then, Func<OnnxValue[]> otherwise)
    {
        ArgumentNullException.ThrowIfNull(then);
        ArgumentNullException.ThrowIfNull(otherwise);
        Check(condition);
        var (whenTrue, whenFalse) = (Branch("then", then), Branch("else", otherwise));
        if (whenTrue.Output.Count != whenFalse.Output.Count)
            throw new ArgumentException($"The branches have {whenTrue.Output.Count} and {whenFalse.Output.Count} results.", nameof(otherwise));
        return Node("", "If", [condition], whenTrue.Output.Count, new OnnxAttribute("then_branch", whenTrue), new OnnxAttribute("else_branch", whenFalse));
    }

    /// <summary>Adds a text to the model's metadata.</summary>
    /// <param name="key">The key, unique in the model.</param>
    /// <param name="value">The text.</param>
    /// <exception cref="ArgumentException">The key is empty or already there.</exception>
    public void Metadata(string key, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        if (_model.MetadataProps.Any(p => p.Key == key))
            throw new ArgumentException($"The model already has metadata '{key}'.", nameof(key));
        _model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    /// <summary>Keeps numbers in the model's metadata exactly, for <see cref="OnnxGraph.GetDoubles"/>.</summary>
    /// <param name="key">The key, unique in the model.</param>
    /// <param name="values">The numbers; they are stored as base64 of their little-endian bytes.</param>
    /// <exception cref="ArgumentException">The key is empty or already there.</exception>
    public void SetDoubles(string key, ReadOnlySpan<double> values) => Metadata(key, Convert.ToBase64String(OnnxTensors.ToLittleEndian(values)));

    /// <summary>Gives a vector output the slot names that ML.NET's stock <c>OnnxTransformer</c> shows in its output schema.</summary>
    /// <param name="outputColumn">The output's name; call <c>Output</c> for it before <see cref="Build"/>.</param>
    /// <param name="names">One name a slot, at least one; they need not differ.</param>
    /// <exception cref="ArgumentException">There is no name, or the output already has slot names.</exception>
    /// <exception cref="InvalidOperationException">A branch of an <c>If</c> is being built.</exception>
    public void SlotNames(string outputColumn, IReadOnlyList<string> names)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumn);
        ArgumentNullException.ThrowIfNull(names);
        RequireRoot();
        if (names.Count == 0)
            throw new ArgumentException("Give at least one slot name.", nameof(names));
        var nodeName = OnnxSlotNames.NodeName(outputColumn);
        if (_model.Graph.Node.Any(n => n.Name == nodeName))
            throw new ArgumentException($"Output '{outputColumn}' already has slot names.", nameof(outputColumn));
        // ML.NET only reads the attribute; the rest makes it an operator that ONNX Runtime accepts.
        Node(MachineLearningDomain, "LabelEncoder", [Constant([""])], 1,
            new OnnxAttribute(OnnxSlotNames.KeysAttribute, [.. names]),
            new OnnxAttribute("values_int64s", [.. Enumerable.Range(0, names.Count).Select(i => (long)i)]));
        _model.Graph.Node[^1].Name = nodeName;
    }

    /// <summary>The graph built so far. The builder can go on and build again.</summary>
    /// <returns>An immutable model.</returns>
    /// <exception cref="InvalidOperationException">There is no output, or a branch of an <c>If</c> is being built.</exception>
    public OnnxGraph Build()
    {
        RequireRoot();
        if (_model.Graph.Output.Count == 0)
            throw new InvalidOperationException($"The graph '{_model.Graph.Name}' has no output.");
        var model = _model.Clone();
        OnnxPruning.Prune(model.Graph); // ONNX Runtime warns about constants that nothing reads.
        return new(model);
    }

    private GraphProto Branch(string name, Func<OnnxValue[]> build)
    {
        var branch = new GraphProto { Name = $"{name}_{++_count}" };
        _scopes.Push(branch);
        try
        {
            foreach (var value in build())
            {
                Check(value);
                // A branch must compute its results itself: captured values and repeated ones pass through an Identity.
                var own = ReferenceEquals(value.Scope, branch) && branch.Output.All(o => o.Name != value.Name) ? value : Identity(value);
                branch.Output.Add(new ValueInfoProto { Name = own.Name });
            }
        }
        finally
        {
            _scopes.Pop();
        }
        return branch;
    }

    private OnnxValue Constant(TensorProto tensor)
    {
        var value = Fresh("Constant", _model.Graph);
        tensor.Name = value.Name;
        _model.Graph.Initializer.Add(tensor);
        return value;
    }

    private ValueInfoProto Declare(string name, OnnxElementType type, ReadOnlySpan<long?> dimensions)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        RequireRoot();
        if (type == OnnxElementType.Undefined || !Enum.IsDefined(type))
            throw new ArgumentOutOfRangeException(nameof(type), type, $"'{name}' needs an element type.");
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = new() };
        for (var axis = 0; axis < dimensions.Length; axis++)
        {
            var dimension = new TensorShapeProto.Types.Dimension();
            if (dimensions[axis] is { } length)
                dimension.DimValue = length > 0 ? length : throw new ArgumentOutOfRangeException(nameof(dimensions), length, $"Axis {axis} of '{name}' needs a length of at least 1, or null.");
            else if (axis == 0)
                dimension.DimParam = "N";
            tensor.Shape.Dim.Add(dimension);
        }
        if (!_given.Add(name))
            throw new ArgumentException($"The graph '{_model.Graph.Name}' already has an input or output '{name}': in an ONNX graph each needs a name of its own.", nameof(name));
        if (_generated.Remove(name, out var clash))
        {
            clash.Name = Unused(name);
            _generated.Add(clash.Name, clash);
            Rename(_model.Graph, name, clash.Name);
        }
        return new() { Name = name, Type = new() { TensorType = tensor } };
    }

    private OnnxValue Fresh(string stem, GraphProto scope)
    {
        var value = new OnnxValue(Unused($"{stem}_{++_count}"), scope);
        _generated.Add(value.Name, value);
        return value;
    }

    private string Unused(string name)
    {
        while (_given.Contains(name) || _generated.ContainsKey(name))
            name += "_";
        return name;
    }

    private static void Rename(GraphProto graph, string from, string to)
    {
        foreach (var tensor in graph.Initializer.Where(t => t.Name == from))
            tensor.Name = to;
        foreach (var output in graph.Output.Where(o => o.Name == from))
            output.Name = to;
        foreach (var node in graph.Node)
        {
            foreach (var names in new[] { node.Input, node.Output })
            {
                for (var i = 0; i < names.Count; i++)
                    names[i] = names[i] == from ? to : names[i];
            }
            foreach (var branch in OnnxPruning.SubGraphs(node))
                Rename(branch, from, to);
        }
    }

    private void Check(OnnxValue value, [CallerArgumentExpression(nameof(value))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(value, parameter);
        // By reference: messages compare by value, so two equal graphs would pass for one.
        if (!_scopes.Any(scope => ReferenceEquals(scope, value.Scope)))
            throw new ArgumentException($"The value '{value}' belongs to another graph builder, or to a branch that is closed.", parameter);
    }

    private void RequireRoot()
    {
        if (_scopes.Count > 1)
            throw new InvalidOperationException("Inputs, outputs and slot names belong to the whole graph: declare them outside the branches of an If.");
    }
}
