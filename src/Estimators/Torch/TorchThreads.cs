using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// How many threads libtorch computes with. That number belongs to the process (its matrix products have one for all threads), and
/// sums depend on it in their last digits. So fits with the same number run side by side, and a fit with another number waits for them.
/// </summary>
internal sealed class TorchThreads : IDisposable
{
    private static readonly object s_gate = new();
    private static readonly TimeSpan s_cancellationInterval = TimeSpan.FromMilliseconds(100);
    private static int s_users, s_current, s_before;

    // Set while the thread fits: a fit within a fit must not wait for itself.
    [ThreadStatic]
    private static int t_depth;

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _disposed;

    private TorchThreads()
    {
    }

    /// <summary>
    /// Computes with this many threads until disposed, on the thread that called. Waits while other fits use another number.
    /// </summary>
    /// <param name="count">Number of threads, at least 1; <see langword="null"/> for what libtorch is set to while nothing fits, at first the number of cores.</param>
    /// <param name="throwIfCanceled">Called now and then while waiting; it ends the wait by throwing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    /// <exception cref="InvalidOperationException">This thread already computes with another number.</exception>
    public static TorchThreads Use(int? count, Action throwIfCanceled)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count ?? 1, 1);
        TorchLibrary.EnsureLoaded();
        lock (s_gate)
        {
            while (s_users > 0 && s_current != (count ?? s_before))
            {
                if (t_depth > 0)
                    throw new InvalidOperationException($"A fit within a fit needs the same number of threads: expected {s_current}, got {count ?? s_before}.");
                throwIfCanceled();
                Monitor.Wait(s_gate, s_cancellationInterval);
            }
            if (s_users == 0)
                s_before = torch.get_num_threads();
            s_current = count ?? s_before;
            // Also when the number is the same: every thread has its own copy of it.
            torch.set_num_threads(s_current);
            s_users++;
            t_depth++;
        }
        return new();
    }

    /// <summary>Lets others change the number; the last one restores what was before.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        lock (s_gate)
        {
            if (_thread == Environment.CurrentManagedThreadId)
                t_depth--;
            if (--s_users == 0)
                torch.set_num_threads(s_before);
            Monitor.PulseAll(s_gate);
        }
    }
}
