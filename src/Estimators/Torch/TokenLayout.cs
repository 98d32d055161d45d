namespace MLExtensions.Estimators.Torch;

/// <summary>Which token of a row stands for what: first those that stand for no column, then numeric columns, then categorical columns.</summary>
/// <param name="SummaryTokens">Tokens that stand for no column, at least 0.</param>
/// <param name="NumberCount">Numeric columns.</param>
/// <param name="CategoryCounts">For each categorical column its number of categories, those for missing and unknown values included.</param>
internal sealed record TokenLayout(int SummaryTokens, int NumberCount, IReadOnlyList<int> CategoryCounts)
{
    /// <summary>Number of columns D.</summary>
    public int ColumnCount => NumberCount + CategoryCounts.Count;

    /// <summary>Number of tokens R + D.</summary>
    public int TokenCount => SummaryTokens + ColumnCount;

    /// <summary>The token of a column.</summary>
    /// <param name="column">Position of the column, from 0: numeric columns first, then categorical ones.</param>
    public int TokenOf(int column) => SummaryTokens + column;
}
