namespace MLExtensions.Estimators.Scoring;

/// <summary>Graph outputs that the stock transformers behind the graph read; dropped at the end of the saved chain.</summary>
internal static class HelperColumns
{
    private const string Prefix = "MLExtensions.";
    private const string RowPrefix = Prefix + "Row.";
    private const string ScalarPrefix = Prefix + "Scalar.";

    /// <summary>The score of a regression or binary model, one number a row.</summary>
    public const string Score = "MLExtensions.Score";

    /// <summary>The scores of a multiclass model, declared [K]: what stock ML.NET reads, one row at a time.</summary>
    public const string RowScores = "MLExtensions.RowScores";

    /// <summary>The same scores declared [N, K]: what is read in batches.</summary>
    public const string BatchScores = "MLExtensions.BatchScores";

    /// <summary>The index of the predicted class, from 0, one number a row.</summary>
    public const string ClassIndex = "MLExtensions.ClassIndex";

    /// <summary>A featurizer's output, declared [size].</summary>
    public static string RowOf(string outputColumn) => RowPrefix + outputColumn;

    /// <summary>Whether a graph output is a featurizer's output, declared [size].</summary>
    public static bool IsRow(string graphOutput) => graphOutput.StartsWith(RowPrefix, StringComparison.Ordinal);

    /// <summary>A column Score that the rows had, put aside while scalars are made.</summary>
    public const string KeptScore = Prefix + "KeptScore";

    /// <summary>A featurizer's scalar output, declared [N].</summary>
    public static string ScalarOf(string outputColumn) => ScalarPrefix + outputColumn;

    /// <summary>A featurizer's scalar output as a stock transformer makes it, before it gets its name.</summary>
    public static string ValueOf(string outputColumn) => Prefix + "Value." + outputColumn;

    /// <summary>Whether a graph output is a featurizer's scalar output.</summary>
    public static bool IsScalar(string graphOutput) => graphOutput.StartsWith(ScalarPrefix, StringComparison.Ordinal);

    /// <summary>A featurizer's output, declared [N, size].</summary>
    public static string BatchOf(string outputColumn) => "MLExtensions.Batch." + outputColumn;

    /// <summary>Whether a graph output is a helper column.</summary>
    public static bool IsHelper(string graphOutput) => graphOutput.StartsWith(Prefix, StringComparison.Ordinal);
}
