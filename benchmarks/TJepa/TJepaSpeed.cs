using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Benchmarks;

/// <summary>Rows a second of pre-training and of scoring, where the time goes, and what it is beside the operations and a loop written with TorchSharp's modules.</summary>
internal sealed class TJepaSpeed : Measurement
{
    private const int Numbers = 6;
    private const int RowCount = 8192;
    private static readonly int[] s_categories = [9, 16, 7, 15, 6, 5, 2, 42];
    private static readonly string[] s_parts = ["masks", "target encoder", "context encoder", "predictor", "backward", "optimiser", "moving average"];

    public override string Name => "t-jepa-speed";

    public override string Title => "T-JEPA: speed";

    public override string Run()
    {
        TorchLibrary.EnsureLoaded();
        MLContext ml = new(1);
        var view = View(ml);
        return $"Tables like adult: {Numbers} numbers and {s_categories.Length} categorical columns, {RowCount:N0} rows; default encoder and predictor.\n\n{Training(ml, view)}\n{Parts()}\n{Scoring(ml, view)}";
    }

    private static string Training(MLContext ml, IDataView view)
    {
        Progress("training");
        (int Batch, int Threads)[] settings = [(256, 1), (256, 2), (1024, 1), (1024, 2)];
        Action Fit((int Batch, int Threads) setting, int epochs) => () => ml.Transforms.TJepa("Tokens", Inputs, Options(setting.Batch, setting.Threads, epochs)).Fit(view);
        // A fit of three epochs less one of one: reading and preparing the rows cancel.
        var samples = Samples.Measure(3, [.. settings.SelectMany(setting => new[] { Fit(setting, 1), Fit(setting, 3) })]);
        var flops = 2 * Roofline.Flops();
        Table table = new("Rows per step", "threads", "milliseconds a step", "rows a second", "operations a second, of what one core can do at most");
        for (var i = 0; i < settings.Length; i++)
        {
            var (batch, threads) = settings[i];
            var step = (samples.Median((2 * i) + 1) - samples.Median(2 * i)) / 2 / (RowCount / batch);
            table.Add($"{batch}", $"{threads}", Text(step * 1e3, "0.0"), Text(batch / step, "N0"), Text(batch * FlopsPerRow() / step / flops, "0 %"));
        }
        return $"Training, with the measurement after each epoch. A row takes {FlopsPerRow() / 1e6:0.0} million operations by the formula of the sizes, a core does {flops / 1e9:0} thousand million a second (Single).\n\n{table}";
    }

    private static string Parts()
    {
        Table table = new(["Rows per step", .. s_parts.Select(part => $"{part}, ms"), "sum", "the same step with libtorch's attention", "a loop of TorchSharp's modules", "ratio of this pack's step to that loop"]);
        foreach (var batch in new[] { 256, 1024 })
        {
            Progress($"parts of a step of {batch} rows");
            using Loop loop = new(Options(batch, threads: 1, epochs: 1), batch);
            var samples = Samples.Measure(15, () => loop.Step(), () => loop.BareStep());
            var parts = loop.Split(30);
            var native = loop.AttentionDifference(30);
            table.Add(
            [
                $"{batch}", .. parts.Select(part => Text(part * 1e3, "0.0")), Text(parts.Sum() * 1e3, "0.0"), Text((samples.Median(0) + native) * 1e3, "0.0"),
                Text(samples.Median(1) * 1e3, "0.0"), Text(samples.Ratio(0, 1), "0.00"),
            ]);
        }
        return $"One step, one thread. The loop has the same tensors; its masks are drawn beforehand.\n\n{table}";
    }

    private static string Scoring(MLContext ml, IDataView view)
    {
        Progress("scoring");
        var options = Options(256, threads: 1, epochs: 1);
        var tokens = ml.Transforms.TJepa("Tokens", Inputs, options).Fit(view).Transform(view);
        options.Surprise = true;
        var surprise = ml.Transforms.TJepa("Tokens", Inputs, options).Fit(view).Transform(view);
        var samples = Samples.Measure(5, () => Rows.Read(tokens, "Tokens"), () => Rows.ReadScalar<float>(surprise, "Tokens.Surprise"));
        Table table = new("Scoring", "microseconds a row", "rows a second");
        table.Add("all tokens", Text(samples.Median(0) / RowCount * 1e6, "0.0"), Text(RowCount / samples.Median(0), "N0"));
        table.Add("surprise", Text(samples.Median(1) / RowCount * 1e6, "0.0"), Text(RowCount / samples.Median(1), "N0"));
        return table.ToString();
    }

