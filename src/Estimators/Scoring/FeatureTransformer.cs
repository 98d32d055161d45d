using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A fitted featurizer: adds columns and gives the learned <see cref="Model"/>.</summary>
/// <typeparam name="TModel">The model parameters.</typeparam>
public sealed class FeatureTransformer<TModel> : GraphTransformer
    where TModel : FeatureModel
{
    private readonly OnnxGraph _graph;
    private readonly KeyValues? _labels;

    /// <summary>A model that was fitted.</summary>
    /// <param name="environment">The environment of the estimator.</param>
    /// <param name="model">What was learned.</param>
    /// <param name="rows">The columns that it was fitted to.</param>
    /// <param name="labels">The values of a key label; <see langword="null"/> for a Boolean one, and where no output is a label.</param>
    internal FeatureTransformer(IHostEnvironment environment, TModel model, DataViewSchema rows, KeyValues? labels = null)
        : this(environment, model, FeatureScorer.Compile(model, FeatureStockChain.KeepsScore(model, rows)), labels)
    {
    }

    /// <summary>A model that was loaded: its graph is scored as it stands in the file.</summary>
    internal FeatureTransformer(IHostEnvironment environment, TModel model, OnnxGraph graph, KeyValues? labels)
    {
        Model = model;
        (_graph, _labels) = (graph, labels);
        Scorer = FeatureScorer.Create(environment, graph, model, labels);
    }

    /// <summary>What was learned.</summary>
    public TModel Model { get; }

    private protected override GraphScorer Scorer { get; }

    private protected override void SaveAsStock(ModelSaveContext ctx) => FeatureStockChain.Save(ctx, _graph, Model, _labels);

    private protected override OnnxGraph ToExportedGraph() => FeatureScorer.CompileForExport(Model);
}
