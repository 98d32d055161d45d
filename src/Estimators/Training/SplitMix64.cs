namespace MLExtensions.Estimators.Training;

/// <summary>
/// A small generator of random numbers that is the same in every version of .NET: each step of a fit may have its own, and a row its own draw,
/// so that nothing depends on the order of threads.
/// </summary>
/// <remarks>Source: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.</remarks>
internal struct SplitMix64(ulong state)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = state;

    /// <summary>The generator of one step.</summary>
    public static SplitMix64 Of(int seed, int step)
    {
        SplitMix64 mixer = new((uint)seed);
        return new(mixer.NextUInt64() ^ ((ulong)(uint)step * Golden));
    }

    /// <summary>A number between 0 and 1, 1 excluded, that depends on the key only: consecutive keys give unrelated numbers.</summary>
    public static double Draw(ulong key) => ToUnit(Mix(key));

    /// <summary>The next number between 0 and 1, 1 excluded.</summary>
    public double NextDouble() => ToUnit(NextUInt64());

    /// <summary>The next whole number from 0 to below a bound, each as likely as the others to within one in 2^32.</summary>
    /// <param name="bound">The bound, at least 1.</param>
    public int NextInt32(int bound) => (int)(((NextUInt64() >> 32) * (ulong)bound) >> 32);

    /// <summary>Draws the first places of a list from all of it (Fisher and Yates): whatever the order was, every choice is as likely.</summary>
    /// <param name="values">The list, whose order changes.</param>
    /// <param name="places">How many places are wanted.</param>
    public void Shuffle(Span<int> values, int places)
    {
        for (var i = 0; i < places; i++)
        {
            var j = i + NextInt32(values.Length - i);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64() => Mix(_state += Golden);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static double ToUnit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
