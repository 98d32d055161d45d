using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>Scores of the rows of a view by networks that are trained on them: on all of them, or on all but the row's own fold.</summary>
internal sealed class TrainingRowScores
{
    /// <summary>Why forgetting is not counted out of fold.</summary>
    public const string NoFoldsOfForgetting = $"{nameof(DifficultyScore.Forgetting)} counts what happens to a row while it is trained on, and so cannot be measured out of fold: leave the number of folds null.";

    private TrainingRowScores(int rows)
    {
        (Difficulty, Deviation, Probability) = (NaNs(rows), NaNs(rows), NaNs(rows));
        Suggested = new int[rows];
        Array.Fill(Suggested, -1);
    }

    /// <summary>Difficulty of each row, NaN for none.</summary>
    public float[] Difficulty { get; }

    /// <summary>Standard deviation of the runs' scores.</summary>
    public float[] Deviation { get; }

    /// <summary>Index of the suggested class, -1 for none.</summary>
    public int[] Suggested { get; }

    /// <summary>Its probability.</summary>
    public float[] Probability { get; }

    /// <summary>Mean number of forgetting events over the runs that have learned the row; <see langword="null"/> for other scores.</summary>
    public float[]? ForgettingCounts { get; private set; }

    /// <summary>Share of the runs that have never predicted the row as labelled; <see langword="null"/> for other scores.</summary>
    public float[]? NeverLearnedRates { get; private set; }

    /// <summary>Trains and scores.</summary>
    /// <param name="host">The host of the fit.</param>
    /// <param name="input">The rows.</param>
    /// <param name="options">The options, valid.</param>
    /// <param name="folds">Number of folds, at least 2; <see langword="null"/> for networks that are trained on all rows.</param>
    /// <param name="cancellationToken">Stops within one step.</param>
    public static TrainingRowScores Of(IHost host, IDataView input, ExampleDifficultyEstimator.Options options, int? folds, CancellationToken cancellationToken)
    {
        DifficultyTraining training = new(host, options);
        DifficultyColumns.After(MlNetAccess.ShapeOf(input.Schema), options);
        var weights = options.ExampleWeightColumnName is { } weight ? ScoredRows.Numbers(input, "weight", weight) : null;
        bool IsLeftOut(int row) => weights?[row] == 0;
        if (folds is null)
        {
            var fitted = training.Fit(input, cancellationToken);
            using (fitted.Transformer)
            {
                RowScore[] found = [.. Read(fitted.Transformer.Transform(input), options)];
                TrainingRowScores all = new(found.Length);
                all.Take([.. Enumerable.Range(0, found.Length)], found, IsLeftOut);
                if (options.Score == DifficultyScore.Forgetting)
                    all.TakeForgetting(fitted, options);
                return all;
            }
        }
        var classes = ScoredRows.Groups(input, "label", options.LabelColumnName);
        var foldOf = FoldsOf(classes, folds.Value, options.Seed ?? host.Rand.Next(), IsLeftOut);
        int[] trained = [.. Enumerable.Range(0, classes.Length).Where(row => classes[row] >= 0 && !IsLeftOut(row))];
        RequireClasses([.. trained.Select(row => (foldOf[row], classes[row]))], folds.Value, input.Schema[options.LabelColumnName]);
        TrainingRowScores scores = new(foldOf.Length);
        for (var fold = 0; fold < folds; fold++)
        {
            using var transformer = training.Fit(new FilteredRowsView(input, [.. foldOf.Select(own => own != fold)]), cancellationToken).Transformer;
            var heldOut = new FilteredRowsView(input, [.. foldOf.Select(own => own == fold)]);
            scores.Take([.. Enumerable.Range(0, foldOf.Length).Where(row => foldOf[row] == fold)], [.. Read(transformer.Transform(heldOut), options)], IsLeftOut);
        }
        return scores;
    }

    /// <summary>The view with the scores as columns.</summary>
    /// <param name="input">The rows.</param>
    /// <param name="options">The names of the columns.</param>
    public AppendedColumnsView AppendTo(IDataView input, ExampleDifficultyEstimator.Options options)
    {
        var label = input.Schema[options.LabelColumnName];
        AppendedColumn<float> Number(string name, float[] values) => new(name, NumberDataViewType.Single, values);
        List<AppendedColumn> columns =
        [
            Number(options.DifficultyColumnName, Difficulty), Number(options.DifficultyStdColumnName, Deviation),
            SuggestedLabels.Column(options.SuggestedLabelColumnName, label, Suggested), Number(options.SuggestedLabelProbabilityColumnName, Probability),
        ];
        if (ForgettingCounts is not null)
            columns.AddRange([Number(ExampleDifficultyEstimator.Options.ForgettingCount, ForgettingCounts), Number(ExampleDifficultyEstimator.Options.NeverLearnedRate, NeverLearnedRates!)]);
        return new(input, [.. columns]);
    }

