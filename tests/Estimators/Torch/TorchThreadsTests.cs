using MLExtensions.Estimators.Torch;
using TorchSharp;

namespace MLExtensions.Tests.Estimators.Torch;

[Collection(nameof(TorchGlobals))]
public sealed class TorchThreadsTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static Thread Start(Action body)
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

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Less_than_one_thread_is_refused(int count) => Assert.Throws<ArgumentOutOfRangeException>(() => Use(count));
}
