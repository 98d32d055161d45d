namespace MLExtensions.Trainers;

/// <summary>Quantiles of weighted numbers.</summary>
internal static class WeightedQuantile
{
    /// <summary>The smallest of the values that, with all below it, has at least the given share of the weight.</summary>
    /// <param name="values">The values, at least one.</param>
    /// <param name="weights">Their weights, above 0.</param>
    /// <param name="share">The share, between 0 and 1.</param>
    public static double Of(ReadOnlySpan<double> values, ReadOnlySpan<double> weights, double share)
    {
        var (sorted, sortedWeights) = (values.ToArray(), weights.ToArray());
        Array.Sort(sorted, sortedWeights);
        var wanted = share * sortedWeights.Sum();
        var reached = 0.0;
        for (var i = 0; i < sorted.Length - 1; i++)
        {
            reached += sortedWeights[i];
            if (reached >= wanted)
                return sorted[i];
        }
        return sorted[^1];
    }
}
