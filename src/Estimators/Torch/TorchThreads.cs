using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// How many threads libtorch computes with. That number belongs to the process (its matrix products have one for all threads), and
/// sums depend on it in their last digits. So fits with the same number run side by side, and a fit with another number waits for them.
/// Fits begin in the order in which they came.
/// </summary>
/// <remarks>
/// Every thread has its own copy of the number besides. A thread whose fit ends while others go on keeps the fit's number until its next
/// fit, because setting its copy would change the number of the process.
/// </remarks>
internal sealed class TorchThreads : IDisposable
{
    private static readonly object s_gate = new();
    private static readonly TimeSpan s_cancellationInterval = TimeSpan.FromMilliseconds(100);
    private static readonly LinkedList<TorchThreads> s_waiting = new();

    // The fit that the code belongs to, also on threads and in tasks that were started in it: a fit within a fit must not wait for the outer one.
    private static readonly AsyncLocal<TorchThreads?> s_around = new();

    // Idle: what libtorch is set to while nothing fits.
    private static int s_users, s_current, s_idle;

    // The thread's copy as it was left here; another number than that was set by the application.
    [ThreadStatic]
    private static int t_left;

    private readonly TorchThreads? _around;
    private bool _disposed;

    private TorchThreads(TorchThreads? around) => _around = around;

    /// <summary>
    /// Computes with this many threads until disposed, on the thread that called. Waits while other fits use another number, or wait for one.
    /// </summary>
    /// <param name="count">Number of threads, at least 1; <see langword="null"/> for what libtorch is set to while nothing fits, at first the number of cores.</param>
    /// <param name="throwIfCanceled">Called now and then while waiting; it ends the wait by throwing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    /// <exception cref="InvalidOperationException">The fit is begun within a fit that computes with another number.</exception>
    public static TorchThreads Use(int? count, Action throwIfCanceled)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count ?? 1, 1);
        TorchLibrary.EnsureLoaded();
        lock (s_gate)
        {
            var around = s_around.Value;
            while (around is { _disposed: true })
                around = around._around;
            TorchThreads threads = new(around);
            if (around is null)
                threads.WaitForTurn(count, throwIfCanceled);
            else if (s_current != (count ?? s_idle))
                throw new InvalidOperationException($"A fit within a fit needs the same number of threads: expected {s_current}, got {count ?? s_idle}.");
            if (s_users++ == 0)
                NoteIdle();
            s_current = count ?? s_idle;
            // Also when the number is the same: every thread has its own copy of it.
            Set(s_current);
            s_around.Value = threads;
            return threads;
        }
    }

    /// <summary>Lets others change the number; the last one restores what was before.</summary>
    public void Dispose()
    {
        lock (s_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (s_around.Value == this)
                s_around.Value = _around;
            if (--s_users == 0)
                Set(s_idle);
            Monitor.PulseAll(s_gate);
        }
    }

    private void WaitForTurn(int? count, Action throwIfCanceled)
    {
        var place = s_waiting.AddLast(this);
        try
        {
            while (place.Previous is not null || (s_users > 0 && s_current != (count ?? s_idle)))
            {
                throwIfCanceled();
                Monitor.Wait(s_gate, s_cancellationInterval);
            }
        }
        finally
        {
            s_waiting.Remove(place);
            Monitor.PulseAll(s_gate);
        }
    }

    private static void NoteIdle()
    {
        var found = torch.get_num_threads();
        if (found != t_left)
            s_idle = found;
    }

    private static void Set(int count)
    {
        torch.set_num_threads(count);
        t_left = count;
    }
}
