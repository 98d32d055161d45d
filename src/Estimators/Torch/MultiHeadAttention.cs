using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>Multi-head self-attention over the tokens of each sequence, with biases and without masks.</summary>
/// <remarks>
/// Source: A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.2. TorchSharp's own module wants the sequence first and draws its weights from the global generator.
/// </remarks>
internal sealed class MultiHeadAttention : nn.Module<Tensor, int, int, Tensor>
{
    private readonly LinearLayer _packed;
    private readonly LinearLayer _output;
    private readonly int _heads;

    /// <summary>Draws the projections of queries, keys and values, which are one matrix, by Xavier's rule and that of the outputs by the caller's.</summary>
    public MultiHeadAttention(int width, int heads, Func<Tensor, Tensor> initialize, Generator initialization)
        : base(nameof(MultiHeadAttention))
    {
        _heads = heads;
        _packed = new LinearLayer(width, 3 * width, weights => Initialization.XavierUniform(weights, 1, initialization));
        _output = new LinearLayer(width, width, initialize);
        RegisterComponents();
    }

    /// <summary>What the last tokens of each sequence find in all of its tokens.</summary>
    /// <param name="input">[sequences x tokens, width].</param>
    /// <param name="tokens">Tokens of a sequence.</param>
    /// <param name="queries">How many of them ask, 1 to <paramref name="tokens"/>.</param>
    /// <returns>[sequences x queries, width].</returns>
    public override Tensor forward(Tensor input, int tokens, int queries) => _output.forward(PackedAttention.Apply(_packed.forward(input), tokens, queries, _heads));
}
