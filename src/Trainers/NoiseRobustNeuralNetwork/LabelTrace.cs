using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>Watches, in the forward passes of training, which class is predicted for each training row.</summary>
/// <param name="training">The training rows.</param>
internal sealed class LabelTrace(TrainingTable training) : IDisposable
{
    // -1 for a row that no batch of the epoch had.
    private readonly Tensor _predicted = training.Labels!.FilledLike(-1).DetachFromDisposeScope();
    private readonly List<EpochLabels> _epochs = [];
    private double _agreement;
    private long _agreementRows;

    /// <summary>What was seen in each epoch.</summary>
    public IReadOnlyList<EpochLabels> Epochs => _epochs;

    /// <summary>Gets, after each epoch, its number and the class predicted for each training row.</summary>
    public Action<int, long[]>? AfterEpoch { get; init; }

    /// <summary>Notes predictions for some rows; without autograd.</summary>
    /// <param name="rows">Positions of the rows, int64 [B].</param>
    /// <param name="scores">Logits or probabilities, [B, C].</param>
    public void Record(Tensor rows, Tensor scores) => _predicted.index_copy_(0, rows, scores.argmax(1));

    /// <summary>Notes how far predictions agree with past ones.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="agreement">Their mean agreement, 0 to 1.</param>
    public void RecordAgreement(long rows, double agreement)
    {
        _agreement += rows * agreement;
        _agreementRows += rows;
    }

    /// <summary>Sums the epoch up.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public void EndEpoch(int epoch)
    {
        using var scope = NewDisposeScope();
        var learned = _predicted.eq(training.Labels!).to(ScalarType.Float64).mean().item<double>();
        _epochs.Add(new(epoch, learned, _agreementRows > 0 ? _agreement / _agreementRows : null));
        (_agreement, _agreementRows) = (0, 0);
        AfterEpoch?.Invoke(epoch, _predicted.cpu().data<long>().ToArray());
    }

    /// <inheritdoc/>
    public void Dispose() => _predicted.Dispose();
}
