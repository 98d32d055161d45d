using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A fitted featurizer: adds columns of numbers and gives the learned <see cref="Model"/>.</summary>
/// <typeparam name="TModel">The model parameters.</typeparam>
public sealed class FeatureTransformer<TModel> : GraphTransformer
    where TModel : FeatureModel
{
    private readonly OnnxGraph _graph;

    /// <summary>A model that was learned from views of a schema.</summary>
    internal FeatureTransformer(IHostEnvironment environment, TModel model, DataViewSchema inputSchema)
        : this(environment, model, FeatureScorer.Compile(model, inputSchema.GetColumnOrNull(StockHeads.ScoreColumn) is not null))
    {
    }

    /// <summary>A model that was loaded: its graph is scored as it stands in the file.</summary>
    internal FeatureTransformer(IHostEnvironment environment, TModel model, OnnxGraph graph)
    {
        Model = model;
        _graph = graph;
        Scorer = FeatureScorer.Create(environment, graph, model);
    }

    /// <summary>What was learned.</summary>
    public TModel Model { get; }

    private protected override GraphScorer Scorer { get; }

    private protected override void SaveAsStock(ModelSaveContext ctx) => FeatureScorer.SaveAsStock(ctx, _graph, Model);

    private protected override OnnxGraph ToExportedGraph() => FeatureScorer.CompileForExport(Model);
}
