using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Estimators.Training;

/// <summary>
/// The path from options and a kernel to a complete ML.NET transform that learns columns of numbers from columns of numbers. A featurizer
/// derives from it and writes <see cref="Train"/>.
/// </summary>
/// <typeparam name="TOptions">The featurizer's options.</typeparam>
/// <typeparam name="TModel">What it learns.</typeparam>
public abstract class FeaturizerBase<TOptions, TModel> : IEstimator<FeatureTransformer<TModel>>
    where TOptions : ComponentOptions
    where TModel : FeatureModel
{
    private const string JoinedInputs = "MLExtensions.Inputs";

    private readonly IHost _host;

    /// <summary>Registers the featurizer and takes a copy of its options.</summary>
    /// <param name="environment">The environment of the catalog that made the featurizer.</param>
    /// <param name="outputColumnNames">The columns that it adds, at least one.</param>
    /// <param name="inputColumnNames">The columns that it reads, at least one, each a <see cref="float"/> or a known-size vector of it.</param>
    /// <param name="options">The options; later changes to the object have no effect.</param>
    /// <exception cref="ArgumentException">No column is named, or an option is outside its range.</exception>
    protected FeaturizerBase(IHostEnvironment environment, IReadOnlyList<string> outputColumnNames, IReadOnlyList<string> inputColumnNames, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        RequireNames(outputColumnNames);
        RequireNames(inputColumnNames);
        options.Validate();
        _host = environment.Register(GetType().Name);
        OutputColumnNames = [.. outputColumnNames];
        InputColumnNames = [.. inputColumnNames];
        FeaturizerOptions = ComponentOptions.CopyOf(options);
    }

    /// <summary>The columns that it adds.</summary>
    public IReadOnlyList<string> OutputColumnNames { get; }

    /// <summary>The columns that it reads.</summary>
    public IReadOnlyList<string> InputColumnNames { get; }

    /// <summary>The featurizer's own copy of its options.</summary>
    protected TOptions FeaturizerOptions { get; }

    /// <summary>Whether the output columns have slot names.</summary>
    protected abstract bool NamesSlots { get; }

    /// <summary>Learns from a view; a label is not read.</summary>
    /// <param name="input">The training rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be learned from; the message names column and row.</exception>
    public FeatureTransformer<TModel> Fit(IDataView input) => Fit(input, CancellationToken.None);

    /// <summary>Learns from a view until it is done or cancelled.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be learned from; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public FeatureTransformer<TModel> Fit(IDataView input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        GetOutputSchema(MlNetAccess.ShapeOf(input.Schema));
        using var channel = _host.Start("Training");
        var context = new TrainingContext(_host, channel, FeaturizerOptions.Seed, cancellationToken);
        context.ThrowIfCanceled();

        var inputs = InputColumnNames.Select(name => new FeatureInput(name, (input.Schema[name].Type as VectorDataViewType)?.Size)).ToArray();
        var joined = new MLContext(seed: 0).Transforms.Concatenate(JoinedInputs, [.. InputColumnNames]).Fit(input).Transform(input);
        var data = new TrainingData(joined, task: null, new ColumnRoles(JoinedInputs) { JoinedColumns = inputs }, context, needsTwoClasses: false);
        return new FeatureTransformer<TModel>(_host, Train(data, inputs, context), input.Schema);
    }

    /// <summary>The columns after this transform, from the columns before it.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var name in InputColumnNames)
            CheckInput(inputSchema, name);
        return new SchemaShape(inputSchema.Where(column => !OutputColumnNames.Contains(column.Name)).Concat(OutputColumnNames.Select(DescribeOutput)));
    }

    /// <summary>An output column before fitting: a vector of <see cref="float"/>, with slot names as <see cref="NamesSlots"/> says. Override it for scalars and other vectors.</summary>
    /// <param name="name">Name of the column.</param>
    protected virtual SchemaShape.Column DescribeOutput(string name)
    {
        var annotations = new SchemaShape(NamesSlots ? [SlotNames.Shape()] : []);
        return MlNetAccess.ShapeColumn(name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, annotations);
    }

    /// <summary>Learns the model.</summary>
    /// <param name="data">The training rows; their features are the input columns one after the other.</param>
    /// <param name="inputs">The input columns with their sizes.</param>
    /// <param name="context">Log, progress, seed and cancellation.</param>
    protected abstract TModel Train(TrainingData data, IReadOnlyList<FeatureInput> inputs, TrainingContext context);

    private static void CheckInput(SchemaShape schema, string name)
    {
        var kind = schema.FirstOrDefault(column => column.Name == name).Kind == SchemaShape.Column.VectorKind.Scalar
            ? SchemaShape.Column.VectorKind.Scalar
            : SchemaShape.Column.VectorKind.Vector;
        schema.Require("input", name, kind, NumberDataViewType.Single);
    }

    private static void RequireNames(IReadOnlyList<string> names, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(names))] string? argument = null)
    {
        ArgumentNullException.ThrowIfNull(names, argument);
        if (names.Count == 0 || names.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("Name at least one column, and leave no name empty.", argument);
    }
}
