using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>One row of numbers for every training row, by its position: what a network has said about it. Shuffling does not matter.</summary>
/// <param name="values">The first numbers, [n, C], which are disposed with the history.</param>
internal sealed class PredictionHistory(Tensor values) : IDisposable
{
    private readonly Tensor _values = values.DetachFromDisposeScope();
    private Tensor? _kept;

    /// <summary>All numbers, [n, C].</summary>
    public Tensor Values => _values;

    /// <summary>The numbers of some rows, [B, C].</summary>
    /// <param name="rows">Positions of the rows, int64 [B].</param>
    public Tensor Of(Tensor rows) => _values.index_select(0, rows);

    /// <summary>Replaces the numbers of some rows; without autograd.</summary>
    /// <param name="rows">Positions of the rows, int64 [B], each at most once.</param>
    /// <param name="entries">What to remember, [B, C].</param>
    public void Set(Tensor rows, Tensor entries)
    {
        using var noGradient = no_grad();
        _values.index_copy_(0, rows, entries);
    }

    /// <summary>Keeps a copy: the state of the best epoch so far.</summary>
    public void Keep()
    {
        using var noGradient = no_grad();
        _kept ??= empty_like(_values).DetachFromDisposeScope();
        _kept.copy_(_values);
    }

    /// <summary>Goes back to what was kept last, if anything was.</summary>
    public void Restore()
    {
        using var noGradient = no_grad();
        if (_kept is not null)
            _values.copy_(_kept);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _kept?.Dispose();
    }
}