    private static TJepaFeaturizer.Options Options(int batch, int threads, int epochs) => new() { Seed = 1, BatchSize = batch, NumberOfThreads = threads, Epochs = epochs };

    // As in the formula of the method's description: multiplications and additions of the matrix products, three times as many where gradients are taken.
    private static double FlopsPerRow()
    {
        TJepaFeaturizer.Options options = new();
        var sizes = MaskSizes.Of(Numbers + s_categories.Length, (options.SmallestContextShare, options.LargestContextShare), (options.SmallestTargetShare, options.LargestTargetShare));
        var (context, target) = ((sizes.SmallestContext + sizes.LargestContext) / 2.0, (sizes.SmallestTarget + sizes.LargestTarget) / 2.0);
        double Pass(TransformerShape shape, double tokens)
            => shape.Layers * ((2 * tokens * ((4.0 * shape.Width * shape.Width) + (2.0 * shape.Width * shape.FeedForward))) + (4 * tokens * tokens * shape.Width));
        return Pass(options.EncoderShape, options.RegTokens + Numbers + s_categories.Length) + (3 * Pass(options.EncoderShape, options.RegTokens + context))
            + (3 * options.TargetMasks * Pass(options.PredictorShape, context + target));
    }

    private static readonly string[] Inputs = ["Numbers", .. s_categories.Select((_, i) => $"Category{i}")];

    private static IDataView View(MLContext ml)
    {
        Random random = new(1);
        var rows = Enumerable.Range(0, RowCount).Select(_ => new Row { Numbers = [.. Enumerable.Range(0, Numbers).Select(_ => random.NextSingle())], Keys = [.. s_categories.Select(count => random.Next(1, count).ToString(CultureInfo.InvariantCulture))] }).ToArray();
        var view = ml.Data.LoadFromEnumerable(rows);
        IEstimator<ITransformer> keys = ml.Transforms.CopyColumns("Copy", "Numbers");
        for (var i = 0; i < s_categories.Length; i++)
        {
            var column = i;
            keys = keys.Append(ml.Transforms.CustomMapping<Row, OneKey>((row, key) => key.Value = row.Keys[column], contractName: null)).Append(ml.Transforms.Conversion.MapValueToKey($"Category{i}", nameof(OneKey.Value)));
        }
        return ml.Data.Cache(keys.Fit(view).Transform(view), Inputs);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        [VectorType(TJepaSpeed.Numbers)]
        public float[] Numbers { get; set; } = [];

        public string[] Keys { get; set; } = [];
    }

    private sealed class OneKey
    {
        public string Value { get; set; } = "";
    }

    /// <summary>Steps on the same batch, put together by hand so that their parts can be timed.</summary>
    private sealed class Loop : IDisposable
    {
        private readonly TorchFit _fit;
        private readonly IChannel _channel;
        private readonly DisposeScope _scope;
        private readonly TJepaStep _step;
        private readonly MaskSampler _sampler;
        private readonly BareTJepa _bare;
        private readonly Batch _batch;
        private readonly Masks _masks;

