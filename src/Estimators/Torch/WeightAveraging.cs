namespace MLExtensions.Estimators.Torch;

/// <summary>
/// How long the moving average of a network's weights remembers. The averaged network is what is validated, kept and used: it is as good as one whose learning rate has
/// fallen, at any time of the training, so that an early epoch can be the best one.
/// </summary>
/// <remarks>Source: B. T. Polyak, A. B. Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM Journal on Control and Optimization 30(4), 1992; exponential here.</remarks>
/// <param name="epochs">Epochs after which a weight counts for 1/e, above 0.</param>
/// <param name="stepsPerEpoch">Steps of an epoch.</param>
internal sealed class WeightAveraging(double epochs, long stepsPerEpoch)
{
    /// <summary>Share of the average that stays in a step. It is small at first, so that the first weights are soon forgotten.</summary>
    /// <param name="step">Number of the step, from 0.</param>
    public double KeptAt(long step) => Math.Min(Math.Exp(-1 / (epochs * stepsPerEpoch)), (1.0 + step) / (10.0 + step));
}
