using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Estimators.Data;

/// <summary>
/// The features, categories, labels and weights of a view, as a trainer reads them: in one streaming pass (<see cref="Aggregate"/>,
/// <see cref="Read"/>) or as one matrix in memory (<see cref="ReadAll"/>).
/// </summary>
/// <remarks>
/// Rows without a label and rows of weight 0 are skipped, counted and logged. An infinite feature, a negative, infinite or
/// NaN weight and an infinite target stop the pass with an error that names column and row. NaN features are passed on, missing
/// categories are 0.
/// </remarks>
public sealed class TrainingData
{
    private const int DefaultRowsPerBlock = 4096;

    // Merging a block's K x d sums should cost little beside adding up its values.
    private const long MinValuesPerBlock = 1 << 20;
    private const long ValuesPerSum = 8;

    private readonly TrainingContext _context;
    private readonly bool _needsTwoClasses;

    internal TrainingData(IDataView view, PredictionTask? task, ColumnRoles roles, TrainingContext context, bool needsTwoClasses)
    {
        View = view;
        Task = task;
        Roles = roles;
        _context = context;
        _needsTwoClasses = needsTwoClasses;
        FeatureColumn = roles.Features is null ? null : view.Schema[roles.Features];
        FeatureCount = FeatureColumn is { Type: VectorDataViewType vector } ? vector.Size : 0;
        CategoricalColumns = [.. roles.Categorical.Select(name => new CategoricalColumn(view.Schema[name]))];
        Labels = task == PredictionTask.MulticlassClassification ? KeyValues.Of(view.Schema[roles.Label!]) : null;
    }

    /// <summary>What is predicted, <see langword="null"/> when rows have no label.</summary>
    public PredictionTask? Task { get; }

    /// <summary>Number of features, d; 0 for a featurizer that reads categories only.</summary>
    public int FeatureCount { get; }

    /// <summary>
    /// The categorical columns that the options name, in that order; empty for a trainer without <see cref="CategoricalTrainerOptions"/>.
    /// Those of <see cref="Validation"/> are the training data's: a key that it does not have there is missing.
    /// </summary>
    public IReadOnlyList<CategoricalColumn> CategoricalColumns { get; private set; }

    /// <summary>Number of classes, K: 2 for binary, the cardinality of the key for multiclass classification, 0 for regression.</summary>
    public int ClassCount => Task switch
    {
        PredictionTask.BinaryClassification => 2,
        PredictionTask.MulticlassClassification => Labels!.Count,
        _ => 0,
    };

    /// <summary>Rows to choose the model by (early stopping, say), with the same features and classes; <see langword="null"/> when the user gave none.</summary>
    public TrainingData? Validation { get; private set; }

    internal IDataView View { get; }

    internal ColumnRoles Roles { get; }

    /// <summary>The column of the features; <see langword="null"/> without features.</summary>
    internal DataViewSchema.Column? FeatureColumn { get; }

    internal KeyValues? Labels { get; }

    /// <summary>Takes rows to choose the model by, if they have the features, categories and classes of these.</summary>
    internal void SetValidation(TrainingData validation)
    {
        validation.CheckIsLike(this);
        validation.CategoricalColumns = CategoricalColumns;
        Validation = validation;
    }

    private void CheckIsLike(TrainingData training)
    {
        if (FeatureCount != training.FeatureCount)
            throw SchemaErrors.Mismatch("validation feature", Roles.Features!, $"{training.FeatureColumn!.Value.Type}, as in the training data", FeatureColumn!.Value.Type.ToString()!);
        if (ClassCount != training.ClassCount || !Enumerable.Range(0, ClassCount).All(k => ClassName(k) == training.ClassName(k)))
            throw SchemaErrors.Mismatch("validation label", Roles.Label!, "the key values of the training data, in their order", "others");
        foreach (var (column, expected) in CategoricalColumns.Zip(training.CategoricalColumns))
        {
            if (!column.HasValuesOf(expected))
                throw SchemaErrors.Mismatch("validation categorical", column.Name, "the key values of the training data, in their order", "others");
        }
    }

    private RowBlock NewBlock() => new(FeatureCount, CategoricalColumns.Count);

    /// <summary>A readable name of a feature, for messages.</summary>
    /// <param name="feature">Position of the feature, from 0.</param>
    public string FeatureName(int feature) => FeatureColumn!.Value.SlotName(feature);

    /// <summary>A readable name of a class, for messages.</summary>
    /// <param name="classIndex">Index of the class, from 0.</param>
    public string ClassName(int classIndex) => Labels?.NameOf(classIndex) ?? (classIndex == 1 ? "true" : "false");

    /// <summary>Reads the view once, in blocks. The same block object is refilled: copy what is to be kept.</summary>
    /// <param name="rowsPerBlock">Largest number of rows in a block.</param>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public IEnumerable<RowBlock> Read(int rowsPerBlock = DefaultRowsPerBlock)
    {
        using var reader = new RowReader(this, _context);
        var block = NewBlock();
        while (reader.Fill(block, rowsPerBlock))
            yield return block;
        reader.Finish(_needsTwoClasses);
    }

    /// <summary>Reads the view once into one block that holds all rows.</summary>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or is larger than one array can hold.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public RowBlock ReadAll()
    {
        using var reader = new RowReader(this, _context);
        var block = NewBlock();
        reader.Fill(block, int.MaxValue);
        reader.Finish(_needsTwoClasses);
        return block;
    }

    /// <summary>
    /// Reads the view once and sums it up on all cores. Blocks are fixed runs of rows and their sums are merged in the order
    /// of the rows, so that the result does not depend on the number of threads.
    /// </summary>
    /// <typeparam name="TState">The running sum.</typeparam>
    /// <param name="create">Makes an empty sum.</param>
    /// <param name="add">Adds a block to a sum; called on several threads at once, for different sums.</param>
    /// <param name="merge">Adds the second sum to the first.</param>
    /// <param name="rowsPerBlock">
    /// Most rows that one sum covers before it is merged. Wide rows come in fewer: a block is also full at about 8 K d stored values, or a million if that is more,
    /// so that the blocks in memory (one per core, and two) stay in the order of the sums of K classes and d features.
    /// </param>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public TState Aggregate<TState>(Func<TState> create, Action<TState, RowBlock> add, Action<TState, TState> merge, int rowsPerBlock = DefaultRowsPerBlock)
        where TState : class
    {
        var maxValues = Math.Max(MinValuesPerBlock, ValuesPerSum * Math.Max(2, ClassCount) * FeatureCount);
        using var reader = new RowReader(this, _context);
        var total = BlockAggregation.Run(
            block => reader.Fill(block, rowsPerBlock, maxValues), NewBlock, create, add, merge);
        reader.Finish(_needsTwoClasses);
        return total ?? create();
    }
}