        public Loop(TJepaFeaturizer.Options options, int rows)
        {
            var host = MlNetAccess.EnvironmentOf(new MLContext(1).Transforms).Register(nameof(Loop));
            _channel = host.Start(nameof(Loop));
            TrainingContext context = new(host, _channel, seed: 1, default);
            _fit = TorchFit.Begin(context, numberOfThreads: 1);
            _scope = NewDisposeScope();
            TokenLayout layout = new(options.RegTokens, Numbers, [.. s_categories]);
            TrainingTable table = new(rand(rows, Numbers), stack(s_categories.Select(count => randint(count, [rows])), 1));
            _batch = table.Slice(0, rows);
            int[] columns = [.. Enumerable.Range(0, layout.ColumnCount)];
            // Sizes in the middle of their range, the same in every step.
            var sizes = MaskSizes.Of(columns.Length, (options.SmallestContextShare, options.LargestContextShare), (options.SmallestTargetShare, options.LargestTargetShare));
            var (nc, nt) = ((sizes.SmallestContext + sizes.LargestContext) / 2, (sizes.SmallestTarget + sizes.LargestTarget) / 2);
            _sampler = new(layout, columns, new(nc, nc, nt, nt), options.TargetMasks, _fit.Numbers(RandomUse.Masks));
            _masks = _sampler.Draw(rows, CPU);
            var module = TJepaNetwork.Create(layout, options, _fit);
            var target = TJepaNetwork.CreateEncoder(layout, options, _fit);
            TJepaSetting setting = new(
                options, module, new(module, options.TrainingSettings), new(target, module.Encoder), target, _sampler, new(table, _sampler, columns, _fit.Generator(RandomUse.Validation)), context,
                _fit.Generator(RandomUse.HiddenValues));
            _step = new(setting);
            _step.Begin(1_000_000);
            setting.Network.SetLearningRate(1e-4);
            _bare = new(options, layout);
        }

        public void Step()
        {
            using var scope = NewDisposeScope();
            _step.Train(_batch, 1e-4);
        }

        public void BareStep() => _bare.Step(_batch, _masks);

        /// <summary>Seconds of each part of a step, in the order of the table.</summary>
        public double[] Split(int rounds)
        {
            var seconds = s_parts.Select(_ => new List<double>()).ToArray();
            var setting = _step.Setting;
            for (var round = 0; round < rounds; round++)
            {
                using var scope = NewDisposeScope();
                var clock = Stopwatch.GetTimestamp();
                void Lap(int part)
                {
                    seconds[part].Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
                    clock = Stopwatch.GetTimestamp();
                }
                setting.Network.Parameters.ZeroGradients();
                var masks = _sampler.Draw((int)_batch.Count, CPU);
                Lap(0);
                Tensor targets;
                using (no_grad())
                    targets = setting.Target.forward(_batch.Features, _batch.Categories).view(-1, setting.Options.HiddenSize).index_select(0, masks.TargetTokens);
                Lap(1);
                var context = setting.Module.Context(_batch.Features, _batch.Categories, masks);
                Lap(2);
                var loss = F.mse_loss(setting.Module.Predictor.forward(context, masks), targets);
                Lap(3);
                loss.backward();
                Lap(4);
                using var noGradient = no_grad();
                setting.Network.Step();
                Lap(5);
                setting.Average.Update(0.996);
                Lap(6);
            }
            return [.. seconds.Select(values => values.Order().ElementAt(values.Count / 2))];
        }

        /// <summary>How many seconds more libtorch's attention takes in a step than the kernel.</summary>
        public double AttentionDifference(int rounds)
        {
            var (rows, options, layout) = ((int)_batch.Count, _step.Setting.Options, _step.Setting.Layout);
            var (nc, nt) = (_masks.ContextSize, _masks.TargetSize);
            (int Sequences, int Tokens, int Width, int Heads, int Layers, bool Learns)[] uses =
            [
                (rows, layout.TokenCount, options.HiddenSize, options.Heads, options.Layers, false),
                (rows, options.RegTokens + nc, options.HiddenSize, options.Heads, options.Layers, true),
                (rows * options.TargetMasks, nc + nt, options.PredictorSize, options.PredictorHeads, options.PredictorLayers, true),
            ];
            return uses.Sum(use =>
            {
                using var packed = randn([use.Sequences * use.Tokens, 3 * use.Width], requires_grad: true);
                using var slopes = randn([use.Sequences * use.Tokens, use.Width]);
                Action Run(Func<Tensor, int, int, int, Tensor> attention) => () =>
                {
                    using var scope = NewDisposeScope();
                    using var mode = use.Learns ? null : no_grad();
                    var outputs = attention(packed, use.Tokens, use.Tokens, use.Heads);
                    if (use.Learns)
                        outputs.backward([slopes]);
                };
                var samples = Samples.Measure(rounds, Run(PackedAttention.Native), Run(PackedAttention.Apply));
                return use.Layers * (samples.Median(0) - samples.Median(1));
            });
        }

        public void Dispose()
        {
            _step.Dispose();
            _bare.Dispose();
            _scope.Dispose();
            _fit.Dispose();
            _channel.Dispose();
        }
    }
}
