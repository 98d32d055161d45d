using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Tests.Onnx;

/// <summary>What ML.NET's own OnnxTransformer makes of our graphs.</summary>
public sealed class OnnxStockTransformerTests
{
    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private static OnnxGraph Build()
    {
        var builder = new OnnxGraphBuilder("stock");
        var features = builder.Input("Features", OnnxElementType.Float, null, 2);
        var score = builder.MatMul(features, builder.Constant([1f, 2f, 3f, 4f, 5f, 6f], 2, 3));
        builder.Output(score, "Batch", OnnxElementType.Float, null, 3);
        builder.Output(builder.Reshape(score, -1), "Score", OnnxElementType.Float, 3);
        builder.SlotNames("Score", ["same", "ünïcode name", "same"]);
        return builder.Build();
    }

    private static (MLContext Ml, IDataView Data) Apply(OnnxGraph graph, params string[] outputs)
    {
        var ml = new MLContext(1);
        var data = ml.Data.LoadFromEnumerable<Row>([new() { Features = [1, 0] }, new() { Features = [1, 1] }]);
        using var stream = new MemoryStream(graph.ToBytes());
        return (ml, ml.Transforms.ApplyOnnxModel(outputs, ["Features"], stream).Fit(data).Transform(data));
    }

    [Fact]
    public void A_flat_twin_of_the_batched_output_is_a_plain_vector()
    {
        var (_, scored) = Apply(Build(), "Score", "Batch");
        var type = Assert.IsType<VectorDataViewType>(scored.Schema["Score"].Type);
        Assert.Equal([3], type.Dimensions.ToArray());
        Assert.Equal(NumberDataViewType.Single, type.ItemType);
        Assert.Equal([[1f, 2f, 3f], [5f, 7f, 9f]], scored.GetColumn<float[]>("Score"));

        using var run = new OnnxRun(Build().WithOutputs(["Batch"])).Feed("Features", [1f, 0f, 1f, 1f], 2, 2);
        Assert.Equal([1f, 2f, 3f, 5f, 7f, 9f], run.Get<float>("Batch", out var shape));
        Assert.Equal([2, 3], shape);
    }

    [Fact]
    public void Slot_names_show_in_the_schema()
    {
        string[] expected = ["same", "ünïcode name", "same"];
        var graph = Build();
        var (_, scored) = Apply(graph, "Score");
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(expected, names.DenseValues().Select(n => n.ToString()));

        Assert.Equal(expected, graph.GetSlotNames("Score"));
        Assert.Equal(expected, OnnxGraph.FromBytes(graph.ToBytes()).WithOutputs(["Score"]).GetSlotNames("Score"));
        Assert.Null(graph.GetSlotNames("Batch"));
        Assert.Null(graph.WithOutputs(["Batch"]).GetSlotNames("Score"));
    }

    [Fact]
    public void Slot_names_are_given_once()
    {
        var builder = new OnnxGraphBuilder("twice");
        builder.SlotNames("Score", ["a"]);
        Assert.Throws<ArgumentException>(() => builder.SlotNames("Score", ["a"]));
        Assert.Throws<ArgumentException>(() => builder.SlotNames("Other", []));
    }
}
