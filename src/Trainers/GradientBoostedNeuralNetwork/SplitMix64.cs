namespace MLExtensions.Trainers;

/// <summary>A small generator of random numbers that is the same in every version of .NET; each step of a fit has its own.</summary>
/// <remarks>Source: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.</remarks>
internal struct SplitMix64(ulong state)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = state;

    /// <summary>The generator of one step.</summary>
    public static SplitMix64 Of(int seed, int step)
    {
        SplitMix64 mixer = new((uint)seed);
        return new(mixer.Next() ^ ((ulong)(uint)step * Golden));
    }

    /// <summary>A number between 0 and 1, 1 excluded.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    private ulong Next()
    {
        _state += Golden;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
