using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;
using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// What one fit has of TorchSharp: its device, its number of threads and its own random numbers. Same seed, same number
/// of threads, same machine: same model on the CPU; on a GPU some sums have no fixed order. Begin it before anything of TorchSharp is used, and dispose it on the thread that began it.
/// </summary>
/// <remarks>
/// Nothing global is drawn from or left changed. Relied upon: gradients are recorded (a property of the thread, the default), and new
/// tensors are Single (a property of the process, the default); <see cref="TorchFit"/> refuses to begin otherwise.
/// </remarks>
internal sealed class TorchFit : IDisposable
{
    // Room for more uses than there are.
    private const int UsesPerNetwork = 256;

    private readonly TorchThreads _threads;
    private readonly List<torch.Generator> _generators = [];
    private readonly int? _numberOfThreads;
    private readonly int _seed;

    private TorchFit(TorchThreads threads, int? numberOfThreads, torch.Device device, int seed)
    {
        _threads = threads;
        _numberOfThreads = numberOfThreads;
        _seed = seed;
        Device = device;
    }

    /// <summary>The device that trains.</summary>
    public torch.Device Device { get; }

    /// <summary>Begins the fit of a trainer, with the device and the number of threads of its options.</summary>
    /// <inheritdoc cref="Begin(TrainingContext, int?, int?, bool)"/>
    /// <param name="context">The fit.</param>
    /// <param name="options">The trainer's options.</param>
    public static TorchFit Begin(TrainingContext context, NeuralNetworkOptions options)
        => Begin(context, options.NumberOfThreads, options.GpuDeviceId, options.FallbackToCpu);

    /// <summary>Loads TorchSharp, chooses the device and sets the number of threads.</summary>
    /// <param name="context">The fit.</param>
    /// <param name="numberOfThreads">Threads that libtorch computes with; <see langword="null"/> for its own default, all cores.</param>
    /// <param name="gpuDeviceId">Number of the CUDA device; <see langword="null"/> for that of the <see cref="Microsoft.ML.MLContext"/>, and if it has none either, the CPU.</param>
    /// <param name="fallbackToCpu">Whether the CPU trains when there is no such device; also when the <see cref="Microsoft.ML.MLContext"/> says so.</param>
    /// <exception cref="DllNotFoundException">libtorch is missing or does not load; the message says what to do.</exception>
    /// <exception cref="InvalidOperationException">There is no such device, or TorchSharp's global settings are not the usual ones.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled while it waited for fits with another number of threads.</exception>
    public static TorchFit Begin(TrainingContext context, int? numberOfThreads = null, int? gpuDeviceId = null, bool fallbackToCpu = false)
    {
        TorchLibrary.EnsureLoaded();
        if (!torch.is_grad_enabled() || torch.is_inference_mode_enabled())
            throw new InvalidOperationException("Expected a thread that records gradients, got one within torch.no_grad() or torch.inference_mode().");
        if (torch.get_default_dtype() != torch.ScalarType.Float32)
            throw new InvalidOperationException($"Expected TorchSharp's default type Float32, got {torch.get_default_dtype()}: see torch.set_default_dtype.");
        var device = TorchDevice.Choose(gpuDeviceId ?? context.GpuDeviceId, fallbackToCpu || context.FallbackToCpu, context.Warn);
        context.Info($"Trains with libtorch on {device}.");
        return new(TorchThreads.Use(numberOfThreads, context.ThrowIfCanceled), numberOfThreads, device, context.Seed);
    }

    /// <summary>The same fit on another thread that works for it: device, number of threads and seed. Begin it in that thread, and dispose it there.</summary>
    public TorchFit OnThisThread() => new(TorchThreads.Use(_numberOfThreads, () => { }), _numberOfThreads, Device, _seed);

    /// <summary>A generator of the fit's own, which goes with it. It draws on the CPU, so that a GPU starts from the same weights and order of rows.</summary>
    /// <param name="use">What it is for: draws for one use do not depend on how many there are for another.</param>
    /// <param name="network">Number of the network, from 0, where a fit trains several side by side: each has its own draws.</param>
    public torch.Generator Generator(RandomUse use, int network = 0)
    {
        // libtorch's generator on the CPU keeps 32 bits of the seed.
        var generator = new torch.Generator(Numbers(use, network).NextUInt64() >> 32, torch.CPU);
        _generators.Add(generator);
        return generator;
    }

    /// <summary>Random numbers of the fit's own for code that draws them one by one.</summary>
    /// <param name="use">What they are for.</param>
    /// <param name="network">Number of the network, from 0.</param>
    public SplitMix64 Numbers(RandomUse use, int network = 0) => SplitMix64.Of(_seed, (int)use + (network * UsesPerNetwork));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var generator in _generators)
            generator.Dispose();
        _generators.Clear();
        _threads.Dispose();
    }
}
