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
        var strata = options.StratifyBy is { } name ? ScoredRows.Groups(columns, "stratification", name) : [];
        return new FilteredRowsView(rows, options.Selection.Select(scores, strata, ScoredRows.Groups(columns, "label", label)));
    }

    /// <summary>Draws rows, and adds their weights.</summary>
    /// <param name="rows">The view.</param>
    /// <param name="scores">Difficulty of each row.</param>
    /// <param name="options">The shares, and the names of the new and of the present weight column.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static IDataView Sample(IDataView rows, float[] scores, PruningOptions options, int seed)
    {
        var stays = (options.Selection with { KeepFraction = 1, MinimumClassFraction = 0 }).Select(scores, [], new int[scores.Length]);
        var dropped = scores.Length - stays.Count(stay => stay);
        var scored = scores.Count(score => !float.IsNaN(score));
        float[] candidates = [.. scores.Select((score, row) => stays[row] ? score : float.NaN)];
        // The share is one of all rows, the dropped ones included.
        var probabilities = DifficultySampling.Probabilities(candidates, Math.Min(1, options.KeepFraction * scored / Math.Max(1, scored - dropped)));
        var keeps = DifficultySampling.Draw(probabilities, seed);
        for (var row = 0; row < keeps.Length; row++)
            keeps[row] &= stays[row];
        var present = options.ExampleWeightColumnName is { } name ? ScoredRows.Numbers(rows, "weight", name) : null;
        float[] weights = [.. Enumerable.Range(0, keeps.Length).Where(row => keeps[row]).Select(row => (float)((present?[row] ?? 1) / probabilities[row]))];
        return new AppendedColumnsView(new FilteredRowsView(rows, keeps), new AppendedColumn<float>(options.SampleWeightColumnName!, NumberDataViewType.Single, weights));
    }
}
