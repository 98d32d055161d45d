using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>Adds to each row how well a trained tree ensemble supports its score there.</summary>
/// <remarks>
/// <para>
/// Input column: the feature column of the model, a vector of Single. Output columns, after the prefix: <c>EffectiveNeighbours</c>, Single, 1 / leverage; <c>Leverage</c>, Single,
/// ||s(x)||^2; <c>WeightSum</c>, Single, the sum of the weights; with a noise variance <c>PredictionVariance</c>, Single; with a number of top rows <c>TopRows</c>, a vector of UInt32 with the
/// numbers of the training rows with the largest weights, by magnitude, and <c>TopWeights</c>, a vector of Single with their weights.
/// </para>
/// <para>
/// A chain of transformers takes the views that the chain takes: the fitted transformer begins with the transformers before the trees and adds their columns, too.
/// </para>
/// <para>
/// | Characteristic | |
/// | --- | --- |
/// | What it learns from | the training table of the model, given to the catalog method; of the view given to <see cref="Fit(IDataView)"/> only the schema matters |
/// | Missing values | as the model itself takes them |
/// | Exportable to ONNX | yes |
/// | Limits | 6,000 leaves in all trees together; with top rows 10 million training rows times trees |
/// </para>
/// <para>
/// The fitted transformer saves as stock ML.NET. There, scalars pass through a column named Score: where the view given to <see cref="Fit(IDataView)"/> has one, the saved form restores it and
/// needs it to be there.
/// </para>
/// </remarks>
[Component("[Curth et al. 2024](https://arxiv.org/abs/2402.01502)", "tree-smoothing.md", Transformer = typeof(FeatureTransformer<TreeSmoothingModel>))]
public sealed class TreeSmoothingEstimator : IEstimator<ITransformer>
{
    private readonly IHost _host;
    private readonly ITransformer _model;
    private readonly TreeModel _trees;
    private readonly IDataView _trainData;
    private readonly string _outputPrefix;
    private readonly TreeSmoothingOptions _options;

    internal TreeSmoothingEstimator(IHostEnvironment environment, ITransformer model, IDataView trainData, string outputPrefix, TreeSmoothingOptions options)
    {
        options.Validate();
        _host = environment.Register(nameof(TreeSmoothingEstimator));
        _trees = TreeModel.Of(model);
        (_model, _trainData, _outputPrefix, _options) = (model, trainData, outputPrefix, ComponentOptions.CopyOf(options));
    }

    /// <summary>Computes the smoother of the model from its training table; the view is checked only.</summary>
    /// <param name="input">A view like those that are to be transformed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type or size.</exception>
    /// <exception cref="InvalidOperationException">The leaf values of the model do not follow from its training table, or the trees have too many leaves.</exception>
    public ITransformer Fit(IDataView input) => Fit(input, CancellationToken.None);

    /// <summary>Computes the smoother of the model from its training table until it is done or cancelled.</summary>
    /// <param name="input">A view like those that are to be transformed; it is checked only.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type or size.</exception>
    /// <exception cref="InvalidOperationException">The leaf values of the model do not follow from its training table, or the trees have too many leaves.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public ITransformer Fit(IDataView input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        GetOutputSchema(MlNetAccess.ShapeOf(input.Schema));
        using var channel = _host.Start("Training");
        var context = new TrainingContext(_host, channel, _options.Seed, cancellationToken);
        context.ThrowIfCanceled();
        var model = TreeSmoothingModel.Fit(_model, _trainData, _outputPrefix, _options, context);
        var preparation = _trees.Preparation;
        var schema = preparation.Aggregate(input.Schema, (current, transformer) => transformer.GetOutputSchema(current));
        FeatureTransformer<TreeSmoothingModel> smoother = new(_host, model, schema);
        return preparation.Count == 0 ? smoother : new TransformerChain<ITransformer>([.. preparation, smoother]);
    }

    /// <summary>The columns after this transform, from the columns before it.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        if (_trees.Preparation.Count == 0)
            inputSchema.Require("input", _trees.FeatureColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single);
        SchemaShape.Column[] added = [.. TreeSmoothingModel.OutputsOf(_outputPrefix, _options).Select(Describe)];
        return new SchemaShape(Prepared(inputSchema).Where(column => added.All(other => other.Name != column.Name)).Concat(added));
    }

    // The columns after the transformers before the trees, which add, replace, select and drop some. They take schemas, not shapes.
    private SchemaShape Prepared(SchemaShape inputSchema)
    {
        if (_trees.Preparation.Count == 0)
            return inputSchema;
        DataViewSchema.Builder builder = new();
        foreach (var column in inputSchema)
        {
            // The training table knows sizes and annotations; a column that it lacks is only passed on, or dropped.
            if (_trainData.Schema.GetColumnOrNull(column.Name) is { } known)
                builder.AddColumn(column.Name, known.Type, known.Annotations);
            else
                builder.AddColumn(column.Name, TypeOf(column));
        }
        return MlNetAccess.ShapeOf(_trees.Preparation.Aggregate(builder.ToSchema(), (current, transformer) => transformer.GetOutputSchema(current)));
    }

    // A type of the column's shape; sizes, of which 0 stands for any, and the number of a key's values are unknown, and no matter.
    private static DataViewType TypeOf(SchemaShape.Column column)
    {
        var item = column.IsKey ? new KeyDataViewType(column.ItemType.RawType, 1) : column.ItemType;
        return column.Kind == SchemaShape.Column.VectorKind.Scalar ? item : new VectorDataViewType((PrimitiveDataViewType)item, column.Kind == SchemaShape.Column.VectorKind.Vector ? 1 : 0);
    }

    private static SchemaShape.Column Describe(FeatureOutput output) => MlNetAccess.ShapeColumn(
        output.Name, output.VectorSize is null ? SchemaShape.Column.VectorKind.Scalar : SchemaShape.Column.VectorKind.Vector,
        output.ElementType == OnnxElementType.UInt32 ? NumberDataViewType.UInt32 : NumberDataViewType.Single, isKey: false, new SchemaShape([]));
}
