using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Transforms;

/// <summary>The rows whose labels are most likely wrong.</summary>
internal static class LabelIssues
{
    /// <summary>The most difficult rows first, of those for which another label is suggested; with their positions in the view.</summary>
    public static IDataView Find(IDataView scored, int top, string label, string suggestedLabel, string difficulty, string rowColumn)
    {
        var (given, suggested) = (ScoredRows.Groups(scored, "label", label), ScoredRows.Groups(scored, "suggested label", suggestedLabel));
        int[] rows = [.. RowSelection.Order(ScoredRows.Numbers(scored, "difficulty", difficulty)).Reverse().Where(row => suggested[row] >= 0 && suggested[row] != given[row]).Take(top)];
        return new AppendedColumnsView(new PickedRowsView(scored, rows), new AppendedColumn<long>(rowColumn, NumberDataViewType.Int64, [.. rows.Select(row => (long)row)]));
    }
}
