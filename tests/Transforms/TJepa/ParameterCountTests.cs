using MLExtensions.Estimators.Torch;
using MLExtensions.Transforms;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

/// <summary>The numbers of weights that the published networks, and those of the reference, have; the encoder has a vector more for the missing numbers of each numeric column.</summary>
public sealed class ParameterCountTests
{
    public ParameterCountTests() => TorchLibrary.EnsureLoaded();

    [Fact]
    public void Toy()
    {
        using var network = TJepaReference.Network();
        Assert.Equal(808 + 24, Count(network.Encoder));
        Assert.Equal(296, Count(network.Predictor));
    }

    [Fact]
    public void Adult()
    {
        using var network = Network(new(1, 6, [9, 16, 7, 15, 6, 5, 2, 42]), new(32, 2, 4, 64), new(16, 2, 4, 64));
        Assert.Equal(22_272 + (6 * 32), Count(network.Encoder));
        Assert.Equal(8_016, Count(network.Predictor));
    }

    [Fact]
    public void Jannis()
    {
        using var network = Network(new(1, 54, []), new(64, 16, 2, 64), new(16, 16, 4, 256));
        Assert.Equal(414_848 + (54 * 64), Count(network.Encoder));
        Assert.Equal(156_368, Count(network.Predictor));
    }

    private static TJepaNetwork Network(TokenLayout layout, TransformerShape encoder, TransformerShape predictor)
    {
        using Generator random = new(1);
        ColumnTokenizer tokenizer = new(layout, encoder.Width, typeEmbedding: true, columnEmbedding: false, valueDeviation: null, random);
        return new(
            new(layout, tokenizer, new TokenTransformer(encoder, weights => weights, random, random)),
            new(layout.ColumnCount, encoder.Width, predictor, weights => weights, random, random));
    }

    private static long Count(nn.Module module) => module.parameters().Sum(parameter => parameter.numel());
}
