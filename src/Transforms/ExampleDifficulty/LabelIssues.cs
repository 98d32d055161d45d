using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Transforms;

/// <summary>The rows whose labels are most likely wrong.</summary>
internal static class LabelIssues
{
    /// <summary>The most difficult rows first, of those for which another label is suggested; with their positions in the view.</summary>
    public static IDataView Find(IDataView scored, int top, string label, string suggestedLabel, string difficulty, string rowColumn)
    {
        var isSuggested = Suggested(scored, label, suggestedLabel);
        int[] rows = [.. RowSelection.Order(ScoredRows.Numbers(scored, "difficulty", difficulty)).Reverse().Where(row => isSuggested[row]).Take(top)];
        return new AppendedColumnsView(new PickedRowsView(scored, rows), new AppendedColumn<long>(rowColumn, NumberDataViewType.Int64, [.. rows.Select(row => (long)row)]));
    }

    /// <summary>For which rows another label than their own is suggested.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or both are not of the same type.</exception>
    public static bool[] Suggested(IDataView scored, string label, string suggestedLabel)
    {
        var (given, suggested) = (scored.Schema.Require("label", label), scored.Schema.Require("suggested label", suggestedLabel));
        if (given.Type is not (BooleanDataViewType or KeyDataViewType))
            throw SchemaErrors.Mismatch("label", label, "Boolean or a key", given.Type.ToString()!);
        if (!given.Type.Equals(suggested.Type))
            throw SchemaErrors.Mismatch("suggested label", suggestedLabel, $"{given.Type}, the type of '{label}'", suggested.Type.ToString()!);
        return [.. ScoredRows.Groups(scored, "label", label).Zip(ScoredRows.Groups(scored, "suggested label", suggestedLabel), (own, other) => other >= 0 && other != own)];
    }
}
