using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>What is trained: the context encoder and the predictor.</summary>
internal sealed class TJepaNetwork : nn.Module<Tensor, Tensor?, Masks, Tensor>
{
    /// <summary>Takes over the parts.</summary>
    public TJepaNetwork(ColumnEncoder encoder, Predictor predictor)
        : base(nameof(TJepaNetwork))
    {
        (Encoder, Predictor) = (encoder, predictor);
        register_module("encoder", encoder);
        register_module("predictor", predictor);
    }

    /// <summary>The context encoder.</summary>
    public ColumnEncoder Encoder { get; }

    /// <summary>The predictor.</summary>
    public Predictor Predictor { get; }

    /// <summary>The predictions for a batch.</summary>
    /// <param name="numbers">The numeric columns, [B, numbers]; NaN is missing.</param>
    /// <param name="categories">The categorical columns, int64 [B, columns]; <see langword="null"/> without any.</param>
    /// <param name="masks">The masks.</param>
    /// <returns>[M x B x nt, h].</returns>
    public override Tensor forward(Tensor numbers, Tensor? categories, Masks masks) => Predictor.forward(Context(numbers, categories, masks), masks);

    /// <summary>The context columns as the context encoder sees them, [B x nc, h]: tokens that are masked are not there, and those that stand for no column are dropped afterwards.</summary>
    public Tensor Context(Tensor numbers, Tensor? categories, Masks masks)
    {
        var tokens = Encoder.Tokens(numbers, categories);
        var visible = tokens.view(-1, tokens.shape[2]).index_select(0, masks.ContextTokens);
        return Encoder.Encode(visible, (int)(masks.ContextTokens.shape[0] / tokens.shape[0]), masks.ContextSize);
    }
}
