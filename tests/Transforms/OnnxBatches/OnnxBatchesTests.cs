using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Transforms.OnnxBatches;

/// <summary>ApplyOnnxModelInBatches beside ApplyOnnxModel.</summary>
public sealed class OnnxBatchesTests
{
    private readonly MLContext _ml = new(1);

    // Texts, flags and numbers in; a product with slot names, a text and a truth value out.
    private static byte[] Several()
    {
        var graph = new OnnxGraphBuilder("several");
        var features = graph.Input("Features", OnnxElementType.Float, null, TestRow.FeatureCount);
        var weight = graph.Input("Weight", OnnxElementType.Float, null, 1);
        var positive = graph.Input("Positive", OnnxElementType.Bool, null, 1);
        var words = graph.Input("Words", OnnxElementType.String, null, 2);
        graph.Output(graph.Mul(graph.Where(positive, features, graph.Constant(0f)), weight), "Product", OnnxElementType.Float, null, TestRow.FeatureCount);
        graph.Output(graph.Identity(words), "Copy", OnnxElementType.String, null, 2);
        graph.Output(graph.Greater(weight, graph.Constant(1f)), "Heavy", OnnxElementType.Bool, null, 1);
        graph.SlotNames("Product", ["a", "b", "c", "d"]);
        return graph.Build().ToBytes();
    }

    private IDataView Data() => CaseData.View(_ml, null, TestRow.Create());

    [Fact]
    public void Several_inputs_and_outputs_equal_the_stock_transform()
    {
        var data = Data();
        string[] inputs = ["Words", "Features", "Weight", "Positive"];
        foreach (var outputs in new string[][] { ["Product", "Copy", "Heavy"], ["Heavy", "Product"], ["Copy"] })
        {
            var stock = Snapshot.Of(_ml.Transforms.ApplyOnnxModel(outputs, inputs, new MemoryStream(Several())).Fit(data).Transform(data));
            var model = _ml.Transforms.ApplyOnnxModelInBatches(outputs, inputs, new MemoryStream(Several())).Fit(data);
            Snapshot.AssertSame(stock, Snapshot.Of(model.Transform(data)));
            foreach (var (form, other) in Models.Forms(_ml, model, data.Schema))
                Snapshot.AssertSame(stock, Snapshot.Of(other.Transform(data)), form);
        }
    }