    /// <summary>The fold of each row: every class is spread over all folds.</summary>
    /// <param name="classes">Class of each row, -1 for none.</param>
    /// <param name="folds">Number of folds.</param>
    /// <param name="seed">Seed of the order of rows.</param>
    /// <param name="isLeftOut">Whether a row has no weight.</param>
    internal static int[] FoldsOf(int[] classes, int folds, int seed, Func<int, bool> isLeftOut)
    {
        if (folds > classes.Length)
            throw new InvalidOperationException($"There are only {classes.Length} rows for {folds} folds.");
        var foldOf = new int[classes.Length];
        // Places go on from one class to the next: otherwise the first fold would get all classes of one row.
        var place = 0;
        foreach (var rows in Enumerable.Range(0, classes.Length).GroupBy(row => (classes[row], isLeftOut(row))))
        {
            foreach (var row in rows.OrderBy(row => SplitMix64.Of(seed, row).NextUInt64()))
                foldOf[row] = place++ % folds;
        }
        return foldOf;
    }

    // A table of one class has an error of its own.
    private static void RequireClasses((int Fold, int Class)[] rows, int folds, DataViewSchema.Column label)
    {
        if (rows.DistinctBy(row => row.Class).Count() < 2)
            return;
        for (var fold = 0; fold < folds; fold++)
        {
            int[] left = [.. rows.Where(row => row.Fold != fold).Select(row => row.Class).Distinct()];
            if (left.Length > 1)
                continue;
            var other = NameOf(label, rows.First(row => !left.Contains(row.Class)).Class);
            throw new InvalidOperationException(
                $"All rows of class '{other}' of label column '{label.Name}' are in one of the {folds} folds, and the others have rows of fewer than two classes; expected two classes with rows in at least two folds.");
        }
    }

    private static string NameOf(DataViewSchema.Column label, int index)
        => label.Type is BooleanDataViewType ? (index == 1 ? "true" : "false") : KeyValues.Of(label).NameOf(index);

    // All columns in one pass: each would run the networks again.
    private static IEnumerable<RowScore> Read(IDataView scored, ExampleDifficultyEstimator.Options options)
    {
        DataViewSchema.Column[] columns = [.. options.OutputColumnNames.Select(name => scored.Schema[name])];
        using var cursor = scored.GetRowCursor(columns);
        var (difficulty, deviation, probability) = (cursor.GetGetter<float>(columns[0]), cursor.GetGetter<float>(columns[1]), cursor.GetGetter<float>(columns[3]));
        var suggested = ScoredRows.GroupReader(cursor, columns[2]);
        RowScore row = default;
        while (cursor.MoveNext())
        {
            difficulty(ref row.Difficulty);
            deviation(ref row.Deviation);
            probability(ref row.Probability);
            row.Suggested = suggested();
            yield return row;
        }
    }

    // A suggestion needs no label and no weight.
    private void Take(int[] rows, RowScore[] found, Func<int, bool> isLeftOut)
    {
        foreach (var (row, score) in rows.Zip(found))
        {
            (Suggested[row], Probability[row]) = (score.Suggested, score.Probability);
            if (!isLeftOut(row))
                (Difficulty[row], Deviation[row]) = (score.Difficulty, score.Deviation);
        }
    }

    // A run that has never learned a row counts as more events than all runs could have together: the mean then orders by the share of such runs first.
    private void TakeForgetting(DifficultyTraining.Result fitted, ExampleDifficultyEstimator.Options options)
    {
        var runs = fitted.ForgettingEvents;
        var never = (double)runs.Count * options.Epochs;
        (ForgettingCounts, NeverLearnedRates) = (NaNs(Difficulty.Length), NaNs(Difficulty.Length));
        Array.Fill(Difficulty, float.NaN);
        Array.Fill(Deviation, float.NaN);
        foreach (var (i, row) in fitted.RowNumbers.Index())
        {
            int[] learned = [.. runs.Select(events => events[i]).Where(count => count != ForgettingCounter.NeverLearned)];
            double[] scores = [.. runs.Select(events => events[i] == ForgettingCounter.NeverLearned ? never : events[i])];
            var mean = scores.Average();
            Difficulty[row] = (float)mean;
            Deviation[row] = scores.Length == 1 ? float.NaN : (float)Math.Sqrt(scores.Sum(score => (score - mean) * (score - mean)) / (scores.Length - 1));
            ForgettingCounts[row] = learned.Length == 0 ? 0 : (float)learned.Average();
            NeverLearnedRates[row] = 1 - (learned.Length / (float)scores.Length);
        }
    }

    private static float[] NaNs(int rows)
    {
        var values = new float[rows];
        Array.Fill(values, float.NaN);
        return values;
    }

    private struct RowScore
    {
        public float Difficulty;
        public float Deviation;
        public int Suggested;
        public float Probability;
    }
}
