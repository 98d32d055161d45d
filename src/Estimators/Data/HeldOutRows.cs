using MLExtensions.Estimators.Training;

namespace MLExtensions.Estimators.Data;

/// <summary>Holds out a share of the rows to choose a model by; which ones depends on the seed and their positions only.</summary>
internal static class HeldOutRows
{
    /// <summary>Splits rows. A class all of whose rows would be held out keeps them for training: a model can say nothing about a class it has not seen.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="fraction">Share that is held out, 0 up to (not including) 1.</param>
    /// <param name="context">Seed, and the log for tables that are too small.</param>
    /// <returns>Both parts; no second one, and a warning, where either would be empty.</returns>
    public static (RowBlock Training, RowBlock? HeldOut) Split(RowBlock rows, double fraction, TrainingContext context)
    {
        if (fraction == 0)
            return (rows, null);
        HashSet<int> heldOut = [], trainedClasses = [];
        for (var i = 0; i < rows.Count; i++)
        {
            if (SplitMix64.Of(~context.Seed, i).NextDouble() < fraction)
                heldOut.Add(i);
            else if (!rows.Classes.IsEmpty)
                trainedClasses.Add(rows.Classes[i]);
        }
        if (!rows.Classes.IsEmpty)
        {
            var classes = rows.Classes.ToArray();
            heldOut.RemoveWhere(row => !trainedClasses.Contains(classes[row]));
        }
        if (heldOut.Count == 0 || heldOut.Count == rows.Count)
        {
            context.Warn($"No rows are held out: {rows.Count} are too few for {fraction:P0} of them.");
            return (rows, null);
        }
        HashSet<long> numbers = [.. heldOut.Select(row => rows.RowNumbers[row])];
        return (rows.Where(number => !numbers.Contains(number)), rows.Where(numbers.Contains));
    }
}
