using Microsoft.ML;
using Microsoft.ML.Transforms.Onnx;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Onnx.Protobuf;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Tests.Estimators.Scoring;

/// <summary>A dynamic first axis that is no batch axis: rows would influence each other.</summary>
public class BatchAxisProbeTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void A_graph_that_mixes_rows_is_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => _context.Transforms.ApplyOnnxModelInBatches(["Centred"], ["Features"], new MemoryStream(CentredOverRows())));
        Assert.Contains("rows of a batch influence each other", error.Message, StringComparison.Ordinal);
        Assert.Contains("ApplyOnnxModel", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Acceleration_leaves_a_graph_that_mixes_rows_alone()
    {
        var view = _context.Data.LoadFromEnumerable([new Row { Features = [1, 2] }]);
        OnnxTransformer stock = _context.Transforms.ApplyOnnxModel(["Centred"], ["Features"], new MemoryStream(CentredOverRows())).Fit(view);
        Assert.Same(stock, _context.Model.Accelerate(stock));
    }

    [Theory, InlineData(1e-4f), InlineData(1e-20f), InlineData(1e20f)]
    public void Small_and_large_outputs_that_mix_rows_are_refused(float scale)
        => Assert.Contains("rows of a batch influence each other", Objection(CentredOverRows(scale)), StringComparison.Ordinal);

    [Theory, InlineData(1e-30f), InlineData(1f), InlineData(1e30f)]
    public void Outputs_of_any_size_that_do_not_mix_rows_are_accepted(float scale)
    {
        var graph = new OnnxGraphBuilder("scales rows");
        var x = graph.Input("Features", OnnxElementType.Float, null, 2);
        graph.Output(graph.Mul(x, graph.Constant(scale)), "Centred", OnnxElementType.Float, null, 2);
        Assert.Null(Objection(graph.Build().ToBytes()));
    }

    [Fact]
    public void A_graph_with_random_operators_is_refused_as_what_it_is()
    {
        var model = ModelProto.Parser.ParseFrom(CentredOverRows());
        model.Graph.Node.Clear();
        model.Graph.Node.Add(new NodeProto { OpType = "RandomNormalLike", Input = { "Features" }, Output = { "Centred" } });
        Assert.Contains("it is random", Objection(new OnnxGraph(model).ToBytes()), StringComparison.Ordinal);
    }

    private static string? Objection(byte[] graph) => BatchAxisProbe.Objection(OnnxGraph.FromBytes(graph), ["Features"], ["Centred"]);

    private static byte[] CentredOverRows(float scale = 1)
    {
        var graph = new OnnxGraphBuilder("mixes rows");
        var x = graph.Mul(graph.Input("Features", OnnxElementType.Float, null, 2), graph.Constant(scale));
        graph.Output(graph.Sub(x, graph.ReduceMean(x, [0])), "Centred", OnnxElementType.Float, null, 2);
        return graph.Build().ToBytes();
    }

    private sealed class Row
    {
        [Microsoft.ML.Data.VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
