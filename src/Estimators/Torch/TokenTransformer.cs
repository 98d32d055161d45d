using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>Transformer blocks, and a head of normalisation, linear layer and normalisation for every token.</summary>
internal sealed class TokenTransformer : nn.Module<Tensor, int, int, Tensor>
{
    private readonly ModuleList<TransformerBlock> _blocks;
    private readonly LayerNorm _headNorm;
    private readonly LinearLayer _head;
    private readonly LayerNorm _norm;
    private readonly Dropout _dropout;

    /// <summary>Initialises the weights.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="initialize">Fills the weights of linear layers, other than those of queries, keys and values.</param>
    /// <param name="initialization">Generator of the first weights.</param>
    /// <param name="dropout">Generator of dropout.</param>
    public TokenTransformer(TransformerShape shape, Func<Tensor, Tensor> initialize, Generator initialization, Generator dropout)
        : base(nameof(TokenTransformer))
    {
        _dropout = new(shape.DropoutRate, dropout);
        _blocks = new ModuleList<TransformerBlock>([.. Enumerable.Range(0, shape.Layers).Select(_ => new TransformerBlock(shape, initialize, initialization, dropout))]);
        _headNorm = nn.LayerNorm(shape.Width, TransformerShape.Epsilon);
        _head = new LinearLayer(shape.Width, shape.Width, initialize);
        _norm = nn.LayerNorm(shape.Width, TransformerShape.Epsilon);
        RegisterComponents();
    }

    /// <summary>The encoded tokens.</summary>
    /// <param name="input">[sequences x tokens, width].</param>
    /// <param name="tokens">Tokens of a sequence.</param>
    /// <param name="kept">How many of them, the last ones, are wanted: the last block and the head compute no others.</param>
    /// <returns>[sequences x kept, width].</returns>
    public override Tensor forward(Tensor input, int tokens, int kept)
    {
        var x = input;
        for (var i = 0; i < _blocks.Count; i++)
            x = _blocks[i].forward(x, tokens, i == _blocks.Count - 1 ? kept : tokens);
        return _norm.forward(Drop(_head.forward(_headNorm.forward(Drop(x)))));
    }

    private Tensor Drop(Tensor values) => _dropout.Apply(values, training);
}
