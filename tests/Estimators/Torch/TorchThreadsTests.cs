using MLExtensions.Estimators.Torch;
using TorchSharp;

namespace MLExtensions.Tests.Estimators.Torch;

[Collection(nameof(TorchGlobals))]
public sealed class TorchThreadsTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static Thread Start(Action body)
    {
        // Unsafe: not within whatever the test has begun.
        Thread thread = new(() => body());
        thread.UnsafeStart();
        return thread;
    }

    /// <summary>As a task would be: within what has begun.</summary>
    private static Thread StartWithin(Action body)
    {
        Thread thread = new(() => body());
        thread.Start();
        return thread;
    }

    private static TorchThreads Use(int? count) => TorchThreads.Use(count, () => { });

    [Fact]
    public void The_number_holds_until_disposed()
    {
        TorchLibrary.EnsureLoaded();
        var before = torch.get_num_threads();
        var threads = Use(3);
        Assert.Equal(3, torch.get_num_threads());
        threads.Dispose();
        threads.Dispose();
        Assert.Equal(before, torch.get_num_threads());
        using (Use(null))
            Assert.Equal(before, torch.get_num_threads());
    }

    [Fact]
    public void The_same_number_is_used_side_by_side()
    {
        using var barrier = new Barrier(3);
        var seen = new int[3];
        var fits = Enumerable.Range(0, 3).Select(i => Start(() =>
        {
            using var threads = Use(2);
            seen[i] = barrier.SignalAndWait(s_patience) ? torch.get_num_threads() : 0;
        })).ToArray();
        Assert.All(fits, fit => Assert.True(fit.Join(s_patience)));
        Assert.All(seen, number => Assert.Equal(2, number));
    }

    [Fact]
    public void Another_number_waits_until_the_first_is_done()
    {
        var seen = 0;
        using ManualResetEventSlim waits = new();
        var first = Use(2);
        var second = Start(() =>
        {
            using var threads = TorchThreads.Use(1, waits.Set);
            seen = torch.get_num_threads();
        });
        Assert.True(waits.Wait(s_patience), "The second did not wait.");
        Assert.Equal((2, 0), (torch.get_num_threads(), seen));

        first.Dispose();
        Assert.True(second.Join(s_patience));
        Assert.Equal(1, seen);
    }

    [Fact]
    public void Waiting_can_be_cancelled()
    {
        Exception? error = null;
        using (Use(2))
        {
            using CancellationTokenSource cancellation = new(50);
            var second = Start(() => error = Record.Exception(() => TorchThreads.Use(1, cancellation.Token.ThrowIfCancellationRequested)));
            Assert.True(second.Join(s_patience));
        }
        Assert.IsType<OperationCanceledException>(error);
    }

    [Fact]
    public void A_fit_within_a_fit_does_not_wait_for_itself()
    {
        using var outer = Use(2);
        using (Use(2))
            Assert.Equal(2, torch.get_num_threads());
        Assert.Contains("expected 2, got 1", Assert.Throws<InvalidOperationException>(() => Use(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fit_within_a_fit_is_known_on_other_threads()
    {
        Exception? error = null;
        using var outer = Use(2);
        Assert.True(StartWithin(() => Use(2).Dispose()).Join(s_patience));
        Assert.True(StartWithin(() => error = Record.Exception(() => Use(1).Dispose())).Join(s_patience), "The inner fit waits for the outer one.");
        Assert.Contains("expected 2, got 1", Assert.IsType<InvalidOperationException>(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_thread_that_outlives_its_fit_waits_like_any_other()
    {
        using ManualResetEventSlim go = new(), waits = new();
        var first = Use(2);
        var seen = 0;
        var thread = StartWithin(() =>
        {
            go.Wait(s_patience);
            using var threads = TorchThreads.Use(1, waits.Set);
            seen = torch.get_num_threads();
        });
        first.Dispose();
        using (Use(2))
        {
            go.Set();
            Assert.True(waits.Wait(s_patience), "It did not wait.");
        }
        Assert.True(thread.Join(s_patience));
        Assert.Equal(1, seen);
    }

    [Fact]
    public void Overlapping_fits_leave_the_idle_number_as_it_was()
    {
        TorchLibrary.EnsureLoaded();
        torch.set_num_threads(3);
        try
        {
            int seen = 0, other = 0;
            using ManualResetEventSlim bothBegan = new(), firstEnded = new(), secondEnded = new();
            var first = Start(() =>
            {
                using (Use(2))
                    bothBegan.Wait(s_patience);
                firstEnded.Set();
                secondEnded.Wait(s_patience);
                // This thread's own copy of the number is still 2.
                using (Use(null))
                    seen = torch.get_num_threads();
            });
            var second = Start(() =>
            {
                using (Use(2))
                {
                    bothBegan.Set();
                    firstEnded.Wait(s_patience);
                }
                other = torch.get_num_threads();
                secondEnded.Set();
            });
            Assert.True(first.Join(s_patience) && second.Join(s_patience));
            Assert.Equal((3, 3), (seen, other));
        }
        finally
        {
            torch.set_num_threads(Environment.ProcessorCount);
        }
    }

    [Fact]
    public void The_application_may_set_another_number_between_fits()
    {
        TorchLibrary.EnsureLoaded();
        var before = torch.get_num_threads();
        Use(2).Dispose();
        torch.set_num_threads(before + 3);
        using (Use(null))
            Assert.Equal(before + 3, torch.get_num_threads());
        torch.set_num_threads(before);
        using (Use(null))
            Assert.Equal(before, torch.get_num_threads());
    }

    [Fact]
    public void Newcomers_with_the_running_number_do_not_pass_a_fit_that_waits()
    {
        List<int> order = [];
        using ManualResetEventSlim secondWaits = new(), thirdWaits = new();
        Thread Fit(int count, ManualResetEventSlim waits) => Start(() =>
        {
            using var threads = TorchThreads.Use(count, waits.Set);
            lock (order)
                order.Add(count);
        });
        var first = Use(2);
        var second = Fit(1, secondWaits);
        Assert.True(secondWaits.Wait(s_patience));
        var third = Fit(2, thirdWaits);
        Assert.True(thirdWaits.Wait(s_patience), "The newcomer did not wait.");
        first.Dispose();
        Assert.True(second.Join(s_patience) && third.Join(s_patience));
        Assert.Equal([1, 2], order);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Less_than_one_thread_is_refused(int count) => Assert.Throws<ArgumentOutOfRangeException>(() => Use(count));
}
