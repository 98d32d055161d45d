using Microsoft.ML.OnnxRuntime;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// One ONNX Runtime session shared by any number of cursors, rows and threads. It is created on first use and
/// released when its owner is disposed and nobody scores with it any more; a use after that creates it again,
/// because <c>PredictionEngine.Dispose</c> disposes a model that the caller may still hold.
/// </summary>
internal sealed class GraphSession(ReadOnlyMemory<byte> model, int? gpuDeviceId, bool fallbackToCpu) : IDisposable
{
    private readonly Lock _lock = new();
    private InferenceSession? _session;
    private int _leases;
    private bool _releaseWhenIdle;

    /// <summary>Takes a share of the session; dispose the lease when done.</summary>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime cannot load the graph.</exception>
    public Lease Acquire()
    {
        lock (_lock)
        {
            _session ??= Create();
            _leases++;
            _releaseWhenIdle = false;
            return new Lease(this, _session);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _releaseWhenIdle = true;
            ReleaseIfIdle();
        }
    }

    private InferenceSession Create()
    {
        using var options = CreateOptions();
        if (gpuDeviceId is not { } device)
            return new InferenceSession(model.ToArray(), options);
        try
        {
            options.AppendExecutionProvider_CUDA(device);
            return new InferenceSession(model.ToArray(), options);
        }
        catch (Exception error) when (fallbackToCpu && error is OnnxRuntimeException or EntryPointNotFoundException)
        {
            using var cpu = CreateOptions();
            return new InferenceSession(model.ToArray(), cpu);
        }
    }

    // Idle workers that spin take the cores from the threads that read rows: on a busy machine a run then takes ten times as long.
    private static SessionOptions CreateOptions()
    {
        var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    private void Return()
    {
        lock (_lock)
        {
            _leases--;
            ReleaseIfIdle();
        }
    }

    private void ReleaseIfIdle()
    {
        if (!_releaseWhenIdle || _leases > 0)
            return;
        _session?.Dispose();
        _session = null;
    }

    /// <summary>A share of the session.</summary>
    public sealed class Lease(GraphSession owner, InferenceSession session) : IDisposable
    {
        private bool _returned;

        public InferenceSession Session => session;

        public void Dispose()
        {
            if (_returned)
                return;
            _returned = true;
            owner.Return();
        }
    }
}
