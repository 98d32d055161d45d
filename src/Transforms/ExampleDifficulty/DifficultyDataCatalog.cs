using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Transforms;

namespace Microsoft.ML;

/// <summary>Extension methods that score, prune, draw and audit the rows of a view by their difficulty.</summary>
/// <remarks>All of them read views more than once: rows must come in the same order whenever they are read.</remarks>
public static class DifficultyDataCatalog
{
    /// <summary>
    /// Trains small networks on rows and adds to each of them its difficulty, the deviation over the runs, the label that the networks would give it and the probability of that label; with
    /// <see cref="DifficultyScore.Forgetting"/> also <c>ForgettingCount</c>, the mean number of forgetting events over the runs that have learned the row, and
    /// <c>NeverLearnedRate</c>, the share of the runs that have not.
    /// </summary>
    /// <remarks>
    /// The columns are those of <see cref="ExampleDifficultyEstimator"/>, whose transformer scores any row; this method is for what only training rows have, forgetting counts, and for scores out of
    /// fold. As Difficulty a run that has never learned a row counts as runs times epochs events, so that rows are in the order of the rate first and of the count then. Forgetting counts of
    /// rows that are not trained on, those without a label or of weight 0, are NaN.
    /// </remarks>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="input">The rows.</param>
    /// <param name="options">The options.</param>
    /// <param name="numberOfFolds">Number of folds, at least 2: a row is scored by networks that are trained on the other folds. <see langword="null"/> for networks that are trained on all rows.</param>
    /// <param name="cancellationToken">Stops within one step.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or there are folds for <see cref="DifficultyScore.Forgetting"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or too many runs diverged; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    public static IDataView ScoreTrainingRows(
        this DataOperationsCatalog catalog, IDataView input, ExampleDifficultyEstimator.Options options, int? numberOfFolds = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (numberOfFolds < 2)
            throw new ArgumentOutOfRangeException(nameof(numberOfFolds), numberOfFolds, $"{nameof(numberOfFolds)} must be at least 2, or null for none.");
        if (numberOfFolds is not null && options.Score == DifficultyScore.Forgetting)
            throw new ArgumentException(TrainingRowScores.NoFoldsOfForgetting, nameof(numberOfFolds));
        var own = options.Clone();
        return TrainingRowScores.Of(MlNetAccess.EnvironmentOf(catalog).Register(nameof(ScoreTrainingRows)), input, own, numberOfFolds, cancellationToken).AppendTo(input, own);
    }

    /// <summary>
    /// Adds the difficulty of rows to a model that has scored them, any ML.NET model that gives probabilities, and the label that it finds most probable: gradient-boosted trees after a few
    /// rounds, say, or a model's predictions for the folds that it was not trained on.
    /// </summary>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="scored">The rows with their predictions.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean or key.</param>
    /// <param name="probabilityColumnName">
    /// Name of the column with the probabilities: for a Boolean label that of true, <see cref="float"/>; for a key a vector with one for each of its values. <see langword="null"/> for <c>Probability</c> and
    /// <c>Score</c>.
    /// </param>
    /// <param name="score">How difficulty is measured: EL2N, EL1N, MaxMargin, SumMargin or CrossEntropy, which need nothing but probabilities.</param>
    /// <param name="difficultyColumnName">Name of the first column to add, <see cref="float"/>; NaN for rows without a label or a prediction.</param>
    /// <param name="suggestedLabelColumnName">Name of the second column to add, of the label's type.</param>
    /// <param name="suggestedLabelProbabilityColumnName">Name of the third column to add, <see cref="float"/>.</param>
    /// <exception cref="ArgumentException">A name of a column to add is empty, given twice, or that of a column to read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type, or the score needs more than probabilities.</exception>
    /// <exception cref="InvalidOperationException">A row holds no probabilities; the message names it.</exception>
    public static IDataView ScoreDifficulty(
        this DataOperationsCatalog catalog, IDataView scored, string labelColumnName = "Label", string? probabilityColumnName = null, DifficultyScore score = DifficultyScore.EL2N,
        string difficultyColumnName = "Difficulty", string suggestedLabelColumnName = "SuggestedLabel", string suggestedLabelProbabilityColumnName = "SuggestedLabelProbability")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        if (!Enum.IsDefined(score) || !ProbabilityScores.Suffice(score))
            throw new ArgumentOutOfRangeException(nameof(score), score, $"{score} needs more than probabilities; expected EL2N, EL1N, MaxMargin, SumMargin or CrossEntropy.");
        ExampleDifficultyEstimator.Options names = new()
        {
            DifficultyColumnName = difficultyColumnName,
            SuggestedLabelColumnName = suggestedLabelColumnName,
            SuggestedLabelProbabilityColumnName = suggestedLabelProbabilityColumnName,
        };
        return ModelScores.AppendTo(scored, score, labelColumnName, probabilityColumnName, names);
    }

    /// <summary>Keeps the hardest rows of what is not dropped for being harder still, in their order. Rows without a difficulty are kept.</summary>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="scored">The rows with their difficulty.</param>
    /// <param name="keepFraction">Share of the rows with a difficulty that is kept; above 0, at most 1. Rows that <paramref name="minimumClassFraction"/> asks for come on top.</param>
    /// <param name="dropHardestFraction">Share of the rows that is dropped for being the hardest, 0 up to (not including) 1: where labels may be wrong, the share of wrong ones and 0.05 more.</param>
    /// <param name="labelsAreClean">Whether the labels are known to be right. Otherwise some of the hardest rows must be dropped: wrong labels are the hardest.</param>
    /// <param name="stratifyBy">Name of a column of Booleans, keys or texts in each of whose values the shares hold; <see langword="null"/> for shares of all rows.</param>
    /// <param name="minimumClassFraction">Share of the rows of each class that is kept in any case, and at least one row; 0 to <paramref name="keepFraction"/>.</param>
    /// <param name="labelColumnName">Name of the label column: Boolean, key or text.</param>
    /// <param name="difficultyColumnName">Name of the column with the difficulty, <see cref="float"/>.</param>
    /// <exception cref="ArgumentException">A share is outside its range, or neither is anything dropped nor are the labels said to be clean.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public static IDataView PruneByDifficulty(
        this DataOperationsCatalog catalog, IDataView scored, double keepFraction = 0.5, double dropHardestFraction = 0, bool labelsAreClean = false, string? stratifyBy = null,
        double minimumClassFraction = 0.1, string labelColumnName = "Label", string difficultyColumnName = "Difficulty")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        PruningOptions options = new()
        {
            KeepFraction = keepFraction,
            DropHardestFraction = dropHardestFraction,
            LabelsAreClean = labelsAreClean,
            StratifyBy = stratifyBy,
            MinimumClassFraction = minimumClassFraction,
        };
        options.Validate();
        options.RequireStatement();
        return PrunedRows.Prune(scored, scored, ScoredRows.Numbers(scored, "difficulty", difficultyColumnName), options, labelColumnName);
    }

    /// <summary>
    /// Draws rows, hard ones more often, and adds the weight that makes up for it: 1 over the probability with which a row is kept, which is in proportion to its difficulty. The weighted rows
    /// stand for all rows, the share of each class included; no row has more than ten times the mean weight. Rows without a difficulty are kept with the weight 1.
    /// </summary>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="scored">The rows with their difficulty.</param>
    /// <param name="keepFraction">Share of the rows that is kept on average; above 0, at most 1.</param>
    /// <param name="dropHardestFraction">Share of the rows that is dropped before for being the hardest, 0 up to (not including) 1.</param>
    /// <param name="weightColumnName">Name of the column to add, <see cref="float"/>: a new one, or that of <paramref name="exampleWeightColumnName"/>.</param>
    /// <param name="exampleWeightColumnName">Name of a column with weights that the rows have already, by which the new ones are multiplied; <see langword="null"/> for none.</param>
    /// <param name="difficultyColumnName">Name of the column with the difficulty, <see cref="float"/>.</param>
    /// <param name="seed">Seed of the draws; <see langword="null"/> takes one from the <see cref="MLContext"/>.</param>
    /// <exception cref="ArgumentException">A share is outside its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">There is a column of the new name already.</exception>
    public static IDataView SampleByDifficulty(
        this DataOperationsCatalog catalog, IDataView scored, double keepFraction = 0.5, double dropHardestFraction = 0, string weightColumnName = "Weight",
        string? exampleWeightColumnName = null, string difficultyColumnName = "Difficulty", int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentException.ThrowIfNullOrWhiteSpace(weightColumnName);
        PruningOptions options = new()
        {
            KeepFraction = keepFraction,
            DropHardestFraction = dropHardestFraction,
            SampleWeightColumnName = weightColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
        };
        options.Validate();
        PrunedRows.RequireFree(scored.Schema.Select(column => column.Name), options);
        var draws = seed ?? MlNetAccess.EnvironmentOf(catalog).Register(nameof(SampleByDifficulty)).Rand.Next();
        return PrunedRows.Sample(scored, ScoredRows.Numbers(scored, "difficulty", difficultyColumnName), options, label: null, draws);
    }

    /// <summary>The rows whose labels are most likely wrong: the most difficult ones first, of those for which another label is suggested.</summary>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="scored">The rows with their difficulty and suggested label.</param>
    /// <param name="top">Largest number of rows, at least 1.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean or key.</param>
    /// <param name="suggestedLabelColumnName">Name of the column with the suggested label, of the same type.</param>
    /// <param name="difficultyColumnName">Name of the column with the difficulty, <see cref="float"/>.</param>
    /// <param name="rowColumnName">Name of the column to add for the position of the row in the view, from 0, <see cref="long"/>.</param>
    /// <returns>These rows with all columns, and their positions.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type, or <paramref name="top"/> is below 1.</exception>
    public static IDataView FindLabelIssues(
        this DataOperationsCatalog catalog, IDataView scored, int top = 100, string labelColumnName = "Label", string suggestedLabelColumnName = "SuggestedLabel",
        string difficultyColumnName = "Difficulty", string rowColumnName = "Row")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        ArgumentException.ThrowIfNullOrWhiteSpace(rowColumnName);
        return LabelIssues.Find(scored, top, labelColumnName, suggestedLabelColumnName, difficultyColumnName, rowColumnName);
    }

    /// <summary>Adds the rank of each row by its difficulty, in all rows or in its own class: 0 for the easiest, 1 for the hardest.</summary>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="scored">The rows with their difficulty.</param>
    /// <param name="within">Name of a column of Booleans, keys or texts within each of whose values rows are ranked, the label for example; <see langword="null"/> to rank all rows together.</param>
    /// <param name="difficultyColumnName">Name of the column with the difficulty, <see cref="float"/>.</param>
    /// <param name="rankColumnName">Name of the column to add, <see cref="float"/>; NaN for rows without a difficulty.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public static IDataView RankByDifficulty(
        this DataOperationsCatalog catalog, IDataView scored, string? within = null, string difficultyColumnName = "Difficulty", string rankColumnName = "DifficultyRank")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentException.ThrowIfNullOrWhiteSpace(rankColumnName);
        var scores = ScoredRows.Numbers(scored, "difficulty", difficultyColumnName);
        var ranks = RowSelection.Ranks(scores, within is null ? [] : ScoredRows.Groups(scored, "group", within));
        return new AppendedColumnsView(scored, new AppendedColumn<float>(rankColumnName, NumberDataViewType.Single, ranks));
    }

    /// <summary>Estimates the share of wrong labels from the shape of the difficulties: a mixture of two distributions, one of right labels and one of wrong ones.</summary>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="scored">The rows with their difficulty and suggested label.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean or key.</param>
    /// <param name="suggestedLabelColumnName">Name of the column with the suggested label, of the same type.</param>
    /// <param name="difficultyColumnName">Name of the column with the difficulty, <see cref="float"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than ten rows with a difficulty, or all are equally difficult.</exception>
    public static DifficultyMixture FitDifficultyMixture(
        this DataOperationsCatalog catalog, IDataView scored, string labelColumnName = "Label", string suggestedLabelColumnName = "SuggestedLabel", string difficultyColumnName = "Difficulty")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        return DifficultyMixture.Fit(ScoredRows.Numbers(scored, "difficulty", difficultyColumnName), LabelIssues.Suggested(scored, labelColumnName, suggestedLabelColumnName));
    }
}
