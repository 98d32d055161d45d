using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Estimators.Training;

/// <summary>
/// The path from options and a kernel to a complete ML.NET trainer. A trainer derives from it, writes <see cref="Train"/>, and
/// gets schema checks, logging, cancellation, scoring, saving and everything else that ML.NET's own trainers have.
/// </summary>
/// <typeparam name="TOptions">The trainer's options.</typeparam>
/// <typeparam name="TModel">What it learns.</typeparam>
public abstract class TrainerBase<TOptions, TModel> : IEstimator<PredictionTransformer<TModel>>
    where TOptions : TrainerOptions
    where TModel : PredictionModel
{
    private readonly IHost _host;

    /// <summary>Registers the trainer and takes a copy of its options.</summary>
    /// <param name="environment">The environment of the catalog that made the trainer.</param>
    /// <param name="task">What is predicted.</param>
    /// <param name="options">The options; later changes to the object have no effect.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    protected TrainerBase(IHostEnvironment environment, PredictionTask task, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _host = environment.Register(GetType().Name);
        Task = task;
        TrainerOptions = ComponentOptions.CopyOf(options);
    }

    /// <summary>What is predicted.</summary>
    public PredictionTask Task { get; }

    /// <summary>The trainer's own copy of its options.</summary>
    protected TOptions TrainerOptions { get; }

    /// <summary>Trains on a view.</summary>
    /// <param name="input">The training rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    public PredictionTransformer<TModel> Fit(IDataView input) => Fit(input, CancellationToken.None);

    /// <summary>Trains on a view until it is done or cancelled.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public PredictionTransformer<TModel> Fit(IDataView input, CancellationToken cancellationToken)
        => FitCore(input, startFrom: null, cancellationToken);

    /// <summary>The columns after this trainer, from the columns before it.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return PredictionShape.After(inputSchema, Task, TrainingColumns.Check(inputSchema, Task, TrainerOptions));
    }

    /// <summary>Trains from scratch or, where the trainer offers that, on from an earlier model.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="startFrom">The model to go on from, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <param name="validation">Rows to choose the model by, with the same columns, or <see langword="null"/>; see <see cref="TrainingData.Validation"/>.</param>
    protected PredictionTransformer<TModel> FitCore(IDataView input, TModel? startFrom, CancellationToken cancellationToken, IDataView? validation = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(input);
        if (validation is not null)
            CheckColumns(validation);

        using var channel = _host.Start("Training");
        var context = new TrainingContext(_host, channel, TrainerOptions.Seed, cancellationToken);
        context.ThrowIfCanceled();
        var roles = new ColumnRoles(TrainerOptions.FeatureColumnName, TrainerOptions.LabelColumnName, TrainerOptions.ExampleWeightColumnName)
        {
            Categorical = TrainerOptions.CategoricalColumns,
        };
        var data = new TrainingData(input, Task, roles, context, needsTwoClasses: startFrom is null);
        if (validation is not null)
            data.SetValidation(new TrainingData(validation, Task, roles, context, needsTwoClasses: false));
        if (startFrom is not null)
            CheckGoesOn(startFrom, data);

        var model = Train(data, startFrom, context);
        var signature = new PredictionSignature(Task, TrainerOptions.FeatureColumnName, data.FeatureCount, data.Labels)
        {
            Categories = [.. data.CategoricalColumns.Select(CategoricalInput.Of)],
        };
        return new PredictionTransformer<TModel>(_host, model, signature);
    }

    private void CheckGoesOn(TModel startFrom, TrainingData data)
    {
        if (startFrom.FeatureCount != data.FeatureCount)
            throw SchemaErrors.Mismatch("feature", TrainerOptions.FeatureColumnName, $"Vector<Single, {startFrom.FeatureCount}>, as in the model to go on from", data.FeatureColumn!.Value.Type.ToString()!);
        if (startFrom.ClassCount > 0 && startFrom.ClassCount != data.ClassCount)
            throw new ArgumentOutOfRangeException(nameof(startFrom), $"Label column '{TrainerOptions.LabelColumnName}' has {data.ClassCount} classes; expected {startFrom.ClassCount}, as in the model to go on from.");
        if (startFrom.CategoryCounts.Count != data.CategoricalColumns.Count)
            throw new ArgumentOutOfRangeException(nameof(startFrom), $"The options name {data.CategoricalColumns.Count} categorical columns; expected {startFrom.CategoryCounts.Count}, as in the model to go on from.");
        foreach (var (column, count) in data.CategoricalColumns.Zip(startFrom.CategoryCounts))
        {
            if (column.Count != count)
                throw SchemaErrors.Mismatch("categorical", column.Name, $"a key of {count} values, as in the model to go on from", column.Type.ToString());
        }
    }

    private void CheckColumns(IDataView view)
    {
        TrainingColumns.Check(MlNetAccess.ShapeOf(view.Schema), Task, TrainerOptions);
        TrainingColumns.CheckSizes(view.Schema, Task, TrainerOptions);
    }

    /// <summary>Learns the model.</summary>
    /// <param name="data">The training rows.</param>
    /// <param name="startFrom">The model to go on from, or <see langword="null"/> to start from scratch.</param>
    /// <param name="context">Log, progress, seed and cancellation.</param>
    protected abstract TModel Train(TrainingData data, TModel? startFrom, TrainingContext context);
}
