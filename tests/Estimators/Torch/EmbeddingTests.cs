using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Onnx;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class EmbeddingTests
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(9, 6)]
    [InlineData(99, 22)]
    [InlineData(1000, 50)]
    public void Sizes_grow_with_the_number_of_values(int values, int size)
    {
        using Training training = new(new());
        using EmbeddingLayer layer = new(values, training.Fit.Generator(RandomUse.Initialization));
        Assert.Equal(size, layer.Size);
        var table = layer.ToPlain([.. Enumerable.Repeat(1.0, values + 1)]);
        Assert.Equal((values, size), (table.ValueCount, table.Size));
        Assert.InRange(table.Values.ToArray().Average(value => value * value), 0.003, 0.03);
    }

    [Fact]
    public void Categories_without_rows_get_the_mean_vector_of_the_rows()
    {
        using Training training = new(new());
        using EmbeddingLayer layer = new(3, training.Fit.Generator(RandomUse.Initialization));
        var learned = layer.ToPlain([1, 1, 1, 1]);
        var table = layer.ToPlain([0, 3, 0, 1]);
        for (var j = 0; j < layer.Size; j++)
        {
            var mean = (float)((3.0 * learned[1][j]) + learned[3][j]) / 4;
            Assert.Equal(mean, table[0][j], 1e-6);
            Assert.Equal(mean, table[2][j], 1e-6);
            Assert.Equal(learned[1][j], table[1][j]);
            Assert.Equal(learned[3][j], table[3][j]);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => table[4].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => table[-1].Length);
    }

    [Fact]
    public void The_graph_looks_up_what_the_module_looks_up()
    {
        using Training training = new(new() { HiddenUnits = 9, DropoutRate = 0 });
        using TabularNetwork module = new(5, [3, 20], 2, training.Options, training.Fit);
        var head = module.named_parameters().Last(parameter => parameter.parameter.dim() == 2).parameter;
        using var noGradient = no_grad();
        head.fill_(0.5f);
        long[] first = [0, 1, 2, 3], second = [20, 7, 0, 1];
        var categories = stack([tensor(first), tensor(second)], dim: 1);
        var inputs = Numbers.Of(training.Table.Features)[..20];
        var expected = Numbers.Of(module.forward(tensor(inputs, [4, 5]), categories));

        double[][] weights = [[1, 1, 1, 1], [.. Enumerable.Repeat(1.0, 21)]];
        DenseNetwork network = new(training.Scaling, [.. module.Embeddings.Zip(weights, (table, weight) => table.ToPlain(weight))], module.ToLayers());
        OnnxGraphBuilder graph = new("test");
        OnnxValue[] keys = [graph.Input("First", OnnxElementType.Int64, (long?)null), graph.Input("Second", OnnxElementType.Int64, (long?)null)];
        graph.Output(network.BuildFromInputs(graph, graph.Input("Inputs", OnnxElementType.Float, null, 5), keys), "Result", OnnxElementType.Float, new long?[2]);
        using OnnxRun run = new(graph.Build());
        var actual = run.Feed("First", first, 4).Feed("Second", second, 4).Feed("Inputs", inputs, 4, 5).Get<float>("Result");
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(4, expected.Where((_, i) => i % 2 == 0).Distinct().Count());
    }
}
