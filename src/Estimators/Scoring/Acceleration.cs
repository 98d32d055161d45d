using System.IO.Compression;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
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
        if (transformer is not IEnumerable<ITransformer> chain || MlNetAccess.ScopesOf(transformer) is not { } scopes)
            return transformer;
        ITransformer[] parts = [.. chain];
        if (Typed(parts, out var length) is not { } typed)
        {
            var accelerated = chain.Select(Accelerate).ToArray();
            return accelerated.SequenceEqual(parts) ? transformer : new TransformerChain<ITransformer>(accelerated, scopes);
        }
        return length == parts.Length
            ? typed
            : new TransformerChain<ITransformer>([typed, .. parts[length..].Select(Accelerate)], [scopes[0], .. scopes[length..]]);
    }

    private BatchedOnnxTransformer? Batched(OnnxTransformer onnx)
    {
        var graph = GraphOf(onnx);
        return BatchedOnnxTransformer.WhyNotInBatches(graph, MlNetAccess.InputsOf(onnx), MlNetAccess.OutputsOf(onnx)) is null
            ? new BatchedOnnxTransformer(_environment, onnx, graph)
            : null;
    }

    // A saved component is a chain of its own: the graph first, then the stock heads. ML.NET's Append puts what follows
    // into the same chain.
    private ITransformer? Typed(ITransformer[] chain, out int length)
    {
        length = 0;
        if (chain is not [OnnxTransformer onnx, _, ..])
            return null;
        var graph = GraphOf(onnx);
        if (ComponentMetadata.TaskOf(graph) is not { } task || graph.Inputs is not [{ Dimensions: [null, { } featureCount] } features])
            return null;
        length = PredictionScorer.StockChainLength(task);
        if (chain.Length < length)
            return null;

        var signature = new PredictionSignature(task, features.Name, (int)featureCount, LabelsOf(chain[..length], features.Name, (int)featureCount, task));
        var modelType = ComponentMetadata.ModelTypeOf(graph) ?? typeof(SavedModel);
        var restore = ((Func<OnnxGraph, PredictionSignature, ITransformer>)Restore<SavedModel>).Method.GetGenericMethodDefinition().MakeGenericMethod(modelType);
        _replaced.Add(onnx);
        return (ITransformer)restore.Invoke(this, BindingFlags.DoNotWrapExceptions, binder: null, [graph, signature], culture: null)!;
    }

    private PredictionTransformer<TModel> Restore<TModel>(OnnxGraph graph, PredictionSignature signature)
        where TModel : PredictionModel, IRestorable<TModel>
        => new(_environment, TModel.FromState(ComponentMetadata.StateOf(graph)), graph, signature);

    private static LabelKeys? LabelsOf(ITransformer[] chain, string featureColumnName, int featureCount, PredictionTask task)
    {
        if (task != PredictionTask.MulticlassClassification)
            return null;
        var input = new DataViewSchema.Builder();
        input.AddColumn(featureColumnName, new VectorDataViewType(NumberDataViewType.Single, featureCount));
        var output = chain.Aggregate(input.ToSchema(), (schema, transformer) => transformer.GetOutputSchema(schema));
        return LabelKeys.Of(output["PredictedLabel"]);
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
