using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Onnx;

namespace MLExtensions.Tests.Estimators.Scoring;

/// <summary>What the graph makes of keys.</summary>
public sealed class CategoricalInputTests
{
    [Fact]
    public void Keys_above_the_count_are_missing_however_large()
    {
        Assert.Equal([0, 1, 5, 0, 0], Categories<byte>(OnnxElementType.UInt8, [0, 1, 5, 6, byte.MaxValue], 5));
        Assert.Equal([0, 1, 300, 0, 0], Categories<ushort>(OnnxElementType.UInt16, [0, 1, 300, 301, ushort.MaxValue], 300));
        Assert.Equal([0, 1, 5, 0, 0], Categories<uint>(OnnxElementType.UInt32, [0, 1, 5, 6, uint.MaxValue], 5));
        Assert.Equal([0, 1, 5, 0, 0, 0, 0], Categories<ulong>(OnnxElementType.UInt64, [0, 1, 5, 6, 1UL << 32, 1UL << 63, ulong.MaxValue], 5));
        Assert.Equal([1 << 24, 0], Categories<uint>(OnnxElementType.UInt32, [1 << 24, (1 << 24) + 1], 1 << 24));
    }

    [Fact]
    public void A_byte_key_with_all_values_a_byte_has_is_known_to_the_last()
        => Assert.Equal([0, 254, 255], Categories<byte>(OnnxElementType.UInt8, [0, 254, 255], 255));

    [Fact]
    public void An_input_of_another_shape_is_no_category()
    {
        var graph = new OnnxGraphBuilder("wide");
        graph.Output(graph.Identity(graph.Input("Wide", OnnxElementType.UInt32, null, 2)), "Same", OnnxElementType.UInt32, null, 2);
        Assert.Contains("'Wide'", Assert.Throws<FormatException>(() => CategoricalInput.Of(graph.Build().Inputs[0])).Message, StringComparison.Ordinal);
    }

    private static long[] Categories<T>(OnnxElementType type, T[] keys, int count) where T : unmanaged
    {
        var graph = new OnnxGraphBuilder("categories");
        graph.Output(new CategoricalInput("Key", type).AddTo(graph, count), "Category", OnnxElementType.Int64, (long?)null);
        using var run = new OnnxRun(graph.Build());
        return run.Feed("Key", keys, keys.Length, 1).Get<long>("Category");
    }
}
