using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Data;

/// <summary>What the rules for features that are NaN need: <see cref="MissingValueRule"/>.</summary>
internal static class MissingFeatures
{
    /// <summary>Refuses rows with missing features.</summary>
    /// <exception cref="InvalidOperationException">There are such rows; the message counts them and says what to do.</exception>
    public static void Refuse(RowBlock block, string column, Func<int, string> featureName)
    {
        var (count, first, feature) = (0, -1, -1);
        for (var row = 0; block.HasMissing && row < block.Count; row++)
        {
            if (FirstMissing(block, row) is not (>= 0 and var missing))
                continue;
            count++;
            (first, feature) = first < 0 ? (row, missing) : (first, feature);
        }
        if (count > 0)
            throw new InvalidOperationException(
                $"Column '{column}' holds missing values (NaN) in {count} of {block.Count} rows, first in row {block.RowNumbers[first]} ({featureName(feature)}). " +
                $"Replace them with Transforms.ReplaceMissingValues before the trainer, or set the option MissingValues to {nameof(MissingValueRule.Mean)}.");
    }

    /// <summary>The weighted mean of every feature over the rows that have it; 0 for a feature that no row has.</summary>
    public static float[] Means(RowBlock block)
    {
        double[] sums = new double[block.FeatureCount], missing = new double[block.FeatureCount];
        var total = 0.0;
        for (var row = 0; row < block.Count; row++)
        {
            var weight = block.Weights.IsEmpty ? 1.0 : block.Weights[row];
            total += weight;
            foreach (var (j, value) in new StoredValues(block, row))
            {
                if (float.IsNaN(value))
                    missing[j] += weight;
                else
                    sums[j] += weight * value;
            }
        }
        // Rows of a sparse block that do not store the feature have it: it is 0.
        return [.. sums.Select((sum, j) => total > missing[j] ? (float)(sum / (total - missing[j])) : 0)];
    }

    private static int FirstMissing(RowBlock block, int row)
    {
        foreach (var (j, value) in new StoredValues(block, row))
        {
            if (float.IsNaN(value))
                return j;
        }
        return -1;
    }
}
