namespace MLExtensions.Estimators.Torch;

/// <summary>Fixed codes that tell tokens apart by their position: sines and cosines of the position at falling frequencies.</summary>
/// <remarks>Source: A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.5.</remarks>
internal static class PositionCodes
{
    /// <summary>Sine and cosine of each frequency side by side: code[p, 2i] = sin(p base^(-2i / width)), code[p, 2i + 1] = cos(the same).</summary>
    /// <param name="count">Number of positions.</param>
    /// <param name="width">Numbers a position, even.</param>
    /// <param name="wavelength">The base.</param>
    /// <returns>count x width numbers, row by row.</returns>
    public static float[] Interleaved(int count, int width, double wavelength) => Fill(count, width, wavelength, i => (2 * i, (2 * i) + 1));

    /// <summary>All sines first, then all cosines.</summary>
    /// <inheritdoc cref="Interleaved"/>
    public static float[] Halves(int count, int width, double wavelength) => Fill(count, width, wavelength, i => (i, i + (width / 2)));

    private static float[] Fill(int count, int width, double wavelength, Func<int, (int Sine, int Cosine)> place)
    {
        var codes = new float[count * width];
        for (var position = 0; position < count; position++)
        {
            for (var i = 0; i < width / 2; i++)
            {
                var angle = position * Math.Pow(wavelength, -2.0 * i / width);
                var (sine, cosine) = place(i);
                codes[(position * width) + sine] = (float)Math.Sin(angle);
                codes[(position * width) + cosine] = (float)Math.Cos(angle);
            }
        }
        return codes;
    }
}
