using System.Runtime.ExceptionServices;

namespace MLExtensions.Estimators.Training;

/// <summary>Work on rows in parallel, cut into blocks that do not depend on the number of threads, so that sums over them do not either.</summary>
/// <param name="threads">Threads to use at most.</param>
/// <param name="minimumParallelWork">Multiplications from which on more than one is used.</param>
/// <param name="beforeEach">Called before each block or number, on the thread that runs it; it may throw to cancel.</param>
internal sealed class FixedBlocks(int threads, long minimumParallelWork = FixedBlocks.MinimumParallelWork, Action? beforeEach = null)
{
    /// <summary>Rows of a block.</summary>
    public const int Size = 256;

    /// <summary>Below this many multiplications, waking other threads costs more than they save.</summary>
    public const long MinimumParallelWork = 200_000;

    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = threads };

    /// <summary>Number of blocks that <paramref name="rows"/> rows make.</summary>
    public static int CountOf(int rows) => (rows + Size - 1) / Size;

    /// <summary>Runs an action for each block: its number, its first row and the row after its last one.</summary>
    public void Run(int rows, long workPerRow, Action<int, int, int> action)
    {
        var blocks = CountOf(rows);
        RunAll(blocks, blocks > 1 && rows * workPerRow >= minimumParallelWork, block => action(block, block * Size, Math.Min(rows, (block + 1) * Size)));
    }

    /// <summary>Runs an action for each number below a count. Actions must not add to the same sums.</summary>
    public void ForEach(int count, long workEach, Action<int> action) => RunAll(count, count * workEach >= minimumParallelWork, action);

    /// <summary>Adds up what a function gives for each block, in the order of the blocks.</summary>
    public double Sum(int rows, long workPerRow, Func<int, int, double> function)
    {
        var sums = new double[CountOf(rows)];
        Run(rows, workPerRow, (block, first, end) => sums[block] = function(first, end));
        var sum = 0.0;
        foreach (var part in sums)
            sum += part;
        return sum;
    }

    // The first error comes out as it was thrown, a cancellation among them, however many threads there are.
    private void RunAll(int count, bool isParallel, Action<int> action)
    {
        if (!isParallel || threads == 1)
        {
            for (var i = 0; i < count; i++)
                RunOne(i);
            return;
        }
        try
        {
            Parallel.For(0, count, _options, RunOne);
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }

        void RunOne(int i)
        {
            beforeEach?.Invoke();
            action(i);
        }
    }
}
