using MLExtensions.Estimators.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>What is trained: the context encoder and the predictor.</summary>
internal sealed class TJepaNetwork : nn.Module<Tensor, Tensor?, Masks, Tensor>
{
    private const double WeightDeviation = 0.02;

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

    /// <summary>Makes a network for a table, and draws its first weights.</summary>
    /// <param name="layout">The tokens.</param>
    /// <param name="options">The sizes.</param>
    /// <param name="fit">Device and random numbers.</param>
    public static TJepaNetwork Create(TokenLayout layout, TJepaFeaturizer.Options options, TorchFit fit)
    {
        var (initialization, dropout) = (fit.Generator(RandomUse.Initialization), fit.Generator(RandomUse.Dropout));
        Tensor Initialize(Tensor weights) => Initialization.Normal(weights, WeightDeviation, initialization);
        var encoder = CreateEncoder(layout, options, initialization, dropout);
        Predictor predictor = new(layout.ColumnCount, options.HiddenSize, options.PredictorShape, Initialize, initialization, dropout);
        TJepaNetwork network = new(encoder, predictor);
        network.to(fit.Device);
        return network;
    }

    /// <summary>Makes an encoder alone.</summary>
    /// <inheritdoc cref="Create"/>
    public static ColumnEncoder CreateEncoder(TokenLayout layout, TJepaFeaturizer.Options options, TorchFit fit)
    {
        var encoder = CreateEncoder(layout, options, fit.Generator(RandomUse.Initialization), fit.Generator(RandomUse.Dropout));
        encoder.to(fit.Device);
        return encoder;
    }

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

    private static ColumnEncoder CreateEncoder(TokenLayout layout, TJepaFeaturizer.Options options, Generator initialization, Generator dropout)
    {
        Tensor Initialize(Tensor weights) => Initialization.Normal(weights, WeightDeviation, initialization);
        return new(
            layout, new ColumnTokenizer(layout, options.HiddenSize, options.TypeEmbedding, options.ColumnEmbedding, options.ValueDeviation, initialization),
            new TokenTransformer(options.EncoderShape, Initialize, initialization, dropout));
    }
}
