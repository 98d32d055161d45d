using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// A module that follows another one: its weights are an exponential moving average of the other's. It is trained by nothing else, and records no gradients.
/// </summary>
internal sealed class MovingAverage : IDisposable
{
    private readonly List<(Tensor Average, Tensor Source)> _pairs = [];
    private readonly List<(Tensor Copy, Tensor Source)> _buffers = [];
    private readonly List<Tensor> _kept = [];

    /// <summary>Makes a module a copy of another one, which it then follows. The follower is disposed with the average.</summary>
    /// <param name="follower">A module with parameters and buffers of the same names and shapes.</param>
    /// <param name="source">The module that is trained.</param>
    /// <exception cref="ArgumentException">The modules differ in a name or a shape.</exception>
    public MovingAverage(nn.Module follower, nn.Module source)
    {
        Module = follower;
        using var noGradient = no_grad();
        foreach (var (copy, parameter) in Match(follower.named_parameters(), source.named_parameters()))
        {
            copy.requires_grad = false;
            _pairs.Add((copy, parameter));
        }
        _buffers.AddRange(Match(follower.named_buffers(), source.named_buffers()));
        Copy(_pairs);
        Copy(_buffers);
        follower.eval();
    }

    /// <summary>The module that follows, in scoring mode.</summary>
    public nn.Module Module { get; }

    /// <summary>Moves the average: average = momentum average + (1 - momentum) source. Buffers are copied.</summary>
    /// <param name="momentum">How much of the average stays, 0 to 1.</param>
    public void Update(double momentum)
    {
        using var noGradient = no_grad();
        using var share = (1 - momentum).ToScalar();
        using var kept = momentum.ToScalar();
        foreach (var (average, source) in _pairs)
            average.mul_(kept).add_(source, share);
        Copy(_buffers);
    }

    /// <summary>Keeps a copy of the average.</summary>
    public void Keep()
    {
        using var noGradient = no_grad();
        if (_kept.Count == 0)
            _kept.AddRange(_pairs.Select(pair => empty_like(pair.Average).DetachFromDisposeScope()));
        Copy(_kept.Zip(_pairs, (kept, pair) => (kept, pair.Average)));
    }

    /// <summary>Goes back to what was kept last, if anything was.</summary>
    public void Restore()
    {
        using var noGradient = no_grad();
        Copy(_kept.Zip(_pairs, (kept, pair) => (pair.Average, kept)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var kept in _kept)
            kept.Dispose();
        Module.Dispose();
    }

    private static void Copy(IEnumerable<(Tensor Copy, Tensor Source)> pairs)
    {
        foreach (var (copy, source) in pairs)
            copy.copy_(source);
    }

    private static IEnumerable<(Tensor Follower, Tensor Source)> Match<T>(IEnumerable<(string name, T tensor)> follower, IEnumerable<(string name, T tensor)> source)
        where T : Tensor
    {
        var byName = source.ToDictionary(pair => pair.name, pair => pair.tensor);
        foreach (var (name, tensor) in follower)
        {
            if (!byName.Remove(name, out var match) || !match.shape.SequenceEqual(tensor.shape))
                throw new ArgumentException($"The module to follow has no '{name}' of the shape [{string.Join(", ", tensor.shape)}].", nameof(source));
            yield return (tensor, match);
        }
        if (byName.Count > 0)
            throw new ArgumentException($"The module to follow has '{byName.Keys.First()}', which its follower lacks.", nameof(source));
    }
}
