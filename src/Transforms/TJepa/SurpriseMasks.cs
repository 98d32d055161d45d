using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>The masks by which the surprise of a row is measured: the same for all rows, and each column a target about as often as the others.</summary>
/// <param name="ContextSize">Columns in each context.</param>
/// <param name="TargetSize">Columns in each target mask.</param>
/// <param name="Context">Positions of the context columns, mask by mask.</param>
/// <param name="Targets">Positions of the target columns, mask by mask.</param>
internal sealed record SurpriseMasks(int ContextSize, int TargetSize, long[] Context, long[] Targets)
{
    private const int FewestMasks = 8;

    /// <summary>Number of masks.</summary>
    public int Count => Targets.Length / TargetSize;

    /// <summary>Draws masks.</summary>
    /// <param name="columns">Positions of the columns that may be masked.</param>
    /// <param name="sizes">The sizes in training, the middle of which these have.</param>
    /// <param name="random">Random numbers.</param>
    public static SurpriseMasks Draw(int[] columns, MaskSizes sizes, SplitMix64 random)
    {
        var context = (sizes.SmallestContext + sizes.LargestContext) / 2;
        var target = Math.Min((sizes.SmallestTarget + sizes.LargestTarget) / 2, columns.Length - context);
        var count = Math.Max(FewestMasks, 2 * ((columns.Length + target - 1) / target));
        List<long> contexts = [], targets = [];
        Queue<int> waiting = new();
        for (var mask = 0; mask < count; mask++)
        {
            HashSet<int> chosen = [];
            while (chosen.Count < target)
            {
                if (waiting.Count == 0)
                    waiting = new(Shuffle(columns, ref random));
                chosen.Add(waiting.Dequeue());
            }
            targets.AddRange(chosen.Select(column => (long)column));
            contexts.AddRange(Shuffle([.. columns.Except(chosen)], ref random).Take(context).Select(column => (long)column));
        }
        return new(context, target, [.. contexts], [.. targets]);
    }

    private static int[] Shuffle(int[] columns, ref SplitMix64 random)
    {
        int[] shuffled = [.. columns];
        random.Shuffle(shuffled, shuffled.Length - 1);
        return shuffled;
    }
}
