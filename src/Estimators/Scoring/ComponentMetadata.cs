using System.Text.Json;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>What a graph says about the component that wrote it: the model's type, its task, options and exact state.</summary>
internal static class ComponentMetadata
{
    private const string Prefix = "mlextensions.";
    private const string ModelKey = Prefix + "model";
    private const string TaskKey = Prefix + "task";
    private const string OptionsKey = Prefix + "options";
    private const string StatePrefix = Prefix + "state.";
    private const string TextPrefix = Prefix + "texts.";

    public static void Write(OnnxGraphBuilder graph, PredictionModel model, PredictionTask task)
    {
        graph.Metadata(TaskKey, task.ToString());
        Write(graph, model);
    }

    public static void Write(OnnxGraphBuilder graph, ComponentModel model)
    {
        var type = model.GetType();
        var state = model.GetState();
        graph.Metadata(ModelKey, $"{type.FullName}, {type.Assembly.GetName().Name}");
        graph.Metadata(OptionsKey, state.OptionsJson);
        foreach (var (name, values) in state.Numbers)
            graph.SetDoubles(StatePrefix + name, values);
        foreach (var (name, texts) in state.Texts)
            graph.Metadata(TextPrefix + name, JsonSerializer.Serialize(texts));
    }

    public static PredictionTask? TaskOf(OnnxGraph graph)
        => graph.Metadata.TryGetValue(TaskKey, out var name) && Enum.TryParse<PredictionTask>(name, out var task) ? task : null;

    public static ModelState StateOf(OnnxGraph graph) => new(
        graph.Metadata.GetValueOrDefault(OptionsKey, "null"),
        NamesOf(graph, StatePrefix).ToDictionary(name => name, name => graph.GetDoubles(StatePrefix + name)),
        NamesOf(graph, TextPrefix).ToDictionary(name => name, name => JsonSerializer.Deserialize<string[]>(graph.Metadata[TextPrefix + name])!));

    private static IEnumerable<string> NamesOf(OnnxGraph graph, string prefix)
        => graph.Metadata.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..]);

    /// <summary>The type of the model that wrote the graph, or <see langword="null"/> where it is not to be had.</summary>
    /// <remarks>A file names a type: only models are accepted, and only from assemblies already loaded or from this pack.</remarks>
    public static Type? ModelTypeOf(OnnxGraph graph)
    {
        if (!graph.Metadata.TryGetValue(ModelKey, out var name) || name.Split(", ") is not [var typeName, var assemblyName])
            return null;
        var assembly = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(loaded => loaded.GetName().Name == assemblyName);
        if (assembly is null && assemblyName.StartsWith("MLExtensions.", StringComparison.Ordinal))
            assembly = TryLoad(assemblyName);
        return assembly?.GetType(typeName) is { } type && type.IsSubclassOf(typeof(ComponentModel)) && IsRestorable(type) ? type : null;
    }

    private static bool IsRestorable(Type type) => type.GetInterfaces()
        .Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRestorable<>) && i.GenericTypeArguments[0] == type);

    private static System.Reflection.Assembly? TryLoad(string assemblyName)
    {
        try
        {
            return System.Reflection.Assembly.Load(assemblyName);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
