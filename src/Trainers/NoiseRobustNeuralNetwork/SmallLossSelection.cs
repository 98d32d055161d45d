using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>Which rows of a batch co-teaching passes on to the other network: those with small losses, fewer from epoch to epoch.</summary>
/// <remarks>Source: B. Han et al., "Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels", NeurIPS 2018, arXiv:1804.06872, algorithm 1.</remarks>
/// <param name="forgetRate">Share of a batch that is left out in the end, tau; <see langword="null"/> to be told after each epoch by <see cref="Learn"/>.</param>
/// <param name="warmEpochs">Epochs Tk in which that share rises from 0; with 0 or 1 it is constant.</param>
/// <param name="minimumRows">Fewest rows to select.</param>
internal sealed class SmallLossSelection(double? forgetRate, int warmEpochs, int minimumRows = 1)
{
    private int _epoch = 1;
    private double? _estimate;

    /// <summary>Whether the share is to be estimated.</summary>
    public bool IsEstimated => forgetRate is null;

    /// <summary>Share of a batch that is left out in the end, tau, as far as it is known.</summary>
    public double ForgetRate => forgetRate ?? _estimate ?? 0;

    /// <summary>Sets the share for the batches to come.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public void BeginEpoch(int epoch) => _epoch = epoch;

    /// <summary>Share of a batch that is left out: tau min((epoch - 1) / (Tk - 1), 1).</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public double ForgottenShare(int epoch) => warmEpochs <= 1 ? ForgetRate : ForgetRate * Math.Min((epoch - 1.0) / (warmEpochs - 1), 1);

    /// <summary>Takes the mean of this estimate and what was believed before for tau, unless tau was given.</summary>
    /// <param name="errorShare">Share of wrong labels as the networks see it after an epoch, 0 to 1.</param>
    public void Learn(double errorShare) => _estimate = ((_estimate ?? errorShare) + errorShare) / 2;

    /// <summary>Positions of the rows with the smallest losses, int64, the smallest first; the earlier row among equals.</summary>
    /// <param name="losses">The loss of each row of the batch, [B].</param>
    public Tensor Select(Tensor losses)
    {
        var rows = losses.shape[0];
        var kept = (long)Math.Round((1 - ForgottenShare(_epoch)) * rows, MidpointRounding.AwayFromZero);
        return losses.sort(0, descending: false, stable: true).Indices.narrow(0, 0, Math.Clamp(kept, Math.Min(minimumRows, rows), rows));
    }
}