    [Fact]
    public void A_file_equals_a_stream()
    {
        var data = Data();
        string[] outputs = ["Product"], inputs = ["Features", "Weight", "Positive", "Words"];
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Several());
            var model = _ml.Transforms.ApplyOnnxModelInBatches(outputs, inputs, path).Fit(data);
            Snapshot.AssertSame(
                Snapshot.Of(_ml.Transforms.ApplyOnnxModelInBatches(outputs, inputs, new MemoryStream(Several())).Fit(data).Transform(data)), Snapshot.Of(model.Transform(data)));
            // What was fitted needs the file no more.
            File.Delete(path);
            Assert.Equal(700, Snapshot.Of(model.Transform(data)).Ids.Count);
            Assert.Contains(path, Assert.Throws<FileNotFoundException>(() => _ml.Transforms.ApplyOnnxModelInBatches(outputs, inputs, path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_is_saved_is_the_stock_transformer()
    {
        var data = Data();
        var model = _ml.Transforms.ApplyOnnxModelInBatches(["Heavy"], ["Weight"], new MemoryStream(Weights(null, null))).Fit(data);
        var loaded = Models.LoadStock(_ml.Save(model, data.Schema));
        Assert.IsType<OnnxTransformer>(loaded is IEnumerable<ITransformer> chain ? Assert.Single(chain) : loaded);
        Assert.IsType<BatchedOnnxTransformer>(_ml.Model.Accelerate(loaded));
    }

    [Theory, InlineData(1, 1, "input 'Weight' has a fixed batch axis"), InlineData(null, 1, "output 'Heavy' has a fixed batch axis")]
    public void A_fixed_batch_axis_is_refused_and_left_alone_when_loaded(int? inputRows, int? outputRows, string message)
    {
        var data = Data();
        var graph = Weights(inputRows, outputRows);
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Heavy"], ["Weight"], new MemoryStream(graph)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("[1, 1]", error.Message, StringComparison.Ordinal);
        Assert.Contains("The stock transform ApplyOnnxModel runs it row by row", error.Message, StringComparison.Ordinal);

        var stock = _ml.Transforms.ApplyOnnxModel(["Heavy"], ["Weight"], new MemoryStream(graph)).Fit(data);
        Assert.Same(stock, _ml.Model.Accelerate(stock));
    }

    [Fact]
    public void Unknown_names_are_listed_with_the_known_ones()
    {
        var input = Assert.Throws<InvalidOperationException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Heavy"], ["weight"], new MemoryStream(Weights(null, null))));
        Assert.Equal("The ONNX model has no input 'weight'; it has 'Weight'.", input.Message);
        var output = Assert.Throws<InvalidOperationException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Light"], ["Weight"], new MemoryStream(Weights(null, null))));
        Assert.Equal("The ONNX model has no output 'Light'; it has 'Heavy'.", output.Message);
        Assert.Throws<ArgumentException>(() => _ml.Transforms.ApplyOnnxModelInBatches([], ["Weight"], new MemoryStream(Weights(null, null))));
        Assert.Throws<ArgumentException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Heavy"], [], new MemoryStream(Weights(null, null))));
        Assert.Throws<ArgumentNullException>(() => _ml.Transforms.ApplyOnnxModelInBatches(null!, ["Weight"], new MemoryStream(Weights(null, null))));
        Assert.Throws<ArgumentNullException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Heavy"], null!, new MemoryStream(Weights(null, null))));
        Assert.Throws<ArgumentNullException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Heavy"], ["Weight"], (Stream)null!));
        Assert.Throws<ArgumentNullException>(() => ((TransformsCatalog)null!).ApplyOnnxModelInBatches(["Heavy"], ["Weight"], new MemoryStream(Weights(null, null))));
    }

    [Fact]
    public void A_file_that_is_no_ONNX_model_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Y"], ["X"], new MemoryStream([1, 2, 3])));
        Assert.Throws<InvalidDataException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Y"], ["X"], new MemoryStream()));
        Assert.Throws<InvalidDataException>(() => _ml.Transforms.ApplyOnnxModelInBatches(["Y"], ["X"], new MemoryStream("a text that is no model"u8.ToArray())));
    }

    [Fact]
    public void A_part_of_the_inputs_feeds_a_part_of_the_outputs()
    {
        // Named inputs only: the text input is not fed, and the output does not need it.
        var data = Data();
        var model = _ml.Transforms.ApplyOnnxModelInBatches(["Heavy"], ["Weight"], new MemoryStream(Several())).Fit(data);
        Assert.Equal(TestRow.Create().Select(row => row.Weight > 1), model.Transform(data).GetColumn<bool[]>("Heavy").Select(heavy => Assert.Single(heavy)));
    }

    [Fact]
    public void Batches_grow_and_the_last_one_is_cut()
    {
        // The graph counts the rows of its batch, which no predictor does (and the catalog refuses): it shows how rows are grouped.
        var graph = new OnnxGraphBuilder("counter");
        var weight = graph.Input("Weight", OnnxElementType.Float, null, 1);
        var rows = graph.Cast(graph.Shape(weight), OnnxElementType.Float);
        graph.Output(graph.Add(graph.Mul(weight, graph.Constant(0f)), graph.Gather(rows, graph.Constant([0L]), 0)), "Rows", OnnxElementType.Float, null, 1);
        var data = CaseData.View(_ml, null, TestRow.Create(3000));
        var sizes = new BatchedOnnxTransformer(MlNetAccess.EnvironmentOf(_ml.Transforms), graph.Build(), ["Rows"], ["Weight"])
            .Transform(data).GetColumn<float[]>("Rows").Select(size => (int)size[0]).ToArray();
        Assert.Equal(
            [.. Enumerable.Repeat(1, 1), .. Enumerable.Repeat(8, 8), .. Enumerable.Repeat(64, 64), .. Enumerable.Repeat(512, 512), .. Enumerable.Repeat(1024, 2048), .. Enumerable.Repeat(367, 367)], sizes);
    }

    private static byte[] Weights(int? inputRows, int? outputRows)
    {
        var graph = new OnnxGraphBuilder("weights");
        graph.Output(graph.Greater(graph.Input("Weight", OnnxElementType.Float, inputRows, 1), graph.Constant(1f)), "Heavy", OnnxElementType.Bool, outputRows, 1);
        return graph.Build().ToBytes();
    }
}
