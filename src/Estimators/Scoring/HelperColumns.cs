namespace MLExtensions.Estimators.Scoring;

/// <summary>Graph outputs that the stock transformers behind the graph read; dropped at the end of the saved chain.</summary>
internal static class HelperColumns
{
    private const string Prefix = "MLExtensions.";
    private const string RowPrefix = Prefix + "Row.";

    /// <summary>The score of a regression or binary model, one number a row.</summary>
    public const string Score = "MLExtensions.Score";

    /// <summary>The scores of a multiclass model, declared [K]: what stock ML.NET reads, one row at a time.</summary>
    public const string RowScores = "MLExtensions.RowScores";

    /// <summary>The same scores declared [N, K]: what is read in batches.</summary>
    public const string BatchScores = "MLExtensions.BatchScores";

    /// <summary>The index of the predicted class, from 0, one number a row.</summary>
    public const string ClassIndex = "MLExtensions.ClassIndex";

    /// <summary>The Score of the view, while stock heads use its name.</summary>
    public const string KeptScore = "MLExtensions.KeptScore";

    /// <summary>A featurizer's output, declared [size].</summary>
    public static string RowOf(string outputColumn) => RowPrefix + outputColumn;

    /// <summary>Whether a graph output is a featurizer's output, declared [size].</summary>
    public static bool IsRow(string graphOutput) => graphOutput.StartsWith(RowPrefix, StringComparison.Ordinal);

    /// <summary>A featurizer's output, declared [N, size].</summary>
    public static string BatchOf(string outputColumn) => "MLExtensions.Batch." + outputColumn;

    /// <summary>A featurizer's scalar output, taken out of its vector.</summary>
    public static string ScalarOf(string outputColumn) => "MLExtensions.Scalar." + outputColumn;

    /// <summary>Whether a graph output is a helper column.</summary>
    public static bool IsHelper(string graphOutput) => graphOutput.StartsWith(Prefix, StringComparison.Ordinal);
}
