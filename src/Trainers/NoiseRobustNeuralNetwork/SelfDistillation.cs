using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Trainers;

/// <summary>Self-distillation with progressive refinement of targets (PS-KD): a target is the label mixed with what the network said about the row an epoch ago, ever more of it.</summary>
/// <remarks>
/// Source: K. Kim, B. Ji, D. Yoon, S. Hwang, "Self-Knowledge Distillation with Progressive Refinement of Targets", ICCV 2021, arXiv:2006.12000.
/// </remarks>
/// <param name="teacher">The predictions of the last epoch H, [n, C]; the one-hot labels at first, which makes the first epoch a plain one.</param>
/// <param name="finalShare">Share of the predictions in the last epoch's targets, alpha.</param>
/// <param name="epochs">Number of epochs E.</param>
internal sealed class SelfDistillation(PredictionHistory teacher, double finalShare, int epochs) : IDisposable
{
    private double _share;

    /// <summary>The predictions of the last epoch H.</summary>
    public PredictionHistory Teacher => teacher;

    /// <summary>A history that holds the labels, one-hot.</summary>
    /// <param name="labels">Classes of the training rows, int64 [n].</param>
    /// <param name="classCount">Number of classes C.</param>
    /// <param name="type">Type of the predictions.</param>
    public static PredictionHistory StartFrom(Tensor labels, int classCount, ScalarType type = ScalarType.Float32)
        => new(F.one_hot(labels, classCount).to(type));

    /// <summary>Share of the predictions in the targets of an epoch: alpha t / E.</summary>
    /// <param name="epoch">Number of the epoch t, from 1.</param>
    public double ShareOf(int epoch) => finalShare * epoch / epochs;

    /// <summary>Sets the share for the batches to come.</summary>
    /// <param name="epoch">Number of the epoch t, from 1.</param>
    public void BeginEpoch(int epoch) => _share = ShareOf(epoch);

    /// <summary>The targets of some rows, [B, C].</summary>
    /// <param name="rows">Positions of the rows, int64 [B].</param>
    /// <param name="labels">Their classes, int64 [B].</param>
    public Tensor Targets(Tensor rows, Tensor labels)
    {
        using var noGradient = no_grad();
        var predictions = teacher.Of(rows);
        return predictions.Times(_share).scatter_add_(1, labels.unsqueeze(1), labels.FilledLike(1 - _share, predictions.dtype).unsqueeze(1));
    }

    /// <inheritdoc/>
    public void Dispose() => teacher.Dispose();
}
