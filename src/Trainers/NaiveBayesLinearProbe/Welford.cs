namespace MLExtensions.Trainers;

/// <summary>Weight, mean and sum of squared deviations of a stream, without the cancellation of mean(x^2) - mean(x)^2.</summary>
internal static class Welford
{
    /// <summary>Adds one value: N += w; delta = x - mu; mu += (w / N) delta; S += w delta (x - mu), with the new mu.</summary>
    public static void Add(double x, double weight, ref double totalWeight, ref double mean, ref double sumOfSquares)
    {
        totalWeight += weight;
        var delta = x - mean;
        mean += weight / totalWeight * delta;
        sumOfSquares += weight * delta * (x - mean);
    }

    /// <summary>
    /// Mean and sum of squares of a and b together: mu = mu_a + (N_b / N)(mu_b - mu_a) and S = S_a + S_b + (N_a N_b / N)(mu_a - mu_b)^2.
    /// When one of the two is empty the other is taken unchanged.
    /// </summary>
    public static void Merge(double weightA, ref double meanA, ref double sumOfSquaresA, double weightB, double meanB, double sumOfSquaresB)
    {
        if (weightB == 0)
            return;

        if (weightA == 0)
        {
            (meanA, sumOfSquaresA) = (meanB, sumOfSquaresB);
            return;
        }

        var shareB = weightB / (weightA + weightB);
        var delta = meanB - meanA;
        // This form of the mean leaves it untouched when both agree, so that a constant feature stays exactly constant.
        meanA += shareB * delta;
        sumOfSquaresA += sumOfSquaresB + (weightA * shareB * delta * delta);
    }
}
