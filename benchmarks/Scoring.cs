using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Benchmarks;

/// <summary>An ONNX model over a table: the batched transform, the stock transform, and ONNX Runtime alone.</summary>
internal sealed class Scoring : Measurement
{
    private const int Batch = 1024;
    private const int Rounds = 15;

    public override string Name => "scoring";

    public override string Title => "Scoring an ONNX model";

    public override string Run()
    {
        var table = new Table(
            "network", "rows", "`ApplyOnnxModel` us/row", "`ApplyOnnxModelInBatches` us/row", "session us/row", "session, 1 thread us/row", "cursor us/row",
            "stock / batched", "batched / session", "batched / session, 1 thread");
        Measure(table, 200_000, 200_000, 30, 100, 5);
        Measure(table, 100_000, 20_000, 256, 512, 10);
        var models = new Table("`NaiveBayesLinearProbe`", "rows", "stock chain us/row", "fitted us/row", "stock / fitted");
        MeasureModel(
            models, "binary, 30 features", 30, 2, (ml, view) => ml.BinaryClassification.Trainers.NaiveBayesLinearProbe(nameof(Row.Positive)).Fit(view),
            view => Rows.ReadScalar<float>(view, "Probability"));
        MeasureModel(
            models, "26 classes, 16 features", 16, 26, (ml, view) => ml.MulticlassClassification.Trainers.NaiveBayesLinearProbe().Fit(view),
            view => Rows.Read(view, "Score"));
        return $"""
            Gemm, Relu, Gemm, Softmax over an in-memory view (`LoadFromEnumerable`), one pass that reads the output column. Medians of {Rounds} interleaved
            rounds; the ratios are medians over the rounds. Session: ONNX Runtime alone on tensors of {Batch} rows, with its default options and with one thread.
            Cursor: one pass over the view that reads the input column and does nothing with it. Where two numbers of rows stand, the stock transform scored the second.

            {table}
            A fitted `NaiveBayesLinearProbe` (its graph computes in double precision) against its saved file after `mlContext.Model.Load`; one pass that reads Probability or Score.

            {models}
            """;
    }

    private static void MeasureModel(Table table, string name, int features, int classes, Func<MLContext, IDataView, ITransformer> fit, Action<IDataView> read)
    {
        const int RowCount = 100_000;
        Progress($"scoring {name}");
        var ml = new MLContext(1);
        var view = Rows.View(ml, Rows.Create(RowCount, features, classes), features, classes);
        var fitted = fit(ml, view);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, view.Schema, file);
        var stock = ml.Model.Load(file, out _);
        var samples = Samples.Measure(Rounds, () => read(stock.Transform(view)), () => read(fitted.Transform(view)));
        table.Add(
            name, $"{RowCount:N0}", $"{samples.Median(0) * 1e6 / RowCount:F2}", $"{samples.Median(1) * 1e6 / RowCount:F3}", $"{samples.Ratio(0, 1):F1}");
    }

    private static void Measure(Table table, int rows, int stockRows, params int[] sizes)
    {
        var network = string.Join('-', sizes);
        Progress($"scoring {network}");
        var ml = new MLContext(1);
        var model = Network(sizes).ToBytes();
        var data = Rows.Create(rows, sizes[0], 2);
        var view = Rows.View(ml, data, sizes[0], 2);
        var fewer = Rows.View(ml, data.Take(stockRows).ToArray(), sizes[0], 2);
        using var batched = ml.Transforms.ApplyOnnxModelInBatches(["Output"], ["Features"], new MemoryStream(model)).Fit(view);
        using var stock = ml.Transforms.ApplyOnnxModel(["Output"], ["Features"], new MemoryStream(model)).Fit(view);
        using var session = new BareSession(model, sizes[0], sizes[^1], threads: 0);
        using var oneThread = new BareSession(model, sizes[0], sizes[^1], threads: 1);

        var samples = Samples.Measure(
            Rounds,
            () => Rows.Read(stock.Transform(fewer), "Output"),
            () => Rows.Read(batched.Transform(view), "Output"),
            () => session.Run(rows),
            () => oneThread.Run(rows),
            () => Rows.Read(view, "Features"));

        var (stockScale, scale) = (1e6 / stockRows, 1e6 / rows);
        table.Add(
            network, rows == stockRows ? $"{rows:N0}" : $"{rows:N0}; {stockRows:N0}",
            $"{samples.Median(0) * stockScale:F2}", $"{samples.Median(1) * scale:F3}", $"{samples.Median(2) * scale:F3}", $"{samples.Median(3) * scale:F3}",
            $"{samples.Median(4) * scale:F3}", $"{samples.Ratio(0, 1) * rows / stockRows:F1}", $"{samples.Ratio(1, 2):F2}", $"{samples.Ratio(1, 3):F2}");
    }

    private static OnnxGraph Network(int[] sizes)
    {
        var random = new Random(1);
        var graph = new OnnxGraphBuilder("network");
        var x = graph.Input("Features", OnnxElementType.Float, null, sizes[0]);
        for (var layer = 1; layer < sizes.Length; layer++)
        {
            var (inputs, units) = (sizes[layer - 1], sizes[layer]);
            var weights = Enumerable.Range(0, inputs * units).Select(_ => (random.NextSingle() - 0.5f) / MathF.Sqrt(inputs)).ToArray();
            x = graph.Gemm(x, graph.Constant(weights, inputs, units), graph.Constant(new float[units], units));
            x = layer < sizes.Length - 1 ? graph.Relu(x) : graph.Softmax(x);
        }
        graph.Output(x, "Output", OnnxElementType.Float, null, sizes[^1]);
        return graph.Build();
    }

    /// <summary>What scoring would cost without any data around it.</summary>
    private sealed class BareSession : IDisposable
    {
        private readonly InferenceSession _session;
        private readonly RunOptions _options = new();
        private readonly OrtValue[] _inputs;
        private readonly OrtValue[] _outputs;

        public BareSession(byte[] model, int inputs, int outputs, int threads)
        {
            using var options = new SessionOptions { IntraOpNumThreads = threads };
            _session = new InferenceSession(model, options);
            var random = new Random(1);
            var features = new float[Batch * inputs];
            for (var i = 0; i < features.Length; i++)
                features[i] = random.NextSingle();
            _inputs = [OrtValue.CreateTensorValueFromMemory(features, [Batch, inputs])];
            _outputs = [OrtValue.CreateTensorValueFromMemory(new float[Batch * outputs], [Batch, outputs])];
        }

        public void Run(int rows)
        {
            for (var row = 0; row < rows; row += Batch)
                _session.Run(_options, ["Features"], _inputs, ["Output"], _outputs);
        }

        public void Dispose()
        {
            _inputs[0].Dispose();
            _outputs[0].Dispose();
            _options.Dispose();
            _session.Dispose();
        }
    }
}
