namespace MLExtensions.Benchmarks;

/// <summary>Rank statistics.</summary>
internal static class Ranks
{
    /// <summary>Spearman's rank correlation, equal values sharing their mean rank.</summary>
    public static double Correlation(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        double[] ranksA = Of(a), ranksB = Of(b);
        var mean = (a.Count - 1) / 2.0;
        double product = 0, squaresA = 0, squaresB = 0;
        for (var i = 0; i < ranksA.Length; i++)
        {
            product += (ranksA[i] - mean) * (ranksB[i] - mean);
            squaresA += (ranksA[i] - mean) * (ranksA[i] - mean);
            squaresB += (ranksB[i] - mean) * (ranksB[i] - mean);
        }
        return squaresA > 0 && squaresB > 0 ? product / Math.Sqrt(squaresA * squaresB) : 0;
    }

    /// <summary>The correlation inside each tenth of the rows by a third value, averaged.</summary>
    public static double CorrelationWithin(IReadOnlyList<double> a, IReadOnlyList<double> b, IReadOnlyList<double> by)
        => Tenths(by).Average(rows => Correlation([.. rows.Select(row => a[row])], [.. rows.Select(row => b[row])]));

    /// <summary>The rows in ten groups of equal size, from the smallest values to the largest.</summary>
    public static IEnumerable<int[]> Tenths(IReadOnlyList<double> values)
    {
        int[] sorted = [.. Enumerable.Range(0, values.Count).OrderBy(row => values[row])];
        return Enumerable.Range(0, 10).Select(tenth => sorted[(tenth * sorted.Length / 10)..((tenth + 1) * sorted.Length / 10)]);
    }

    private static double[] Of(IReadOnlyList<double> values)
    {
        int[] sorted = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        var ranks = new double[sorted.Length];
        for (var first = 0; first < sorted.Length;)
        {
            var end = first + 1;
            while (end < sorted.Length && values[sorted[end]] == values[sorted[first]])
                end++;
            for (var i = first; i < end; i++)
                ranks[sorted[i]] = (first + end - 1) / 2.0;
            first = end;
        }
        return ranks;
    }
}
