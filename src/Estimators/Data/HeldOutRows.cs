using MLExtensions.Estimators.Training;

namespace MLExtensions.Estimators.Data;

/// <summary>Holds out a share of the rows to choose a model by; which ones depends on the seed and their positions only.</summary>
internal static class HeldOutRows
{
    /// <summary>Splits rows.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="fraction">Share that is held out, 0 up to (not including) 1.</param>
    /// <param name="context">Seed, and the log for tables that are too small.</param>
    /// <returns>Both parts; no second one, and a warning, where the first would lack rows or a second class, or the second would be empty.</returns>
    public static (RowBlock Training, RowBlock? HeldOut) Split(RowBlock rows, double fraction, TrainingContext context)
    {
        if (fraction == 0)
            return (rows, null);
        HashSet<long> heldOut = [];
        for (var i = 0; i < rows.Count; i++)
        {
            if (SplitMix64.Of(~context.Seed, i).NextDouble() < fraction)
                heldOut.Add(rows.RowNumbers[i]);
        }
        var (training, validation) = (rows.Where(row => !heldOut.Contains(row)), rows.Where(heldOut.Contains));
        var isEnough = rows.Classes.IsEmpty ? training.Count > 0 : training.Classes.Length > 0 && training.Classes.ContainsAnyExcept(training.Classes[0]);
        if (isEnough && validation.Count > 0)
            return (training, validation);
        context.Warn($"No rows are held out: {rows.Count} are too few for {fraction:P0} of them.");
        return (rows, null);
    }
}
