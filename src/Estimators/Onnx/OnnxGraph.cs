using System.Collections.ObjectModel;
using Google.Protobuf;
using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>An immutable ONNX model: the fitted form of every component of this pack, or anybody's model read from bytes.</summary>
/// <remarks>Parts of a foreign model that this class does not know (functions, training information, ...) are kept as they are.</remarks>
public sealed class OnnxGraph
{
    private readonly ModelProto _model;

    /// <remarks>Takes the message over: nobody may change it afterwards.</remarks>
    internal OnnxGraph(ModelProto model)
    {
        _model = model;
        var initializers = model.Graph.Initializer.Select(t => t.Name).ToHashSet();
        Inputs = [.. model.Graph.Input.Where(v => !initializers.Contains(v.Name)).Select(OnnxTensorInfo.From)];
        Outputs = [.. model.Graph.Output.Select(OnnxTensorInfo.From)];
        var metadata = new Dictionary<string, string>();
        foreach (var entry in model.MetadataProps)
            metadata[entry.Key] = entry.Value;
        Metadata = metadata.AsReadOnly();
    }

    /// <summary>The inputs that a caller must feed, in the graph's order; initializers are left out.</summary>
    public IReadOnlyList<OnnxTensorInfo> Inputs { get; }

    /// <summary>The outputs, in the graph's order.</summary>
    public IReadOnlyList<OnnxTensorInfo> Outputs { get; }

    /// <summary>The model's free key-value texts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The program that wrote the model, <c>MLExtensions</c> for this pack's; empty if unknown.</summary>
    public string ProducerName => _model.ProducerName;

    /// <summary>The version of that program; empty if unknown.</summary>
    public string ProducerVersion => _model.ProducerVersion;

    /// <summary>Reads a model from the bytes of an .onnx file.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidDataException">The bytes are not an ONNX model.</exception>
    public static OnnxGraph FromBytes(ReadOnlySpan<byte> bytes)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"These {bytes.Length} bytes are not an ONNX model: {e.Message}", e);
        }
        // Many texts and all empty files are valid protobuf: a model also has a version, operators and outputs.
        if (model.IrVersion <= 0 || model.OpsetImport.Count == 0 || model.Graph is not { Output.Count: > 0 })
            throw new InvalidDataException($"These {bytes.Length} bytes are not an ONNX model: no graph with an output, IR version and operator set found.");
        return new(model);
    }

    /// <summary>Reads an .onnx file.</summary>
    /// <param name="path">The file's path.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidDataException">The file is not an ONNX model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <remarks>Weights that a model keeps in a second file beside it ("external data") are not read.</remarks>
    public static OnnxGraph Load(string path)
    {
        try
        {
            return FromBytes(File.ReadAllBytes(path));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}' is not an ONNX model. {e.Message}", e);
        }
    }

    /// <summary>The model as the bytes of an .onnx file.</summary>
    /// <returns>A new array.</returns>
    public byte[] ToBytes() => _model.ToByteArray();

    /// <summary>Writes an .onnx file.</summary>
    /// <param name="path">The file's path; an existing file is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => File.WriteAllBytes(path, ToBytes());

    /// <summary>A copy that computes only some of the outputs.</summary>
    /// <param name="names">The outputs to keep, in the order wanted.</param>
    /// <returns>A model with these outputs, the operators and constants that they need, and all inputs and metadata of this model.</returns>
    /// <exception cref="ArgumentException"><paramref name="names"/> is empty, names an output twice or names one that the model does not have.</exception>
    public OnnxGraph WithOutputs(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count == 0)
            throw new ArgumentException("Name at least one output.", nameof(names));
        var model = _model.Clone();
        var outputs = model.Graph.Output.ToDictionary(o => o.Name);
        model.Graph.Output.Clear();
        foreach (var name in names)
        {
            if (!outputs.TryGetValue(name, out var output))
                throw new ArgumentException($"The model has no output '{name}'. Its outputs: {string.Join(", ", Outputs.Select(o => o.Name))}.", nameof(names));
            if (model.Graph.Output.Contains(output))
                throw new ArgumentException($"Output '{name}' is named twice.", nameof(names));
            model.Graph.Output.Add(output);
        }
        OnnxPruning.Prune(model.Graph);
        return new(model);
    }

    /// <summary>The slot names that ML.NET shows for a vector output.</summary>
    /// <param name="outputName">The output's name.</param>
    /// <returns>One name a slot, or <see langword="null"/> if the model carries none for this output.</returns>
    public IReadOnlyList<string>? GetSlotNames(string outputName)
    {
        var node = _model.Graph.Node.FirstOrDefault(n => n.Name == OnnxSlotNames.NodeName(outputName));
        var names = node?.Attribute.FirstOrDefault(a => a.Name == OnnxSlotNames.KeysAttribute)?.Strings;
        return names is null ? null : new ReadOnlyCollection<string>([.. names.Select(n => n.ToStringUtf8())]);
    }

    /// <summary>Reads numbers that <see cref="OnnxGraphBuilder.SetDoubles"/> wrote, bit for bit.</summary>
    /// <param name="key">The metadata key.</param>
    /// <returns>The numbers.</returns>
    /// <exception cref="KeyNotFoundException">The model has no such key.</exception>
    /// <exception cref="InvalidDataException">The text under the key was not written by <see cref="OnnxGraphBuilder.SetDoubles"/>.</exception>
    public double[] GetDoubles(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!Metadata.TryGetValue(key, out var text))
            throw new KeyNotFoundException($"The model has no metadata '{key}'. Its keys: {string.Join(", ", Metadata.Keys)}.");
        var bytes = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || length % sizeof(double) != 0)
            throw new InvalidDataException($"Metadata '{key}' of the model is not a list of doubles.");
        return OnnxTensors.DoublesFromLittleEndian(bytes[..length]);
    }
}
