namespace MLExtensions.Transforms;

/// <summary>How many columns of a row are context, and how many each target mask has: the bounds, and draws between them.</summary>
/// <param name="SmallestContext">Fewest context columns.</param>
/// <param name="LargestContext">Most context columns.</param>
/// <param name="SmallestTarget">Fewest columns of a target mask.</param>
/// <param name="LargestTarget">Most columns of a target mask.</param>
internal sealed record MaskSizes(int SmallestContext, int LargestContext, int SmallestTarget, int LargestTarget)
{
    /// <summary>The bounds for a number of columns.</summary>
    /// <param name="columns">Columns D that may be masked, at least 2.</param>
    /// <param name="context">Smallest and largest share of the columns in the context.</param>
    /// <param name="target">Smallest and largest share of the columns in a target mask; both smallest shares together are at most 1.</param>
    public static MaskSizes Of(int columns, (double Least, double Most) context, (double Least, double Most) target)
    {
        var smallestContext = Math.Clamp(Round(columns * context.Least), 1, columns - 1);
        // Rounding may make the two smallest sizes too large for each other.
        var smallestTarget = Math.Clamp(Round(columns * target.Least), 1, columns - smallestContext);
        return new(
            smallestContext, Math.Clamp(Round(columns * context.Most), smallestContext, columns - smallestTarget),
            smallestTarget, Math.Clamp(Round(columns * target.Most), smallestTarget, columns - smallestContext));
    }

    /// <summary>Draws both sizes, each end value half as likely as one between, until they fit together.</summary>
    /// <param name="columns">Columns that may be masked.</param>
    /// <param name="random">Draws numbers from 0 up to (not including) 1.</param>
    public (int Context, int Target) Draw(int columns, Func<double> random)
    {
        while (true)
        {
            var context = SmallestContext + Round((LargestContext - SmallestContext) * random());
            var target = SmallestTarget + Round((LargestTarget - SmallestTarget) * random());
            if (context + target <= columns)
                return (context, target);
        }
    }

    // Half to even, as the reference does.
    private static int Round(double value) => (int)Math.Round(value);
}
