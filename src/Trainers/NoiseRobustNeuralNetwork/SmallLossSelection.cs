using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>Which rows of a batch co-teaching passes on to the other network: those with small losses, fewer from epoch to epoch.</summary>
/// <remarks>Source: B. Han et al., "Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels", NeurIPS 2018, arXiv:1804.06872, algorithm 1.</remarks>
/// <param name="forgetRate">Share of a batch that is left out in the end, tau; <see langword="null"/> to be told after each epoch by <see cref="Estimate"/>.</param>
/// <param name="warmEpochs">Epochs Tk in which that share rises from 0; with 0 or 1 it is constant.</param>
/// <param name="minimumRows">Fewest rows to select.</param>
internal sealed class SmallLossSelection(double? forgetRate, int warmEpochs, int minimumRows = 1)
{
    // More than half cannot be told from a class of its own.
    private const double LargestEstimate = 0.5;

    private int _epoch = 1;
    private double _forgetRate = forgetRate ?? 0;

    /// <summary>Sets the share for the batches to come.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public void BeginEpoch(int epoch) => _epoch = epoch;

    /// <summary>Share of a batch that is left out: tau min((epoch - 1) / (Tk - 1), 1).</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public double ForgottenShare(int epoch) => warmEpochs <= 1 ? _forgetRate : _forgetRate * Math.Min((epoch - 1.0) / (warmEpochs - 1), 1);

    /// <summary>Takes the share of rows that are not predicted as labelled for the share of wrong labels, unless tau was given.</summary>
    /// <param name="givenLabelShare">Share of the rows whose label both networks together predicted in the last epoch.</param>
    public void Estimate(double givenLabelShare) => _forgetRate = forgetRate ?? Math.Min(1 - givenLabelShare, LargestEstimate);

    /// <summary>Positions of the rows with the smallest losses, int64, the smallest first; the earlier row among equals.</summary>
    /// <param name="losses">The loss of each row of the batch, [B].</param>
    public Tensor Select(Tensor losses)
    {
        var rows = losses.shape[0];
        var kept = (long)Math.Round((1 - ForgottenShare(_epoch)) * rows, MidpointRounding.AwayFromZero);
        return losses.sort(0, descending: false, stable: true).Indices.narrow(0, 0, Math.Clamp(kept, Math.Min(minimumRows, rows), rows));
    }
}
