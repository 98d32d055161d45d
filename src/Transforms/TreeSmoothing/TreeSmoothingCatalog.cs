using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;

namespace Microsoft.ML;

/// <summary>Extension methods that tell how tree ensembles smooth their training labels.</summary>
public static class TreeSmoothingCatalog
{
    /// <summary>
    /// Writes the scores of a trained FastForest, FastTree or LightGBM model as weighted sums of its training labels, and tells how many parameters it effectively has, how well
    /// each row is supported and which training rows made a prediction.
    /// </summary>
    /// <param name="catalog">The model operations of an <see cref="MLContext"/>.</param>
    /// <param name="model">The model: a prediction transformer or a chain with one, trained or loaded. Of a chain the views are what the chain itself takes.</param>
    /// <param name="trainData">The table that the model was trained on: the same rows in the same order, with label and, where used, weights.</param>
    /// <param name="queryData">Rows to compare with the training rows, such as test rows; a label is not needed. <see langword="null"/> for none.</param>
    /// <param name="options">Options, <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the analysis within one step.</param>
    /// <exception cref="ArgumentException">The model is no tree ensemble of these trainers; the message says what it is. Or an option is outside its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type or size.</exception>
    /// <exception cref="InvalidOperationException">
    /// The leaf values of the model do not follow from <paramref name="trainData"/> (and <see cref="TreeSmoothingOptions.AllowApproximate"/> is not set), its scores are not
    /// linear in the labels, or there are no rows.
    /// </exception>
    /// <exception cref="OperationCanceledException">The analysis was cancelled.</exception>
    public static TreeSmoothingReport AnalyzeTreeSmoothing(
        this ModelOperationsCatalog catalog, ITransformer model, IDataView trainData, IDataView? queryData = null, TreeSmoothingOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trainData);
        options ??= new();
        options.Validate();
        options = ComponentOptions.CopyOf(options);
        var host = MlNetAccess.EnvironmentOf(catalog).Register(nameof(AnalyzeTreeSmoothing));
        using var channel = host.Start("Analysis");
        return TreeSmoothingAnalysis.Run(model, trainData, queryData, options, new TrainingContext(host, channel, options.Seed, cancellationToken));
    }

    /// <summary>Compares how two models that were trained on the same table smooth its labels.</summary>
    /// <inheritdoc cref="CompareTreeSmoothing(ModelOperationsCatalog, IReadOnlyList{ValueTuple{string, ITransformer}}, IDataView, IDataView?, TreeSmoothingOptions?, CancellationToken)"/>
    /// <param name="catalog">The model operations of an <see cref="MLContext"/>.</param>
    /// <param name="first">A name and a model, as of <see cref="AnalyzeTreeSmoothing"/>.</param>
    /// <param name="second">Another name and model.</param>
    /// <param name="trainData">The table that both were trained on.</param>
    /// <param name="queryData">Rows to compare with the training rows, <see langword="null"/> for none.</param>
    /// <param name="options">Options for both, <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the analysis within one step.</param>
    public static TreeSmoothingComparison CompareTreeSmoothing(
        this ModelOperationsCatalog catalog, (string Name, ITransformer Model) first, (string Name, ITransformer Model) second, IDataView trainData, IDataView? queryData = null,
        TreeSmoothingOptions? options = null, CancellationToken cancellationToken = default)
        => catalog.CompareTreeSmoothing([first, second], trainData, queryData, options, cancellationToken);

    /// <summary>Compares how models that were trained on the same table smooth its labels.</summary>
    /// <param name="catalog">The model operations of an <see cref="MLContext"/>.</param>
    /// <param name="models">Names and models, as of <see cref="AnalyzeTreeSmoothing"/>; at least one.</param>
    /// <param name="trainData">The table that all of them were trained on.</param>
    /// <param name="queryData">Rows to compare with the training rows, <see langword="null"/> for none.</param>
    /// <param name="options">Options for all, <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the analysis within one step.</param>
    /// <returns>One row a model. The figures of a model are those that <see cref="AnalyzeTreeSmoothing"/> gives; an error about a model begins with its name.</returns>
    /// <exception cref="ArgumentException">A model is no tree ensemble of these trainers or has no name, or there is none; or an option is outside its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type or size.</exception>
    /// <exception cref="InvalidOperationException">The leaf values of a model do not follow from <paramref name="trainData"/>.</exception>
    /// <exception cref="OperationCanceledException">The analysis was cancelled.</exception>
    public static TreeSmoothingComparison CompareTreeSmoothing(
        this ModelOperationsCatalog catalog, IReadOnlyList<(string Name, ITransformer Model)> models, IDataView trainData, IDataView? queryData = null,
        TreeSmoothingOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(trainData);
        if (models.Count == 0)
            throw new ArgumentException("Expected at least one model, got none.", nameof(models));
        options ??= new();
        options.Validate();
        // Before anything is computed: an analysis takes minutes, and the last model may be the wrong one.
        for (var i = 0; i < models.Count; i++)
            Check(models[i], i);
        return new TreeSmoothingComparison([.. models.Select(named => Named(
            named.Name, () => new NamedSmoothingReport(named.Name, catalog.AnalyzeTreeSmoothing(named.Model, trainData, queryData, options, cancellationToken))))]);
    }

    private static void Check((string Name, ITransformer Model) named, int position)
    {
        if (string.IsNullOrWhiteSpace(named.Name))
            throw new ArgumentException($"Expected a name for each model, got none for number {position}, from 0.");
        if (named.Model is null)
            throw new ArgumentException($"{named.Name}: expected a model, got null.");
        Named(named.Name, () => TreeModel.Of(named.Model));
    }

    // Errors about one of several models begin with its name.
    private static T Named<T>(string name, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidOperationException($"{name}: {error.Message}", error);
        }
        catch (ArgumentOutOfRangeException error)
        {
            throw new ArgumentOutOfRangeException($"{name}: {error.Message}", error);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"{name}: {error.Message}", error);
        }
    }

    /// <summary>Adds to each row how well a trained FastForest, FastTree or LightGBM model supports its score there: effective neighbours, leverage and sum of weights.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="model">The model: a prediction transformer or a chain with one, trained or loaded. Of a chain the views are what the chain itself takes.</param>
    /// <param name="trainData">The table that the model was trained on: the same rows in the same order, with label and, where used, weights.</param>
    /// <param name="outputPrefix">What the names of the added columns begin with: <c>TreeEffectiveNeighbours</c>, <c>TreeLeverage</c> and <c>TreeWeightSum</c> by default.</param>
    /// <param name="numberOfTopRows">How many training rows to name for each row, in <c>TreeTopRows</c> and <c>TreeTopWeights</c>; 0 for none.</param>
    /// <param name="labelColumnName">The label column that the model was trained with.</param>
    /// <param name="exampleWeightColumnName">The example weight column that the model was trained with, <see langword="null"/> for none.</param>
    /// <exception cref="ArgumentException">The model is no tree ensemble of these trainers; the message says what it is.</exception>
    public static TreeSmoothingEstimator TreeSmoothing(
        this TransformsCatalog catalog, ITransformer model, IDataView trainData, string outputPrefix = "Tree", int numberOfTopRows = 0, string labelColumnName = "Label",
        string? exampleWeightColumnName = null)
        => catalog.TreeSmoothing(
            model, trainData, new TreeSmoothingOptions { NumberOfTopRows = numberOfTopRows, LabelColumnName = labelColumnName, ExampleWeightColumnName = exampleWeightColumnName }, outputPrefix);

    /// <summary>Adds to each row how well a trained FastForest, FastTree or LightGBM model supports its score there, with all options.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="model">The model: a prediction transformer or a chain with one, trained or loaded. Of a chain the views are what the chain itself takes.</param>
    /// <param name="trainData">The table that the model was trained on: the same rows in the same order, with label and, where used, weights.</param>
    /// <param name="options">Options; later changes to the object have no effect.</param>
    /// <param name="outputPrefix">What the names of the added columns begin with.</param>
    /// <exception cref="ArgumentException">The model is no tree ensemble of these trainers; the message says what it is. Or an option is outside its range.</exception>
    public static TreeSmoothingEstimator TreeSmoothing(
        this TransformsCatalog catalog, ITransformer model, IDataView trainData, TreeSmoothingOptions options, string outputPrefix = "Tree")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trainData);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(outputPrefix);
        return new TreeSmoothingEstimator(MlNetAccess.EnvironmentOf(catalog), model, trainData, outputPrefix, options);
    }
}
