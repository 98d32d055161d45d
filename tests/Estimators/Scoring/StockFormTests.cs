using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;

namespace MLExtensions.Tests.Estimators.Scoring;

/// <summary>What saving leaves behind, and which chains of stock transformers are taken for saved components.</summary>
[Collection(nameof(StockFormTests))]
public sealed class StockFormTests : IDisposable
{
    private readonly MLContext _context = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("stock-form-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>ML.NET's ONNX transformer keeps a file; a service that saves a model every hour must not fill its disk.</summary>
    [Fact]
    public void Saving_and_loading_leave_no_temporary_file()
    {
        var view = SmallTables.Iris.ToView(_context);
        var fitted = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe().Fit(view);
        var foreign = _context.Transforms.ApplyOnnxModelInBatches(["Doubled"], ["Features"], new MemoryStream(Doubling(4))).Fit(view);
        foreach (ITransformer model in new ITransformer[] { fitted, foreign })
        {
            Save(model);
            var before = TemporaryFileCount();
            for (var i = 0; i < 3; i++)
                ((IDisposable)_context.Model.LoadAccelerated(Save(model), out _)).Dispose();
            Assert.Equal(before, TemporaryFileCount());
        }
    }

    /// <summary>An exported graph carries the same metadata as a saved one; applied like any ONNX model it is any ONNX model.</summary>
    [Fact]
    public void An_exported_graph_in_a_chain_is_accelerated_like_any_other()
    {
        var view = SmallTables.BreastCancer.ToView(_context);
        var path = Path.Combine(_folder, "probe.onnx");
        _context.BinaryClassification.Trainers.NaiveBayesLinearProbe("Positive").Fit(view).SaveAsOnnx(path);
        var chain = _context.Transforms.ApplyOnnxModel(["Probability"], ["Features"], path)
            .Append(_context.Transforms.CopyColumns("A", "Probability"))
            .Append(_context.Transforms.CopyColumns("B", "Probability"))
            .Append(_context.Transforms.DropColumns("A")).Fit(view);

        var accelerated = _context.Model.Accelerate(chain);
        Assert.IsType<BatchedOnnxTransformer>(Assert.IsAssignableFrom<IEnumerable<ITransformer>>(accelerated).First());
        Snapshot.AssertSame(Snapshot.Of(chain.Transform(view), "Probability", "B"), Snapshot.Of(accelerated.Transform(view), "Probability", "B"));
    }

    /// <summary>Stock ML.NET fits a dynamic inner axis to each row; a batch has one size, so such a graph stays as it is.</summary>
    [Fact]
    public void A_dynamic_inner_axis_is_left_to_stock()
    {
        var graph = new OnnxGraphBuilder("sum of tokens");
        graph.Output(graph.ReduceSum(graph.Input("Tokens", OnnxElementType.Float, null, null), [1]), "Sum", OnnxElementType.Float, null, 1);
        var view = _context.Data.LoadFromEnumerable([new Sentence { Tokens = [1] }, new Sentence { Tokens = [1, 2] }, new Sentence { Tokens = [1, 2, 3] }]);
        var bytes = graph.Build().ToBytes();
        var known = _context.Data.LoadFromEnumerable([new Pair()]);
        var stock = _context.Transforms.ApplyOnnxModel(["Sum"], ["Tokens"], new MemoryStream(bytes)).Fit(known);

        Assert.Same(stock, _context.Model.Accelerate(stock));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => _context.Transforms.ApplyOnnxModelInBatches(["Sum"], ["Tokens"], new MemoryStream(bytes)).Fit(view));
        Assert.StartsWith("Schema mismatch for input column 'Tokens': expected Vector<Single>, got VarVector<Single>", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Rows that were read ahead are lost with an error; they are not handed out unscored.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(700)]
    [InlineData(2500)]
    public void An_error_of_the_source_ends_the_cursor(int failingRow)
    {
        // The source goes on behind the row that fails, so that only the cursor itself can end.
        var rowsOfSource = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 5000).Select(i => new Pair { Tokens = [i, 1] }));
        var source = _context.Transforms.CustomMapping<Pair, Checked>(
            (row, copy) => copy.Copy = row.Tokens[0] == failingRow ? throw new IOException("broken") : row.Tokens, contractName: null).Fit(rowsOfSource).Transform(rowsOfSource);
        var model = _context.Transforms.ApplyOnnxModelInBatches(["Doubled"], ["Copy"], new MemoryStream(Doubling(2, "Copy"))).Fit(source);
        var scored = model.Transform(source);
        using var cursor = scored.GetRowCursor([scored.Schema["Doubled"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Doubled"]);
        VBuffer<float> value = default;
        var rows = 0;
        Assert.ThrowsAny<Exception>(() =>
        {
            for (; cursor.MoveNext(); rows++)
            {
                getter(ref value);
                Assert.Equal(2f * rows, value.GetItemOrDefault(0));
            }
        });
        Assert.True(rows <= failingRow);
        Assert.False(cursor.MoveNext());
        Assert.Throws<InvalidOperationException>(() => getter(ref value));
    }

    private static byte[] Doubling(int size, string input = "Features")
    {
        var graph = new OnnxGraphBuilder("doubling");
        graph.Output(graph.Mul(graph.Input(input, OnnxElementType.Float, null, size), graph.Constant(2f)), "Doubled", OnnxElementType.Float, null, size);
        return graph.Build().ToBytes();
    }

    private string Save(ITransformer model)
    {
        var path = Path.Combine(_folder, "model.zip");
        _context.Model.Save(model, null, path);
        return path;
    }

    // Other tests work in the same folder at the same time; what saving left would be named like this and stay.
    private static int TemporaryFileCount()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Directory.GetFiles(Path.GetTempPath()).Length;
    }

    private sealed class Sentence
    {
        public float[] Tokens { get; set; } = [];
    }

    private sealed class Checked
    {
        [VectorType(2)]
        public float[] Copy { get; set; } = [0, 0];
    }

    private sealed class Pair
    {
        [VectorType(2)]
        public float[] Tokens { get; set; } = [0, 0];
    }
}

/// <summary>Counts files of the whole process, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(StockFormTests), DisableParallelization = true)]
public sealed class StockFormTestsGroup;
