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

    /// <summary>The accelerated model, or the same object where nothing can be accelerated.</summary>
    public ITransformer Accelerate(ITransformer transformer)
    {
        if (transformer is OnnxTransformer onnx)
            return Batched(onnx) ?? transformer;
        if (transformer is not IEnumerable<ITransformer> chain || MlNetAccess.ScopesOf(transformer) is not { } scopes)
            return transformer;
        if (Typed([.. chain]) is { } typed)
            return typed;
        var accelerated = chain.Select(Accelerate).ToArray();
        return accelerated.SequenceEqual(chain) ? transformer : new TransformerChain<ITransformer>(accelerated, scopes);
    }

    private BatchedOnnxTransformer? Batched(OnnxTransformer onnx)
    {
        var graph = GraphOf(onnx);
        return BatchedOnnxTransformer.WhyNotInBatches(graph, MlNetAccess.InputsOf(onnx), MlNetAccess.OutputsOf(onnx)) is null
            ? new BatchedOnnxTransformer(_environment, onnx, graph)
            : null;
    }

    // A saved component is a chain of its own: the graph first, then the stock heads.
    private ITransformer? Typed(ITransformer[] chain)
    {
        if (chain is not [OnnxTransformer onnx, _, ..])
            return null;
        var graph = GraphOf(onnx);
        if (ComponentMetadata.ModelTypeOf(graph) is { } type && type.IsSubclassOf(typeof(FeatureModel)))
            return Restored(nameof(RestoreFeatures), type, graph);
        if (ComponentMetadata.TaskOf(graph) is not { } task || graph.Inputs is not [{ Dimensions: [null, { } featureCount] } features])
            return null;

        var signature = new PredictionSignature(task, features.Name, (int)featureCount, LabelsOf(chain, features.Name, (int)featureCount, task));
        return Restored(nameof(RestorePrediction), ComponentMetadata.ModelTypeOf(graph) ?? typeof(SavedModel), graph, signature);
    }

    private ITransformer Restored(string method, Type modelType, params object[] arguments)
    {
        var restore = GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(modelType);
        return (ITransformer)restore.Invoke(this, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
    }

    private FeatureTransformer<TModel> RestoreFeatures<TModel>(OnnxGraph graph)
        where TModel : FeatureModel, IRestorable<TModel>
        => new(_environment, TModel.FromState(ComponentMetadata.StateOf(graph)), graph);

    private PredictionTransformer<TModel> RestorePrediction<TModel>(OnnxGraph graph, PredictionSignature signature)
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
