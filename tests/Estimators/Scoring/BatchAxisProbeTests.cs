using Microsoft.ML;
using Microsoft.ML.Transforms.Onnx;
using MLExtensions.Estimators.Onnx;

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

    private static byte[] CentredOverRows()
    {
        var graph = new OnnxGraphBuilder("mixes rows");
        var x = graph.Input("Features", OnnxElementType.Float, null, 2);
        graph.Output(graph.Sub(x, graph.ReduceMean(x, [0])), "Centred", OnnxElementType.Float, null, 2);
        return graph.Build().ToBytes();
    }

    private sealed class Row
    {
        [Microsoft.ML.Data.VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
