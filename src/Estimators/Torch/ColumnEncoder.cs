using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>Encodes the columns of a row as tokens that know of each other: a <see cref="ColumnTokenizer"/> and a <see cref="TokenTransformer"/>.</summary>
internal sealed class ColumnEncoder : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly ColumnTokenizer _tokenizer;
    private readonly TokenTransformer _transformer;

    /// <summary>Takes over the parts.</summary>
    public ColumnEncoder(TokenLayout layout, ColumnTokenizer tokenizer, TokenTransformer transformer)
        : base(nameof(ColumnEncoder))
    {
        (Layout, _tokenizer, _transformer) = (layout, tokenizer, transformer);
        RegisterComponents();
    }

    /// <summary>The tokens.</summary>
    public TokenLayout Layout { get; }

    /// <summary>All tokens encoded, each from all of them.</summary>
    /// <param name="numbers">The numeric columns, [B, numbers]; NaN is missing.</param>
    /// <param name="categories">The categorical columns, int64 [B, columns]; <see langword="null"/> without any.</param>
    /// <returns>[B, <see cref="TokenLayout.TokenCount"/>, width].</returns>
    public override Tensor forward(Tensor numbers, Tensor? categories)
    {
        var tokens = Tokens(numbers, categories);
        return Encode(tokens.view(-1, tokens.shape[2]), Layout.TokenCount, Layout.TokenCount).view(tokens.shape);
    }

    /// <summary>The tokens before they know of each other, [B, <see cref="TokenLayout.TokenCount"/>, width].</summary>
    public Tensor Tokens(Tensor numbers, Tensor? categories, bool mayBeMissing = true) => _tokenizer.forward(numbers, categories, mayBeMissing);

    /// <inheritdoc cref="TokenTransformer.forward"/>
    public Tensor Encode(Tensor tokens, int count, int kept) => _transformer.forward(tokens, count, kept);
}
