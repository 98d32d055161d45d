using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A fitted trainer: adds the prediction columns of its task and gives the learned <see cref="Model"/>.</summary>
/// <typeparam name="TModel">The model parameters.</typeparam>
public sealed class PredictionTransformer<TModel> : GraphTransformer, ISingleFeaturePredictionTransformer<TModel>
    where TModel : PredictionModel
{
    private readonly IHostEnvironment _environment;
    private readonly PredictionSignature _signature;
    private readonly OnnxGraph _graph;

    internal PredictionTransformer(IHostEnvironment environment, TModel model, PredictionSignature signature)
        : this(environment, model, PredictionGraph.ForScoring(model, signature), signature)
    {
    }

    /// <summary>A model that was loaded: its graph is scored as it stands in the file.</summary>
    internal PredictionTransformer(IHostEnvironment environment, TModel model, OnnxGraph graph, PredictionSignature signature)
    {
        _environment = environment;
        Model = model;
        _signature = signature;
        _graph = graph;
        Scorer = PredictionScorer.Create(environment, model, _graph, signature);
    }

    /// <summary>What was learned.</summary>
    public TModel Model { get; }

    /// <summary>What is predicted.</summary>
    public PredictionTask Task => _signature.Task;

    /// <summary>Name of the feature column.</summary>
    public string FeatureColumnName => _signature.FeatureColumnName;

    /// <summary>Type of the feature column.</summary>
    public DataViewType FeatureColumnType => _signature.FeatureColumnType;

    private protected override GraphScorer Scorer { get; }

    /// <summary>The same columns from another model: one that was merged, given other priors or cut down, say.</summary>
    /// <param name="model">A model of the same classes, features and categorical columns.</param>
    /// <exception cref="ArgumentException"><paramref name="model"/> has another number of features, classes or values of a categorical column.</exception>
    public PredictionTransformer<TModel> WithModel(TModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.FeatureCount != _signature.FeatureCount)
            throw new ArgumentException($"The model has {model.FeatureCount} features; expected {_signature.FeatureCount}.", nameof(model));
        if (model.ClassCount > 0 && model.ClassCount != _signature.ClassCount)
            throw new ArgumentException($"The model has {model.ClassCount} classes; expected {_signature.ClassCount}.", nameof(model));
        if (!model.CategoryCounts.SequenceEqual(Model.CategoryCounts))
            throw new ArgumentException($"The model's categorical columns have {Text(model.CategoryCounts)} values; expected {Text(Model.CategoryCounts)}.", nameof(model));
        return new PredictionTransformer<TModel>(_environment, model, _signature);

        static string Text(IReadOnlyList<int> counts) => $"[{string.Join(", ", counts)}]";
    }

    private protected override void SaveAsStock(ModelSaveContext ctx) => PredictionScorer.SaveAsStock(ctx, _graph, _signature);

    private protected override OnnxGraph ToExportedGraph() => Model is SavedModel ? _graph : PredictionGraph.ForExport(Model, _signature);
}
