using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// Trains an estimator on a part of the rows that is chosen by their difficulty. Only <see cref="Fit(IDataView)"/> sees fewer rows: the result is the estimator's own transformer, which scores all
/// rows, and is saved and explained as if it had been trained on the chosen rows by hand.
/// </summary>
/// <remarks>
/// A filter of rows as a step of the pipeline would be a trap: it would also drop rows of what is to be predicted. Source: M. Paul, S. Ganguli, G. K. Dziugaite, "Deep Learning on a Data Diet", NeurIPS
/// 2021, arXiv:2107.07075.
/// </remarks>
/// <typeparam name="TTransformer">What the estimator gives.</typeparam>
[Component("[Paul et al. 2021](https://arxiv.org/abs/2107.07075)", "example-difficulty.md", NeedsTorch = true)]
public sealed class PrunedTrainingEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : class, ITransformer
{
    private readonly IHost _host;
    private readonly IEstimator<TTransformer> _estimator;
    private readonly PruningOptions _options;
    private readonly ExampleDifficultyEstimator.Options _scoring;

    internal PrunedTrainingEstimator(IHostEnvironment environment, IEstimator<TTransformer> estimator, PruningOptions options)
    {
        options.Validate();
        options.RequireStatement();
        _host = environment.Register(nameof(PrunedTrainingEstimator<>));
        _estimator = estimator;
        _options = options.Clone();
        _scoring = ExampleDifficultyEstimator.Options.Of(options);
    }

    /// <summary>Scores the rows, and trains the estimator on those that are kept.</summary>
    /// <param name="input">The training rows, in the same order whenever they are read.</param>
    /// <returns>The estimator's own transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be scored; the message says why.</exception>
    public TTransformer Fit(IDataView input) => Fit(input, CancellationToken.None);

    /// <summary>Scores the rows until that is done or cancelled, and trains the estimator on those that are kept.</summary>
    /// <param name="input">The training rows, in the same order whenever they are read.</param>
    /// <param name="cancellationToken">Stops scoring within one step; the estimator does not see it.</param>
    /// <returns>The estimator's own transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be scored; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Scoring was cancelled.</exception>
    public TTransformer Fit(IDataView input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        GetOutputSchema(MlNetAccess.ShapeOf(input.Schema));
        var draws = _options.Seed ?? _host.Rand.Next();
        var scores = TrainingRowScores.Of(_host, input, _scoring, _options.NumberOfFolds, cancellationToken).Difficulty;
        var kept = _options.SampleWeightColumnName is null
            ? PrunedRows.Prune(input, input, scores, _options, _options.LabelColumnName)
            : PrunedRows.Sample(input, scores, _options, _options.LabelColumnName, draws);
        using (var channel = _host.Start("Training"))
            channel.Info(MessageSensitivity.None, "Training goes on with {0} of {1} rows.", kept.GetRowCount() ?? scores.Length, scores.Length);
        return _estimator.Fit(kept);
    }

    /// <summary>The columns after the estimator, from the columns before it.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">Weights of drawn rows would hide a column, or the estimator does not read them.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        PrunedRows.RequireFree(inputSchema.Select(column => column.Name), _options);
        // The estimator first: its errors are those that a user knows.
        var shape = AfterEstimator(inputSchema);
        DifficultyColumns.After(inputSchema, _scoring);
        if (_options.StratifyBy is { } name)
            ScoredRows.RequireGroups(inputSchema, "stratification", name);
        return shape;
    }

    private SchemaShape AfterEstimator(SchemaShape inputSchema)
    {
        if (_options.SampleWeightColumnName is not { } weight)
            return _estimator.GetOutputSchema(inputSchema);
        SchemaShape without = new(inputSchema.Where(column => column.Name != weight));
        // The trainer reads a column that is only there while it is trained.
        var shape = _estimator.GetOutputSchema(new(without.Append(MlNetAccess.ShapeColumn(weight, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false))));
        RequireWeights(without, weight);
        return without.Count < inputSchema.Count ? shape : new(shape.Where(column => column.Name != weight));
    }

    // Hard rows are drawn more often: without their weights that is keeping the hardest, which needs a statement.
    private void RequireWeights(SchemaShape without, string weight)
    {
        try
        {
            _estimator.GetOutputSchema(without);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return;
        }
        throw new InvalidOperationException(
            $"The trainer does not read the column '{weight}' of {nameof(PruningOptions.SampleWeightColumnName)}, so that drawn rows would not be weighted; expected a trainer whose exampleWeightColumnName is '{weight}'.");
    }
}
