using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Onnx;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class ColumnEncoderTests
{
    private static readonly TransformerShape s_shape = new(8, 2, 2, 16);

    public ColumnEncoderTests() => TorchLibrary.EnsureLoaded();

    // Adult: 6 numbers and categories of 9, 16, 7, 15, 6, 5, 2 and 42 values. The vectors of missing numbers come on top.
    [Theory]
    [InlineData(1, true, false, 22_272)]
    [InlineData(1, false, false, 22_208)]
    [InlineData(3, true, true, 22_272 + (2 * 32) + (14 * 32))]
    public void Sizes_of_the_encoder(int summaryTokens, bool typeEmbedding, bool columnEmbedding, int expected)
    {
        using var encoder = Encoder(new(summaryTokens, 6, [9, 16, 7, 15, 6, 5, 2, 42]), new(32, 2, 4, 64), typeEmbedding, columnEmbedding);
        var weights = ModuleWeights.Of(encoder);
        Assert.Equal(expected, weights.Count - weights["tokenizer.missing"].Length);
        Assert.Equal(6 * 32, weights["tokenizer.missing"].Length);
    }

    // Jannis of the paper: 54 numbers, 16 blocks of 64.
    [Fact]
    public void Sizes_of_a_published_encoder()
    {
        using var encoder = Encoder(new(1, 54, []), new(64, 16, 2, 64), typeEmbedding: true, columnEmbedding: false);
        Assert.Equal(414_848 + (54 * 64), ModuleWeights.Of(encoder).Count);
    }

    [Fact]
    public void Without_a_kind_of_column_there_are_no_types()
    {
        using var numbers = Encoder(new(1, 3, []), s_shape, typeEmbedding: true, columnEmbedding: false);
        using var categories = Encoder(new(0, 0, [3, 4]), s_shape, typeEmbedding: true, columnEmbedding: false);
        Assert.DoesNotContain("tokenizer.types", ModuleWeights.Of(numbers).Names);
        Assert.Equal(["tokenizer.biases", "tokenizer.categories"], ModuleWeights.Of(categories).Names.Where(name => name.StartsWith("tokenizer", StringComparison.Ordinal)));
        using var scope = NewDisposeScope();
        Assert.Equal([5, 4, 8], numbers.forward(rand(5, 3), null).shape);
        Assert.Equal([5, 2, 8], categories.forward(zeros(5, 0), zeros([5, 2], ScalarType.Int64)).shape);
    }

    [Fact]
    public void Missing_numbers_have_a_token_of_their_own()
    {
        using var scope = NewDisposeScope();
        var encoder = Encoder(new(1, 2, []), s_shape, typeEmbedding: false, columnEmbedding: false);
        var numbers = tensor([float.NaN, 3, 0, 3], [2, 2]);
        var tokens = Numbers.Of(encoder.Tokens(numbers, null)).Chunk(8).ToArray();
        // The learned vector begins at 0: then a missing number has the token of 0.
        Assert.Equal(tokens[4], tokens[1]);
        var missing = encoder.named_parameters().Single(pair => pair.name == "_tokenizer._missing").parameter;
        using (no_grad())
            missing.copy_(tensor(Enumerable.Range(0, 16).Select(i => (float)i).ToArray()));
        tokens = [.. Numbers.Of(encoder.Tokens(numbers, null)).Chunk(8)];
        Assert.Equal(Enumerable.Range(0, 8).Select(i => tokens[4][i] + i), tokens[1]);
        Assert.Equal(tokens[5], tokens[2]);
    }

    [Fact]
    public void A_column_keeps_its_token_when_columns_and_positions_change_places()
    {
        using var scope = NewDisposeScope();
        using Generator random = new(1);
        TokenLayout layout = new(1, 4, []);
        var encoder = Encoder(layout, s_shape, typeEmbedding: false, columnEmbedding: false);
        var numbers = randn([6, 4], generator: random);
        var expected = encoder.forward(numbers, null);

        long[] order = [2, 0, 3, 1];
        var places = tensor(order);
        var moved = Encoder(layout, s_shape, typeEmbedding: false, columnEmbedding: false);
        ModuleWeights.Of(encoder).CopyTo(moved);
        using (no_grad())
        {
            ParameterOf(moved, "_weights").copy_(ParameterOf(encoder, "_weights").index_select(0, places));
            // A bias and the position behind it move together.
            var positions = tensor(PositionCodes.Interleaved(5, 8, 100), [5, 8]).narrow(0, 1, 4);
            var biases = ParameterOf(encoder, "_biases").view(4, 8).Plus(positions).index_select(0, places).sub(positions);
            ParameterOf(moved, "_biases").copy_(biases.flatten());
        }
        var actual = moved.forward(numbers.index_select(1, places), null);
        long[] tokens = [0, .. order.Select(column => column + 1)];
        var difference = expected.index_select(1, tensor(tokens)).sub(actual).abs().max().item<float>();
        Assert.InRange(difference, 0, 1e-5f);
    }

    [Theory]
    [InlineData(1, 3, new[] { 3, 5 })]
    [InlineData(0, 3, new int[0])]
    [InlineData(2, 0, new[] { 4 })]
    public void Graph_equals_the_module(int summaryTokens, int numberCount, int[] categoryCounts)
    {
        using var scope = NewDisposeScope();
        using Generator random = new(3);
        TokenLayout layout = new(summaryTokens, numberCount, categoryCounts);
        var encoder = Encoder(layout, s_shape, typeEmbedding: true, columnEmbedding: true);
        using (no_grad())
        {
            foreach (var parameter in encoder.parameters())
                parameter.normal_(0, 0.5, random);
        }
        var numbers = randn([7, numberCount], generator: random);
        if (numberCount > 0)
            numbers[2, 0] = float.NaN;
        var categories = categoryCounts.Length == 0 ? null : stack(categoryCounts.Select(count => randint(count, [7], generator: random)), 1);
        var expected = Numbers.Of(encoder.forward(numbers, categories));

        OnnxGraphBuilder graph = new("encoder");
        var x = numberCount == 0 ? null : graph.Input("numbers", OnnxElementType.Float, null, numberCount);
        var keys = categories is null ? null : graph.Input("categories", OnnxElementType.Int64, null, categoryCounts.Length);
        ColumnEncoderGraph twin = new(ModuleWeights.Of(encoder), layout, s_shape);
        graph.Output(twin.Encode(graph, twin.Tokens(graph, x, keys), layout.TokenCount, layout.TokenCount), "tokens", OnnxElementType.Float, null, layout.TokenCount, 8);
        using OnnxRun run = new(graph.Build());
        if (x is not null)
            run.Feed("numbers", Numbers.Of(numbers), 7, numberCount);
        if (categories is not null)
            run.Feed("categories", categories.data<long>().ToArray(), 7, categoryCounts.Length);
        var actual = run.Get<float>("tokens");
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 2e-5f);
    }

    [Fact]
    public void Weights_survive_a_state()
    {
        using var scope = NewDisposeScope();
        var encoder = Encoder(new(1, 2, [3]), s_shape, typeEmbedding: true, columnEmbedding: false);
        var weights = ModuleWeights.Of(encoder);
        Dictionary<string, double[]> numbers = [];
        weights.Write(numbers, "Encoder");
        var read = ModuleWeights.Read(new ModelState("{}", numbers, new Dictionary<string, string[]>()), "Encoder");
        Assert.Equal(weights.Names, read.Names);
        Assert.All(weights.Names, name => Assert.Equal(weights[name], read[name]));

        var other = Encoder(new(1, 2, [3]), s_shape, typeEmbedding: true, columnEmbedding: false, seed: 2);
        Assert.NotEqual(weights["tokenizer.biases"], ModuleWeights.Of(other)["tokenizer.biases"]);
        read.CopyTo(other);
        Assert.All(weights.Names, name => Assert.Equal(weights[name], ModuleWeights.Of(other)[name]));

        numbers["Encoder.tokenizer.biases"] = [1];
        Assert.Throws<FormatException>(() => ModuleWeights.Read(new ModelState("{}", numbers, new Dictionary<string, string[]>()), "Encoder"));
        var wider = Encoder(new(1, 3, [3]), s_shape, typeEmbedding: true, columnEmbedding: false);
        Assert.Contains("tokenizer.weights", Assert.Throws<FormatException>(() => read.CopyTo(wider)).Message, StringComparison.Ordinal);
    }

    private static TorchSharp.Modules.Parameter ParameterOf(ColumnEncoder encoder, string name) => encoder.named_parameters().Single(pair => pair.name == $"_tokenizer.{name}").parameter;

    private static ColumnEncoder Encoder(TokenLayout layout, TransformerShape shape, bool typeEmbedding, bool columnEmbedding, ulong seed = 1)
    {
        using Generator random = new(seed);
        return new(layout, new ColumnTokenizer(layout, shape.Width, typeEmbedding, columnEmbedding, valueDeviation: null, random), new TokenTransformer(shape, weights => Initialization.Normal(weights, 0.02, random), random, random));
    }
}
