using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Transforms;

/// <summary>The rows of a view that stay.</summary>
internal static class PrunedRows
{
    /// <summary>Cuts off the easiest and the hardest rows.</summary>
    /// <param name="rows">The view whose rows stay or go.</param>
    /// <param name="columns">A view of the same rows with the label and the column to stratify by.</param>
    /// <param name="scores">Difficulty of each row.</param>
    /// <param name="options">The shares.</param>
    /// <param name="label">Name of the label column.</param>
    public static IDataView Prune(IDataView rows, IDataView columns, float[] scores, PruningOptions options, string label)
    {
        var keeps = options.Selection.Select(scores, Strata(columns, options), ScoredRows.Groups(columns, "label", label));
        return keeps.All(keep => keep) ? rows : new FilteredRowsView(rows, keeps);
    }

    /// <summary>Draws rows, and adds their weights.</summary>
    /// <param name="rows">The view.</param>
    /// <param name="scores">Difficulty of each row.</param>
    /// <param name="options">The shares, and the names of the new and of the present weight column.</param>
    /// <param name="label">Name of the label column, of each of whose classes the least is not dropped; <see langword="null"/> for none.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static IDataView Sample(IDataView rows, float[] scores, PruningOptions options, string? label, int seed)
    {
        var probabilities = Probabilities(rows, scores, options, label);
        var keeps = DifficultySampling.Draw(probabilities, seed);
        var present = options.ExampleWeightColumnName is { } name ? ScoredRows.Numbers(rows, "weight", name) : null;
        float[] weights = [.. Enumerable.Range(0, keeps.Length).Where(row => keeps[row]).Select(row => (float)((present?[row] ?? 1) / probabilities[row]))];
        return new AppendedColumnsView(new FilteredRowsView(rows, keeps), new AppendedColumn<float>(options.SampleWeightColumnName!, NumberDataViewType.Single, weights));
    }

    /// <summary>Refuses to hide weights that rows have already.</summary>
    /// <exception cref="InvalidOperationException">There is a column of the new weights' name that they are not multiplied with.</exception>
    public static void RequireFree(IEnumerable<string> columns, PruningOptions options)
    {
        if (options.SampleWeightColumnName is { } name && name != options.ExampleWeightColumnName && columns.Contains(name))
        {
            throw new InvalidOperationException(
                $"There is a column '{name}' already, which the weights of drawn rows would hide; expected a new name, or the name as {nameof(PruningOptions.ExampleWeightColumnName)} as well, to multiply them.");
        }
    }

    // 0 for rows that are dropped, 1 for those that are not for the sake of their class.
    private static double[] Probabilities(IDataView rows, float[] scores, PruningOptions options, string? label)
    {
        var (strata, none) = (Strata(rows, options), new int[scores.Length]);
        var drop = options.Selection with { KeepFraction = 1 };
        var isLeft = (drop with { MinimumClassFraction = 0 }).Select(scores, strata, none);
        var stays = label is null ? isLeft : drop.Select(scores, strata, ScoredRows.Groups(rows, "label", label));
        float[] candidates = [.. scores.Select((score, row) => isLeft[row] ? score : float.NaN)];
        var (scored, left) = (scores.Count(score => !float.IsNaN(score)), candidates.Count(score => !float.IsNaN(score)));
        // The share is one of all rows, the dropped ones included.
        var probabilities = DifficultySampling.Probabilities(candidates, Math.Min(1, options.KeepFraction * scored / Math.Max(1, left)));
        return [.. probabilities.Select((q, row) => stays[row] ? q : 0)];
    }

    private static int[] Strata(IDataView columns, PruningOptions options) => options.StratifyBy is { } name ? ScoredRows.Groups(columns, "stratification", name) : [];
}
