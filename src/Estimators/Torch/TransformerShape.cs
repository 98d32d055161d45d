namespace MLExtensions.Estimators.Torch;

/// <summary>The sizes of a <see cref="TokenTransformer"/>.</summary>
/// <param name="Width">Numbers a token, even and a multiple of <paramref name="Heads"/>.</param>
/// <param name="Layers">Number of blocks, at least 1.</param>
/// <param name="Heads">Attention heads of each block.</param>
/// <param name="FeedForward">Hidden units of each block's feed-forward network.</param>
/// <param name="DropoutRate">Share of the values that training leaves out, 0 up to (not including) 1.</param>
internal sealed record TransformerShape(int Width, int Layers, int Heads, int FeedForward, double DropoutRate = 0)
{
    /// <summary>What is added to the variance in every layer normalisation.</summary>
    public const double Epsilon = 1e-5;
}
