using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;

namespace MLExtensions.Estimators.Training;

/// <summary>What surrounds a fit: its log, its progress, its random numbers and its cancellation.</summary>
public sealed class TrainingContext
{
    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly CancellationToken _cancellationToken;

    internal TrainingContext(IHost host, IChannel channel, int? seed, CancellationToken cancellationToken)
    {
        _host = host;
        _channel = channel;
        _cancellationToken = cancellationToken;
        Seed = seed ?? host.Rand.Next();
    }

    /// <summary>Seed of this fit: that of the options, or one drawn from the <see cref="Microsoft.ML.MLContext"/>.</summary>
    public int Seed { get; }

    /// <summary>The device of <c>MLContext.GpuDeviceId</c>, <see langword="null"/> for the CPU.</summary>
    internal int? GpuDeviceId => MlNetAccess.GpuDeviceIdOf(_host);

    /// <summary>The setting <c>MLContext.FallbackToCpu</c>.</summary>
    internal bool FallbackToCpu => MlNetAccess.FallbackToCpuOf(_host);

    /// <summary>Stops the fit if its token or its <see cref="Microsoft.ML.MLContext"/> was cancelled; call it once a step.</summary>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public void ThrowIfCanceled()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (MlNetAccess.IsCanceled(_host))
            throw new OperationCanceledException("The fit was cancelled by its MLContext.");
    }

    /// <summary>Writes a line to the log of the <see cref="Microsoft.ML.MLContext"/>.</summary>
    public void Log(string message) => _channel.Trace(MessageSensitivity.None, "{0}", message);

    /// <summary>Writes a line that the user should see to the log of the <see cref="Microsoft.ML.MLContext"/>.</summary>
    public void Info(string message) => _channel.Info(MessageSensitivity.None, "{0}", message);

    /// <summary>Writes a warning to the log of the <see cref="Microsoft.ML.MLContext"/>.</summary>
    public void Warn(string message) => _channel.Warning(MessageSensitivity.None, "{0}", message);

    /// <summary>Starts reporting progress: a unit that is counted (rows, epochs, steps) and metrics that change with it.</summary>
    /// <param name="unit">Name of what is counted.</param>
    /// <param name="metrics">Names of the metrics.</param>
    public TrainingProgress StartProgress(string unit, params string[] metrics) => new(_host, unit, metrics, Log);
}
