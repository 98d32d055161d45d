using MLExtensions.Estimators.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>
/// Counts forgetting events of n rows in R runs: a row was predicted as labelled when it was last trained on, and is not now. Before its first time it counts as not predicted.
/// </summary>
/// <remarks>Source: M. Toneva et al., "An Empirical Study of Example Forgetting during Deep Neural Network Learning", ICLR 2019, arXiv:1812.05159.</remarks>
internal sealed class ForgettingCounter : IDisposable
{
    private readonly int _runs;
    private readonly Tensor _last;
    private readonly Tensor _events;
    private readonly Tensor _hits;
    private readonly Tensor _starts;

    /// <summary>Begins with nothing known.</summary>
    /// <param name="runs">Number of runs R.</param>
    /// <param name="rows">Number of rows n.</param>
    /// <param name="device">The device that trains.</param>
    public ForgettingCounter(int runs, long rows, Device device)
    {
        using var scope = NewDisposeScope();
        _runs = runs;
        Tensor Zeros() => zeros(runs * rows, device: device).DetachFromDisposeScope();
        (_last, _events, _hits) = (Zeros(), Zeros(), Zeros());
        _starts = ScalarArithmetic.Starts(runs, rows, device).unsqueeze(1).DetachFromDisposeScope();
    }

    /// <summary>Notes how rows are predicted as they are trained on; without autograd.</summary>
    /// <param name="rows">Positions of each run's rows, int64 [R, B], each row at most once a run.</param>
    /// <param name="correct">Whether they are predicted as labelled, Boolean [R, B].</param>
    public void Record(Tensor rows, Tensor correct)
    {
        using var scope = NewDisposeScope();
        using var one = 1.ToScalar();
        var places = rows.Plus(_starts).flatten();
        var now = correct.to(ScalarType.Float32).flatten();
        _events.index_add_(0, places, _last.index_select(0, places) * ScalarArithmetic.OneMinus(now), one);
        _hits.index_add_(0, places, now, one);
        _last.index_copy_(0, places, now);
    }

    /// <summary>What was counted in a run.</summary>
    /// <param name="run">Position of the run, from 0.</param>
    /// <returns>The events of each row; -1 for a row that was never predicted as labelled.</returns>
    public int[] Of(int run)
    {
        using var scope = NewDisposeScope();
        var (events, hits) = (Numbers.Of(_events.view(_runs, -1).select(0, run)), Numbers.Of(_hits.view(_runs, -1).select(0, run)));
        return [.. events.Zip(hits, (count, hit) => hit > 0 ? (int)count : NeverLearned)];
    }

    /// <summary>Stands for the events of a row that was never predicted as labelled.</summary>
    public const int NeverLearned = -1;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { _last, _events, _hits, _starts })
            tensor.Dispose();
    }
}
