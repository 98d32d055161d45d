namespace MLExtensions.Benchmarks;

/// <summary>Comparisons of two rankings of the same rows.</summary>
internal static class DifficultyRanks
{
    /// <summary>Spearman's rank correlation; the mean rank for equal scores.</summary>
    public static double Correlation(float[] left, float[] right)
    {
        var (a, b) = (Ranks(left), Ranks(right));
        var mean = (left.Length - 1) / 2.0;
        var (ab, aa, bb) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            ab += (a[i] - mean) * (b[i] - mean);
            aa += (a[i] - mean) * (a[i] - mean);
            bb += (b[i] - mean) * (b[i] - mean);
        }
        return ab / Math.Sqrt(aa * bb);
    }

    private static double[] Ranks(float[] values)
    {
        var ranks = new double[values.Length];
        var order = Enumerable.Range(0, values.Length).OrderBy(i => values[i]).ToArray();
        for (var first = 0; first < order.Length;)
        {
            var end = first;
            while (end < order.Length && values[order[end]] == values[order[first]])
                end++;
            foreach (var row in order[first..end])
                ranks[row] = (first + end - 1) / 2.0;
            first = end;
        }
        return ranks;
    }
}
