using MLExtensions.Estimators.Training;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// The random numbers of a fit: one seed, and a generator for each purpose, so that drawing more for one purpose (a dropout, a second network) changes nothing in
/// the others.
/// </summary>
/// <param name="seed">Seed of the fit.</param>
/// <param name="device">The device that trains; dropout is drawn there, everything else on the CPU.</param>
internal sealed class RandomStreams(int seed, Device device) : IDisposable
{
    /// <summary>The order of the rows.</summary>
    public Generator Shuffling { get; } = Create(seed, 1, CPU);

    /// <summary>The first weights.</summary>
    public Generator Initialization { get; } = Create(seed, 2, CPU);

    /// <summary>Dropout.</summary>
    public Generator Dropout { get; } = Create(seed, 3, device);

    /// <summary>The streams of another network of the same fit.</summary>
    /// <param name="network">Number of the network; 0 would be this one.</param>
    public RandomStreams ForNetwork(int network) => new(network == 0 ? seed : (int)SplitMix64.Of(seed, -network).NextUInt64(), device);

    /// <inheritdoc/>
    public void Dispose()
    {
        Shuffling.Dispose();
        Initialization.Dispose();
        Dropout.Dispose();
    }

    private static Generator Create(int seed, int purpose, Device device) => new(SplitMix64.Of(seed, purpose).NextUInt64(), device);
}
