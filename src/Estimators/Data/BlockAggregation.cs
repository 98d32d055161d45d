namespace MLExtensions.Estimators.Data;

/// <summary>Sums blocks up on all cores while the caller's thread reads on, and merges the sums in order.</summary>
internal static class BlockAggregation
{
    /// <param name="fill">Refills a block; <see langword="false"/> at the end of the data.</param>
    /// <param name="createBlock">Makes an empty block.</param>
    /// <param name="create">Makes an empty sum.</param>
    /// <param name="add">Adds a block to a sum.</param>
    /// <param name="merge">Adds the second sum to the first.</param>
    /// <returns>The sum over all blocks, or <see langword="null"/> when there was none.</returns>
    public static TState? Run<TBlock, TState>(
        Func<TBlock, bool> fill, Func<TBlock> createBlock, Func<TState> create, Action<TState, TBlock> add, Action<TState, TState> merge)
        where TState : class
    {
        var pending = new Queue<(TBlock Block, Task<TState> Sum)>();
        var free = new Stack<TBlock>();
        TState? total = null;

        void MergeOldest()
        {
            var (block, sum) = pending.Dequeue();
            var state = sum.GetAwaiter().GetResult();
            if (total is null)
                total = state;
            else
                merge(total, state);
            free.Push(block);
        }

        try
        {
            while (true)
            {
                if (pending.Count > Environment.ProcessorCount)
                    MergeOldest();
                var block = free.TryPop(out var used) ? used : createBlock();
                if (!fill(block))
                    break;
                pending.Enqueue((block, Task.Run(() =>
                {
                    var state = create();
                    add(state, block);
                    return state;
                })));
            }
            while (pending.Count > 0)
                MergeOldest();
        }
        finally
        {
            // After an error no task may still read a block or touch the caller's state.
            foreach (var (_, sum) in pending)
                ((IAsyncResult)sum).AsyncWaitHandle.WaitOne();
        }
        return total;
    }
}
