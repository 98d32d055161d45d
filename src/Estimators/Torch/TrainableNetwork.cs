using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>A network with what changes its weights: flat parameters, an optimiser, and a copy of the best weights so far.</summary>
internal sealed class TrainableNetwork : IDisposable
{
    private readonly double? _maximumGradientNorm;
    private readonly FlatOptimizer _optimizer;
    private readonly List<Tensor> _kept = [];

    /// <summary>Takes over a module, which is disposed with it.</summary>
    /// <param name="module">The module, initialised and on its device.</param>
    /// <param name="settings">Optimiser, decay, momentum and clipping.</param>
    /// <param name="hooks">What other methods do at the stages of a step; none for the plain training.</param>
    public TrainableNetwork(nn.Module module, TrainingSettings settings, params IReadOnlyList<NetworkHook> hooks)
    {
        Module = module;
        Hooks = hooks;
        _maximumGradientNorm = settings.MaximumGradientNorm;
        try
        {
            Parameters = new FlatParameters(module);
            _optimizer = FlatOptimizer.Of(Parameters, settings);
        }
        catch
        {
            Parameters?.Dispose();
            module.Dispose();
            throw;
        }
    }

    /// <summary>The module.</summary>
    public nn.Module Module { get; }

    /// <summary>Its weights.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>What other methods do at the stages of a step.</summary>
    public IReadOnlyList<NetworkHook> Hooks { get; }

    /// <summary>Sets the learning rate of the next steps.</summary>
    public void SetLearningRate(double rate) => _optimizer.LearningRate = rate;

    /// <summary>Shortens the gradients if they are too long, and changes the weights by them.</summary>
    public void Step()
    {
        if (_maximumGradientNorm is { } largest)
            nn.utils.clip_grad_norm_(Parameters.All, largest);
        _optimizer.Step();
    }

    /// <summary>Whether all weights and running statistics are finite numbers.</summary>
    public bool IsFinite()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return State().All(tensor => !tensor.is_floating_point() || tensor.isfinite().all().item<bool>());
    }

    /// <summary>Keeps a copy of the weights and of running statistics.</summary>
    public void Keep()
    {
        using var noGradient = no_grad();
        if (_kept.Count == 0)
            _kept.AddRange(State().Select(tensor => empty_like(tensor).DetachFromDisposeScope()));
        foreach (var (kept, now) in _kept.Zip(State()))
            kept.copy_(now);
    }

    /// <summary>Goes back to what was kept last, if anything was.</summary>
    public void Restore()
    {
        using var noGradient = no_grad();
        foreach (var (kept, now) in _kept.Zip(State()))
            now.copy_(kept);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _kept)
            tensor.Dispose();
        _optimizer.Dispose();
        Parameters.Dispose();
        Module.Dispose();
    }

    private IEnumerable<Tensor> State() => Parameters.All.Concat(Module.buffers());
}
