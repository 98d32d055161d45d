using System.IO.Compression;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Onnx;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// Replaces the stock ONNX transformers of a model by batched ones, and the chains that this pack has saved by the typed
/// transformers that wrote them.
/// </summary>
internal sealed class Acceleration(ModelOperationsCatalog catalog)
{
    private readonly IHostEnvironment _environment = MlNetAccess.EnvironmentOf(catalog);
    private readonly List<IDisposable> _replaced = [];

    /// <summary>Stock transformers that the accelerated model no longer needs.</summary>
    public IEnumerable<IDisposable> Replaced => _replaced;

    /// <summary>The accelerated model, or the same object where nothing can be accelerated.</summary>
    public ITransformer Accelerate(ITransformer transformer)
    {
        if (transformer is OnnxTransformer onnx)
            return Batched(onnx) ?? transformer;
        return transformer is IEnumerable<ITransformer> chain && MlNetAccess.ScopesOf(transformer) is { } scopes
            ? AccelerateChain(transformer, [.. chain], scopes)
            : transformer;
    }

    // A saved component is a chain of its own, but ML.NET's Append puts what follows it into the same chain.
    private ITransformer AccelerateChain(ITransformer chain, ITransformer[] parts, TransformerScope[] scopes)
    {
        List<ITransformer> accelerated = [];
        List<TransformerScope> acceleratedScopes = [];
        for (var i = 0; i < parts.Length;)
        {
            var typed = Typed(parts.AsSpan(i), out var length);
            if (typed is not null && length == parts.Length)
                return typed;
            accelerated.Add(typed ?? Accelerate(parts[i]));
            acceleratedScopes.Add(scopes[i]);
            i += Math.Max(1, length);
        }
        return accelerated.SequenceEqual(parts) ? chain : new TransformerChain<ITransformer>(accelerated, acceleratedScopes);
    }

    private BatchedOnnxTransformer? Batched(OnnxTransformer onnx)
    {
        var graph = GraphOf(onnx);
        var (inputs, outputs) = (MlNetAccess.InputsOf(onnx), MlNetAccess.OutputsOf(onnx));
        // Stock ML.NET fits a dynamic inner axis to each row's vector; a batch has one size.
        if (graph.Inputs.Any(input => inputs.Contains(input.Name) && input.Dimensions.Skip(1).Contains(null)))
            return null;
        if (BatchedOnnxTransformer.WhyNotInBatches(graph, inputs, outputs) is not null)
            return null;
        _replaced.Add(onnx);
        return new BatchedOnnxTransformer(_environment, graph, outputs, inputs);
    }

    /// <summary>The component that was saved as the first transformers of a chain, and how many those are; 0 when there is none.</summary>
    private ITransformer? Typed(ReadOnlySpan<ITransformer> chain, out int length)
    {
        length = 0;
        // Only what this pack saves puts out helper columns; a graph that it exported does not.
        if (chain is not [OnnxTransformer onnx, _, ..] || !MlNetAccess.OutputsOf(onnx).All(HelperColumns.IsHelper))
            return null;
        var graph = GraphOf(onnx);
        var modelType = ComponentMetadata.ModelTypeOf(graph);
        var isFeaturizer = modelType is not null && modelType.IsSubclassOf(typeof(FeatureModel));
        var task = ComponentMetadata.TaskOf(graph);
        if (!isFeaturizer && task is null)
            return null;

        var expected = isFeaturizer ? FeatureStockChain.LengthOf(graph) : PredictionScorer.StockChainLength(task!.Value);
        if (chain.Length < expected || chain[expected - 1] is not ColumnSelectingTransformer)
            return null;
        length = expected;
        _replaced.Add(onnx);
        if (isFeaturizer)
            return Restored(nameof(RestoreFeatures), modelType!, graph, chain[..length].ToArray());
        var signature = SignatureOf(graph, task!.Value, chain[..length]);
        return modelType is null
            ? new PredictionTransformer<SavedModel>(_environment, new SavedModel(ComponentMetadata.StateOf(graph), signature.FeatureCount), graph, signature)
            : Restored(nameof(RestorePrediction), modelType, graph, signature);
    }

    private ITransformer Restored(string method, Type modelType, params object[] arguments)
    {
        var restore = GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(modelType);
        return (ITransformer)restore.Invoke(this, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null)!;
    }

    private FeatureTransformer<TModel> RestoreFeatures<TModel>(OnnxGraph graph, ITransformer[] chain)
        where TModel : FeatureModel, IRestorable<TModel>
    {
        var model = TModel.FromState(ComponentMetadata.StateOf(graph));
        return new(_environment, model, graph, FeatureStockChain.LabelsOf(model, graph, chain));
    }

    private PredictionTransformer<TModel> RestorePrediction<TModel>(OnnxGraph graph, PredictionSignature signature)
        where TModel : PredictionModel, IRestorable<TModel>
        => new(_environment, TModel.FromState(ComponentMetadata.StateOf(graph)), graph, signature);

    private static PredictionSignature SignatureOf(OnnxGraph graph, PredictionTask task, ReadOnlySpan<ITransformer> chain)
    {
        if (graph.Inputs is not [{ Dimensions: [null, { } featureCount] } features, ..])
            throw new FormatException("The model's graph does not begin with the input [N, features] of a trainer of this pack.");
        var labels = task == PredictionTask.MulticlassClassification ? LabelsOf(graph, chain.ToArray()) : null;
        return new PredictionSignature(task, features.Name, (int)featureCount, labels)
        {
            Categories = [.. graph.Inputs.Skip(1).Select(CategoricalInput.Of)],
        };
    }

    private static KeyValues LabelsOf(OnnxGraph graph, ITransformer[] chain)
    {
        var input = StockOnnx.InputSchemaOf(graph, graph.Inputs.Select(input => input.Name));
        var output = chain.Aggregate(input, (schema, transformer) => transformer.GetOutputSchema(schema));
        return KeyValues.Of(output["PredictedLabel"]);
    }

    // A stock transformer shows its graph only when it saves itself: the bytes are one entry of the file, behind their length.
    private OnnxGraph GraphOf(OnnxTransformer onnx)
    {
        using var file = new MemoryStream();
        catalog.Save(onnx, null, file);
        using var archive = new ZipArchive(file, ZipArchiveMode.Read);
        using var reader = new BinaryReader(archive.Entries.Single(entry => entry.Name == "OnnxModel").Open());
        return OnnxGraph.FromBytes(reader.ReadBytes(reader.ReadInt32()));
    }
}
