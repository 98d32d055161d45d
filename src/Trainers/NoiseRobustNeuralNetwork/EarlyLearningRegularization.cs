using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>
/// Early-learning regularisation (ELR): networks learn from right labels first, so that a row's moving average of predictions T is a better label than a wrong one,
/// and lambda ln(1 - &lt;T, p&gt;) holds the network to it.
/// </summary>
/// <remarks>
/// Source: S. Liu, J. Niles-Weed, N. Razavian, C. Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy Labels", NeurIPS 2020,
/// arXiv:2007.00151. Unlike in the published code the probabilities inside the logarithm are not clipped: a clipped one has no gradient, and a row
/// that is predicted with certainty would lose the regulariser just when it is needed.
/// </remarks>
/// <param name="targets">The moving averages T, [n, C], all 0 at first.</param>
/// <param name="beta">How much of T stays in an update.</param>
/// <param name="strength">lambda.</param>
/// <param name="classFactors">What the penalty of a row is multiplied by, for each class that T may name, [C]; <see langword="null"/> for 1.</param>
internal sealed class EarlyLearningRegularization(PredictionHistory targets, double beta, double strength, Tensor? classFactors = null) : IDisposable
{
    // Least probability that is averaged, and least 1 - <T, p>.
    private const double Smallest = 1e-4;

    /// <summary>The moving averages T.</summary>
    public PredictionHistory Targets => targets;

    /// <summary>Moves the averages of some rows towards a network's predictions. T is not corrected for its start at 0, so that the pull grows by itself.</summary>
    /// <param name="rows">Positions of the rows, int64 [B].</param>
    /// <param name="probabilities">The predictions, [B, C].</param>
    public void Update(Tensor rows, Tensor probabilities)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var clipped = probabilities.Within(Smallest, 1 - Smallest);
        targets.Set(rows, targets.Of(rows).Times(beta).Plus((clipped / clipped.sum(1, keepdim: true)).Times(1 - beta)));
    }

    /// <summary>The regulariser of some rows, and how far they agree with their past.</summary>
    /// <param name="rows">Positions of the rows, int64 [B].</param>
    /// <param name="probabilities">The predictions p, [B, C], with their gradient; T is a constant.</param>
    /// <returns>
    /// lambda ln(1 - &lt;T, p&gt;) of each row, at most 0, [B]; and the mean of &lt;T, p&gt; / sum T, 0 to 1, without gradient.
    /// </returns>
    public (Tensor Penalties, Tensor Agreement) Regularize(Tensor rows, Tensor probabilities)
    {
        var history = targets.Of(rows);
        var agreement = (history * probabilities).sum(1);
        var penalties = LogDisagreement(agreement).Times(strength);
        if (classFactors is not null)
            penalties *= classFactors.index_select(0, history.argmax(1));
        return (penalties, (agreement.detach() / history.sum(1)).mean());
    }

    /// <summary>ln(1 - x) with 1 - x at least 1e-4 in value and in the gradient's denominator, but with a gradient below that as well.</summary>
    /// <param name="agreement">x, [B].</param>
    public static Tensor LogDisagreement(Tensor agreement)
    {
        var disagreement = ScalarArithmetic.OneMinus(agreement);
        return disagreement.Plus((disagreement.AtLeast(Smallest) - disagreement).detach()).log();
    }

    /// <summary>The factors of <see cref="NoiseRobustNeuralNetworkTrainer.Options.ClassBalancedElr"/>: mean over actual rows of a class, within 1/10 and 10; 1 for a class without rows.</summary>
    /// <param name="labels">Classes of the training rows.</param>
    /// <param name="classCount">Number of classes C.</param>
    public static float[] ClassFactors(ReadOnlySpan<long> labels, int classCount)
    {
        const double Largest = 10;
        var rows = new double[classCount];
        foreach (var label in labels)
            rows[label]++;
        var mean = rows.Where(count => count > 0).Average();
        return [.. rows.Select(count => count > 0 ? (float)Math.Clamp(mean / count, 1 / Largest, Largest) : 1)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        targets.Dispose();
        classFactors?.Dispose();
    }
}
