namespace MLExtensions.Transforms;

/// <summary>A Beta distribution on 0 to 1.</summary>
/// <param name="Alpha">First parameter, above 0.</param>
/// <param name="Beta">Second parameter, above 0.</param>
internal sealed record BetaDistribution(double Alpha, double Beta)
{
    // Densities may be infinite at the ends.
    private const double Edge = 1e-3;

    private readonly double _normalisation = LogGamma(Alpha + Beta) - LogGamma(Alpha) - LogGamma(Beta);

    /// <summary>Its mean.</summary>
    public double Mean => Alpha / (Alpha + Beta);

    /// <summary>A number, moved away from the ends.</summary>
    public static double Inside(double x) => Math.Clamp(x, Edge, 1 - Edge);

    /// <summary>Its density.</summary>
    /// <param name="x">Above 0 and below 1.</param>
    public double Density(double x) => Math.Exp(_normalisation + ((Alpha - 1) * Math.Log(x)) + ((Beta - 1) * Math.Log(1 - x)));

    /// <summary>The distribution with the weighted mean and variance of numbers.</summary>
    /// <param name="values">Numbers above 0 and below 1.</param>
    /// <param name="weight">Weight of each number.</param>
    public static BetaDistribution Fit(double[] values, Func<int, double> weight)
    {
        double total = 1e-12, sum = 0.5e-12, squares = 0;
        for (var i = 0; i < values.Length; i++)
        {
            total += weight(i);
            sum += weight(i) * values[i];
        }
        var mean = sum / total;
        for (var i = 0; i < values.Length; i++)
            squares += weight(i) * (values[i] - mean) * (values[i] - mean);
        // A variance below that of a single grain, or above that of two points, has no such distribution.
        var variance = Math.Clamp(squares / total, 1e-6, 0.99 * mean * (1 - mean));
        var size = (mean * (1 - mean) / variance) - 1;
        return new(mean * size, (1 - mean) * size);
    }

    /// <summary>ln Gamma(x) for x above 0, by Stirling's series from 10 upwards: about 13 digits.</summary>
    internal static double LogGamma(double x)
    {
        var product = 1.0;
        for (; x < 10; x++)
            product *= x;
        var inverse = 1 / (x * x);
        var series = ((1 / 12.0) - ((1 / 360.0) - ((1 / 1260.0) - (inverse / 1680)) * inverse) * inverse) / x;
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + series - Math.Log(product);
    }
}
