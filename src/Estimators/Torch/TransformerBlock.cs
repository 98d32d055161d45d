using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Estimators.Torch;

/// <summary>A transformer block with the normalisations behind the sums: x = LN(x + attention(x)), then x = LN(x + W2 relu(W1 x + c1) + c2).</summary>
/// <remarks>Source: A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.1.</remarks>
internal sealed class TransformerBlock : nn.Module<Tensor, int, int, Tensor>
{
    private readonly MultiHeadAttention _attention;
    private readonly LayerNorm _attentionNorm;
    private readonly LinearLayer _expand;
    private readonly LinearLayer _contract;
    private readonly LayerNorm _norm;
    private readonly Dropout _dropout;

    /// <summary>Initialises the block.</summary>
    public TransformerBlock(TransformerShape shape, Func<Tensor, Tensor> initialize, Generator initialization, Generator dropout)
        : base(nameof(TransformerBlock))
    {
        _dropout = new(shape.DropoutRate, dropout);
        _attention = new MultiHeadAttention(shape.Width, shape.Heads, initialize, initialization);
        _attentionNorm = nn.LayerNorm(shape.Width, TransformerShape.Epsilon);
        _expand = new LinearLayer(shape.Width, shape.FeedForward, initialize);
        _contract = new LinearLayer(shape.FeedForward, shape.Width, initialize);
        _norm = nn.LayerNorm(shape.Width, TransformerShape.Epsilon);
        RegisterComponents();
    }

    /// <summary>The tokens after the block.</summary>
    /// <param name="input">[sequences x tokens, width].</param>
    /// <param name="tokens">Tokens of a sequence.</param>
    /// <param name="kept">How many of them, the last ones, are wanted; all of them are looked at.</param>
    /// <returns>[sequences x kept, width].</returns>
    public override Tensor forward(Tensor input, int tokens, int kept)
    {
        var own = kept == tokens ? input : input.view(-1, tokens, input.shape[1]).narrow(1, tokens - kept, kept).reshape(-1, input.shape[1]);
        var x = _attentionNorm.forward(own.Plus(Drop(_attention.forward(input, tokens, kept))));
        var hidden = Drop(F.relu(_expand.forward(x), inplace: true));
        return _norm.forward(x.Plus(Drop(_contract.forward(hidden))));
    }

    private Tensor Drop(Tensor values) => _dropout.Apply(values, training);
}
