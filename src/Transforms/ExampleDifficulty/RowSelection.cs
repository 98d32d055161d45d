namespace MLExtensions.Transforms;

/// <summary>Which rows stay when a table is pruned by difficulty.</summary>
/// <param name="KeepFraction">Share of the rows with a score that stays, those that classes get back not included, the hardest ones of what is not dropped; above 0, at most 1.</param>
/// <param name="DropHardestFraction">Share of the rows that is dropped for being the hardest, 0 up to (not including) 1.</param>
/// <param name="MinimumClassFraction">Share of the rows of each class that stays in any case, and at least one row; 0 to 1.</param>
internal sealed record RowSelection(double KeepFraction, double DropHardestFraction, double MinimumClassFraction)
{
    /// <summary>Positions of the rows that have a score, the easiest first; the earlier row among equals.</summary>
    public static int[] Order(ReadOnlySpan<float> scores)
    {
        var rows = new List<int>(scores.Length);
        for (var row = 0; row < scores.Length; row++)
        {
            if (!float.IsNaN(scores[row]))
                rows.Add(row);
        }
        var keys = scores.ToArray();
        rows.Sort((a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));
        return [.. rows];
    }

    /// <summary>Place of each row among those of its group, 0 for the easiest to 1 for the hardest; NaN without a score, 0 for a row alone.</summary>
    /// <param name="scores">Difficulty of each row, NaN for none.</param>
    /// <param name="groups">The group of each row; empty for one group of all rows.</param>
    public static float[] Ranks(ReadOnlySpan<float> scores, int[] groups)
    {
        var ranks = new float[scores.Length];
        Array.Fill(ranks, float.NaN);
        foreach (var group in Order(scores).GroupBy(row => groups.Length == 0 ? 0 : groups[row]))
        {
            int[] rows = [.. group];
            foreach (var (place, row) in rows.Index())
                ranks[row] = rows.Length == 1 ? 0 : place / (rows.Length - 1f);
        }
        return ranks;
    }

    /// <summary>Which rows stay. Rows without a score do.</summary>
    /// <param name="scores">Difficulty of each row, NaN for none.</param>
    /// <param name="strata">The group of each row in which the shares hold, -1 for a missing value, which is a group, too; empty for one group of all rows.</param>
    /// <param name="classes">Class of each row, -1 for none.</param>
    public bool[] Select(ReadOnlySpan<float> scores, int[] strata, int[] classes)
    {
        var keeps = new bool[scores.Length];
        for (var row = 0; row < scores.Length; row++)
            keeps[row] = float.IsNaN(scores[row]);
        var order = Order(scores);
        HashSet<int> dropped = [];
        foreach (var stratum in order.GroupBy(row => strata.Length == 0 ? 0 : strata[row]))
        {
            int[] rows = [.. stratum];
            var (first, count) = Window(rows.Length);
            foreach (var row in rows.AsSpan(first, count))
                keeps[row] = true;
            dropped.UnionWith(rows[(first + count)..]);
        }
        // The hardest of those that were too easy come back first, then the least hard of those that were dropped.
        foreach (var rows in order.GroupBy(row => classes[row]))
        {
            var missing = Math.Max(1, (int)Math.Ceiling(MinimumClassFraction * rows.Count())) - rows.Count(row => keeps[row]);
            var candidates = rows.Where(row => !keeps[row] && !dropped.Contains(row)).Reverse().Concat(rows.Where(dropped.Contains));
            foreach (var row in candidates.Take(missing).ToArray())
                keeps[row] = true;
        }
        return keeps;
    }

    /// <summary>Where the rows that stay lie among rows in the order of their difficulty.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <returns>Number of easier rows, and number of rows that stay.</returns>
    public (int First, int Count) Window(int rows)
    {
        var end = rows - Share(DropHardestFraction, rows);
        var count = Math.Min(end, Math.Max(1, Share(KeepFraction, rows)));
        return (end - count, count);
    }

    private static int Share(double fraction, int rows) => (int)Math.Round(fraction * rows, MidpointRounding.AwayFromZero);
}
