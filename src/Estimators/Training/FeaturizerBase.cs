using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Estimators.Training;

/// <summary>
/// The path from options and a kernel to a complete ML.NET transform that learns columns from columns of numbers and categories. A featurizer
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
    /// <param name="inputColumnNames">The columns that it reads, at least one, each a <see cref="float"/> or a known-size vector of it, or a key if it <see cref="ReadsCategories"/>.</param>
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

    /// <summary>Whether the output columns that are vectors have slot names.</summary>
    protected abstract bool NamesSlots { get; }

    /// <summary>Whether input columns may be keys, of any width and known cardinality.</summary>
    protected virtual bool ReadsCategories => false;

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
        FeatureInput[] inputs = [.. InputColumnNames.Select(name => InputOf(input.Schema[name]))];
        using var channel = _host.Start("Training");
        var context = new TrainingContext(_host, channel, FeaturizerOptions.Seed, cancellationToken);
        context.ThrowIfCanceled();

        var (numbers, categories) = (inputs.Where(column => column.CategoryCount is null).ToArray(), inputs.Where(column => column.CategoryCount is not null));
        var joined = numbers.Length == 0 ? input : new MLContext(seed: 0).Transforms.Concatenate(JoinedInputs, [.. numbers.Select(column => column.Name)]).Fit(input).Transform(input);
        ColumnRoles roles = new(numbers.Length == 0 ? null : JoinedInputs) { JoinedColumns = numbers, Categorical = [.. categories.Select(column => column.Name)] };
        TrainingData data = new(joined, task: null, roles, context, needsTwoClasses: false);
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
        SchemaShape annotations = new(NamesSlots ? [SlotNames.Shape()] : []);
        var added = OutputColumnNames.Select(name => IsScalar(name)
            ? MlNetAccess.ShapeColumn(name, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false)
            : MlNetAccess.ShapeColumn(name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, annotations));
        return new SchemaShape(inputSchema.Where(column => !OutputColumnNames.Contains(column.Name)).Concat(added));
    }

    /// <summary>Whether an output column is one <see cref="float"/>; otherwise it is a vector.</summary>
    /// <param name="outputColumnName">One of <see cref="OutputColumnNames"/>.</param>
    protected virtual bool IsScalar(string outputColumnName) => false;

    /// <summary>Learns the model.</summary>
    /// <param name="data">The training rows: their features are the input columns of numbers one after the other, their categories those of keys.</param>
    /// <param name="inputs">The input columns with their sizes, in the order in which the user named them.</param>
    /// <param name="context">Log, progress, seed and cancellation.</param>
    protected abstract TModel Train(TrainingData data, IReadOnlyList<FeatureInput> inputs, TrainingContext context);

    private void CheckInput(SchemaShape schema, string name)
    {
        var found = schema.FirstOrDefault(column => column.Name == name);
        var isScalar = found.Kind == SchemaShape.Column.VectorKind.Scalar;
        if (ReadsCategories && isScalar && found.IsKey)
            return;
        if (ReadsCategories && found.ItemType is TextDataViewType)
            throw SchemaErrors.Mismatch("input", name, "Single, Vector<Single> or a key (Conversion.MapValueToKey makes keys of texts)", isScalar ? "String" : "Vector<String>");
        schema.Require("input", name, isScalar ? SchemaShape.Column.VectorKind.Scalar : SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single);
    }

    private static FeatureInput InputOf(DataViewSchema.Column column)
    {
        if (column.Type is not KeyDataViewType key)
            return new(column.Name, (column.Type as VectorDataViewType)?.Size);
        TrainingColumns.CheckCategories("input", column);
        return new(column.Name, null) { CategoryCount = (int)key.Count, ElementType = CategoricalInput.ElementTypeOf(key) };
    }

    private static void RequireNames(IReadOnlyList<string> names, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(names))] string? argument = null)
    {
        ArgumentNullException.ThrowIfNull(names, argument);
        if (names.Count == 0 || names.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("Name at least one column, and leave no name empty.", argument);
    }
}
