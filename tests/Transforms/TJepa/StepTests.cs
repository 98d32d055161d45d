using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

public sealed class StepTests
{
    public StepTests() => TorchLibrary.EnsureLoaded();

    private const int Columns = 5;

    // Steps one by one: nothing but the moving average changes the target encoder.
    [Fact]
    public void Target_encoder_is_the_average_of_all_context_encoders()
    {
        using Pretraining training = new(Options());
        const int Steps = 7;
        training.Step.Begin(Steps);
        training.Network.SetLearningRate(0.01);
        var expected = ModuleWeights.Of(training.Target);
        Assert.All(expected.Names, name => Assert.Equal(ModuleWeights.Of(training.Module.Encoder)[name], expected[name]));
        var average = expected.Names.ToDictionary(name => name, name => Array.ConvertAll(expected[name], value => (double)value));
        for (var step = 0; step < Steps; step++)
        {
            using (NewDisposeScope())
                training.Step.Train(training.Table.Slice(0, 32), 0.01);
            var momentum = 0.9 + (0.1 * step / Steps);
            var theta = ModuleWeights.Of(training.Module.Encoder);
            foreach (var (name, values) in average)
                average[name] = [.. values.Zip(theta[name], (xi, weight) => (momentum * xi) + ((1 - momentum) * weight))];
        }
        var actual = ModuleWeights.Of(training.Target);
        Assert.All(average, weight => Assert.All(weight.Value.Zip(actual[weight.Key]), pair => Assert.Equal(pair.First, pair.Second, 1e-6)));
        Assert.NotEqual(expected["transformer.head.weight"], actual["transformer.head.weight"]);
        Assert.All(training.Target.parameters(), parameter => Assert.True(parameter.grad is null || parameter.grad.count_nonzero().item<long>() == 0));
    }

    // AdamW's first step moves every weight that has a gradient by the learning rate.
    [Fact]
    public void First_step_has_the_learning_rate_of_the_warm_up()
    {
        var options = Options();
        (options.Epochs, options.WarmUpEpochs, options.BatchSize, options.MaximumGradientNorm) = (4, 2, 25, null);
        using Pretraining training = new(options);
        var before = ModuleWeights.Of(training.Module);
        Recording step = new(training.Step);
        training.Run(step);
        // 100 rows are 4 steps an epoch: 8 to warm up.
        Assert.Equal(1e-3 / 8, step.Rates[0], 1e-12);
        Assert.Equal(1e-3, step.Rates[7], 1e-12);
        Assert.Equal(0, step.Rates[^1], 1e-12);
        Assert.Equal(16, step.Rates.Count);
        var moves = before.Names.SelectMany(name => before[name].Zip(step.AfterFirst![name], (x, y) => Math.Abs((double)x - y))).ToArray();
        Assert.Equal(1e-3 / 8, moves.Max(), 1e-6);
        Assert.InRange(moves.Count(move => move > 0.9e-3 / 8), moves.Length / 2, moves.Length);
    }

    [Fact]
    public void Weight_decay_follows_its_cosine_and_spares_biases()
    {
        var options = Options();
        (options.WeightDecay, options.FinalWeightDecay, options.LearningRate) = (0, 1, 1e-3);
        using Pretraining training = new(options);
        // Biases of the columns are two-dimensional in meaning, the mask token one-dimensional: the first must not decay, the second must.
        var decaying = training.Network.Parameters.Decaying!;
        var names = training.Module.named_parameters().Where(pair => pair.parameter.dim() > 1).Select(pair => pair.name).ToArray();
        Assert.Contains("predictor._mask", names);
        Assert.Contains("encoder._tokenizer._weights", names);
        Assert.DoesNotContain("encoder._tokenizer._biases", names);
        Assert.DoesNotContain("encoder._tokenizer._missing", names);
        Assert.Equal(names.Sum(name => training.Module.named_parameters().Single(pair => pair.name == name).parameter.numel()), decaying.numel());
    }

    [Fact]
    public void The_loop_sets_the_weight_decay_of_the_reference()
    {
        const double Rate = 10;
        var options = Options();
        (options.Epochs, options.BatchSize, options.LearningRate, options.FinalLearningRate, options.WarmUpEpochs) = (5, 10, Rate, Rate, 0);
        (options.WeightDecay, options.FinalWeightDecay) = (1e-5, 1e-2);
        using Pretraining training = new(options);
        DecayOnly step = new(training.Network);
        training.Run(step);
        Assert.Equal(50, step.Shares.Count);
        foreach (var entry in TJepaReference.Of("wd").EnumerateObject())
        {
            var expected = entry.Value.GetDouble();
            Assert.Equal(expected, step.Shares[int.Parse(entry.Name) - 1] / Rate, 2e-3 * expected);
        }
    }

    [Fact]
    public void Values_are_hidden_at_the_rate()
    {
        const double HiddenRate = 0.1;
        var options = Options();
        options.HiddenValueRate = HiddenRate;
        using Pretraining training = new(options);
        using var scope = NewDisposeScope();
        using Generator random = new(1);
        using TrainingTable table = new(randn([4000, Columns], generator: random), randint(1, 4, [4000, 2], ScalarType.Int64, generator: random));
        var batch = table.Slice(0, 4000);
        var (numbers, categories) = (Numbers.Of(batch.Features), batch.Categories!.data<long>().ToArray());
        var (shown, keys) = training.Step.Hide(batch);
        var (seenNumbers, seenKeys) = (Numbers.Of(shown), keys!.data<long>().ToArray());
        Assert.Equal(HiddenRate, seenNumbers.Count(float.IsNaN) / (double)numbers.Length, 0.01);
        Assert.Equal(HiddenRate, seenKeys.Count(key => key == 0) / (double)categories.Length, 0.015);
        Assert.All(numbers.Zip(seenNumbers), pair => Assert.True(float.IsNaN(pair.Second) || pair.First == pair.Second));
        Assert.All(categories.Zip(seenKeys), pair => Assert.True(pair.Second == 0 || pair.First == pair.Second));
        // The target encoder sees the batch itself.
        Assert.Equal(numbers, Numbers.Of(batch.Features));
        Assert.Equal(categories, batch.Categories!.data<long>().ToArray());
    }

    // Predictions that do not depend on the context: the loss tells what the target encoder sees.
    [Fact]
    public void No_value_is_hidden_from_the_target_encoder()
    {
        double Loss(double hiddenRate, bool fixedPredictions)
        {
            var options = Options();
            options.HiddenValueRate = hiddenRate;
            using Pretraining training = new(options);
            using var scope = NewDisposeScope();
            if (fixedPredictions)
            {
                using var noGradient = no_grad();
                var parameters = training.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
                parameters["predictor._output._weight"].fill_(0);
                parameters["predictor._output._bias"].copy_(tensor(new float[] { 0, 1, 2, 3, 4, 5, 6, 7 }));
            }
            training.Step.Begin(1);
            return training.Step.Train(training.Table.Slice(0, 100), 0);
        }
        Assert.Equal(Loss(0, fixedPredictions: true), Loss(0.9, fixedPredictions: true));
        Assert.NotEqual(Loss(0, fixedPredictions: false), Loss(0.9, fixedPredictions: false));
    }

    [Fact]
    public void Columns_outside_the_context_do_not_reach_it()
    {
        using Pretraining training = new(Options());
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var masks = new MaskSampler(training.Target.Layout, [0, 1, 2, 3, 4], new(2, 2, 2, 2), 4, SplitMix64.Of(1, 1)).Draw(32, CPU);
        var rows = training.Table.Slice(0, 32);
        var context = masks.ContextColumns.data<long>().ToArray().Chunk(2).ToArray();
        var (z, full) = (training.Module.Context(rows.Features, null, masks), training.Target.forward(rows.Features, null));
        var others = rows.Features.clone();
        var own = rows.Features.clone();
        for (var row = 0; row < 32; row++)
        {
            for (var column = 0; column < Columns; column++)
                (context[row].Contains(column) ? own : others)[row, column] = 3;
        }
        Assert.Equal(Numbers.Of(z), Numbers.Of(training.Module.Context(others, null, masks)));
        Assert.NotEqual(Numbers.Of(z), Numbers.Of(training.Module.Context(own, null, masks)));
        // In the target encoder every token may see every column.
        var changed = rows.Features.clone();
        changed[0, 2] = 3;
        var difference = training.Target.forward(changed, null).sub(full).abs().amax([2]);
        Assert.All(Numbers.Of(difference[0]), value => Assert.True(value > 0));
        Assert.Equal(0, difference.narrow(0, 1, difference.shape[0] - 1).max().item<float>());
    }

    [Fact]
    public void A_network_that_gives_all_rows_the_same_is_warned_of_once()
    {
        using Pretraining training = new(Options());
        // The last normalisation lets nothing through: each column has the same token in all rows.
        foreach (var encoder in new[] { training.Module.Encoder, training.Target })
        {
            using var noGradient = no_grad();
            using var zeros = zeros_like(encoder.named_parameters().Single(pair => pair.name == "_transformer._norm.weight").parameter);
            encoder.named_parameters().Single(pair => pair.name == "_transformer._norm.weight").parameter.copy_(zeros);
        }
        training.Step.EndEpoch(1);
        Assert.DoesNotContain(training.Log.Warnings, line => line.Contains("same tokens", StringComparison.Ordinal));
        training.Step.EndEpoch(2);
        training.Step.EndEpoch(3);
        Assert.Single(training.Log.Warnings, line => line.Contains("The encoder gives nearly the same tokens to all rows after epoch 2: smallest deviation 0", StringComparison.Ordinal));
        Assert.All(training.Step.Epochs, epoch => Assert.False(epoch.IsHealthy));
        Assert.Equal(0, training.Step.BestEpoch);
        training.Step.Finish();
        Assert.Equal(3, training.Step.BestEpoch);
    }

    [Fact]
    public void The_last_healthy_epoch_is_kept()
    {
        using Pretraining training = new(Options());
        training.Step.EndEpoch(1);
        var (healthy, target) = (ModuleWeights.Of(training.Module), ModuleWeights.Of(training.Target));
        Assert.True(training.Step.Epochs[0].IsHealthy);
        using (no_grad())
        {
            foreach (var parameter in training.Module.parameters().Concat(training.Target.parameters()))
                parameter.fill_(0);
        }
        training.Step.EndEpoch(2);
        Assert.False(training.Step.Epochs[1].IsHealthy);
        training.Step.Finish();
        Assert.Equal(1, training.Step.BestEpoch);
        Assert.All(healthy.Names, name => Assert.Equal(healthy[name], ModuleWeights.Of(training.Module)[name]));
        Assert.All(target.Names, name => Assert.Equal(target[name], ModuleWeights.Of(training.Target)[name]));
    }

    // In the third epoch the loss is no number any more.
    [Fact]
    public void Training_that_diverges_ends_with_the_last_healthy_epoch()
    {
        using Pretraining training = new(Options());
        Recording step = new(training.Step)
        {
            Before = number =>
            {
                if (number != 9)
                    return;
                using var noGradient = no_grad();
                training.Module.parameters().First().fill_(float.NaN);
            },
        };
        var history = training.Run(step);
        Assert.Equal(2, history.Epochs.Count);
        Assert.Equal(2, training.Step.BestEpoch);
        Assert.Contains(training.Log.Warnings, line => line.Contains("The loss is no longer a number after epoch 2: training ends with epoch 2", StringComparison.Ordinal));
        Assert.True(training.Network.IsFinite());
    }

    // The last loss of an epoch is that before its last step: what comes after shows in the statistics of the tokens alone.
    [Theory]
    [InlineData(8, 1, 2)]
    [InlineData(12, 2, 3)]
    public void Training_that_diverges_in_the_last_step_of_an_epoch_ends_with_the_last_healthy_one(int lastStep, int best, int epochs)
    {
        using Pretraining training = new(Options());
        Recording step = new(training.Step)
        {
            After = number =>
            {
                if (number != lastStep)
                    return;
                using var noGradient = no_grad();
                foreach (var parameter in training.Module.parameters().Concat(training.Target.parameters()))
                    parameter.fill_(float.NaN);
            },
        };
        Assert.Equal(epochs, training.Run(step).Epochs.Count);
        Assert.False(training.Step.Epochs[^1].IsHealthy);
        Assert.Equal(best, training.Step.BestEpoch);
        Assert.True(training.Network.IsFinite());
        Assert.All(training.Target.parameters(), parameter => Assert.True(parameter.isfinite().all().item<bool>()));
    }

    [Fact]
    public void Native_memory_is_flat_over_epochs()
    {
        var options = Options();
        (options.Epochs, options.VarianceFloor) = (10, true);
        using Pretraining training = new(options);
        Recording step = new(training.Step);
        training.Run(step);
        // All tensors that this thread has made and not disposed, after each epoch; in the first one the best weights get their copies.
        Assert.Equal(10, step.LiveTensors.Count);
        Assert.All(step.LiveTensors.Skip(2), count => Assert.Equal(step.LiveTensors[1], count));
    }

    [Fact]
    public void The_floor_costs_what_deviations_lack()
    {
        using var scope = NewDisposeScope();
        using Generator random = new(1);
        // Two columns in the context of six rows each: one hardly varies, one does; a third is in one row only.
        var columns = tensor(new long[] { 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2 });
        Masks masks = new(2, 1, columns, columns, columns, columns);
        var scale = tensor(new float[] { 0.01f, 1, 0.01f, 1, 0.01f, 1, 0.01f, 1, 0.01f, 1, 0.01f, 1 }, [12, 1]);
        var context = (randn([12, 4], generator: random) * scale).requires_grad_(true);
        var deviations = new[] { 0L, 1L }.Select(column => context.index_select(0, columns.eq(tensor(column)).nonzero().flatten()).std(0, unbiased: false).mean().item<float>());
        var expected = deviations.Select(deviation => Math.Max(0, 0.1 - deviation)).Average();
        var floor = VarianceFloor.Of(context, masks, 3);
        Assert.Equal(expected, floor.item<float>(), 1e-3);
        floor.backward();
        Assert.All(Numbers.Of(context.grad!).Chunk(4).Select((row, i) => (row, i)), pair => Assert.Equal(pair.i % 2 == 0, pair.row.Any(value => value != 0)));
    }

    private static TJepaFeaturizer.Options Options()
    {
        var options = Tables.Small(epochs: 3);
        (options.LearningRate, options.EmaStart, options.BatchSize) = (1e-3, 0.9, 25);
        return options;
    }

    /// <summary>A fit, put together by hand: 100 rows of 5 numbers.</summary>
    private sealed class Pretraining : IDisposable
    {
        private readonly TorchFit _fit;
        private readonly IChannel _channel;
        private readonly TorchSharp.DisposeScope _scope;
        private readonly TJepaFeaturizer.Options _options;

        public Pretraining(TJepaFeaturizer.Options options)
        {
            MLContext ml = new(1);
            Log = new(ml);
            var host = MlNetAccess.EnvironmentOf(ml.Transforms).Register(nameof(Pretraining));
            _channel = host.Start(nameof(Pretraining));
            Context = new(host, _channel, seed: 7, default);
            _fit = TorchFit.Begin(Context, numberOfThreads: 1);
            _scope = NewDisposeScope();
            _options = options;
            TokenLayout layout = new(options.RegTokens, Columns, []);
            using Generator random = new(3);
            Table = new(randn([100, Columns], generator: random));
            Module = TJepaNetwork.Create(layout, options, _fit);
            Network = new(Module, options.TrainingSettings);
            Target = TJepaNetwork.CreateEncoder(layout, options, _fit);
            MovingAverage average = new(Target, Module.Encoder);
            int[] varying = [.. Enumerable.Range(0, Columns)];
            MaskSampler Masks(int number) => new(layout, varying, new(1, 2, 1, 3), options.TargetMasks, _fit.Numbers(RandomUse.Masks, number));
            CollapseMonitor monitor = new(Table, Masks(1), varying, _fit.Generator(RandomUse.Validation));
            Step = new(new(options, Module, Network, average, Target, Masks(0), monitor, Context, _fit.Generator(RandomUse.HiddenValues)));
        }

        public LogLines Log { get; }

        public TrainingContext Context { get; }

        public TrainingTable Table { get; }

        public TJepaNetwork Module { get; }

        public TrainableNetwork Network { get; }

        public ColumnEncoder Target { get; }

        public TJepaStep Step { get; }

        public TrainingHistory Run(TrainingStep step) => new TrainingLoop(_options.TrainingSettings, Context, _fit).Run(step, Table, null);

        public void Dispose()
        {
            Step.Dispose();
            Table.Dispose();
            _scope.Dispose();
            _fit.Dispose();
            _channel.Dispose();
        }
    }

    /// <summary>Steps without gradients: by what share the decay alone changes the weights.</summary>
    private sealed class DecayOnly(TrainableNetwork network) : TrainingStep
    {
        public List<double> Shares { get; } = [];

        public override IReadOnlyList<TrainableNetwork> Networks { get; } = [network];

        public override double Train(Batch batch, double learningRate)
        {
            network.Parameters.ZeroGradients();
            var before = Size();
            using var noGradient = no_grad();
            network.Step();
            Shares.Add(1 - (Size() / before));
            return 0;
        }

        public override ValidationScore Validate(TrainingTable table) => new(0, null);

        private double Size()
        {
            using var scope = NewDisposeScope();
            return network.Parameters.Decaying!.to(ScalarType.Float64).norm().item<double>();
        }
    }

    private sealed class Recording(TJepaStep inner) : TrainingStep
    {
        public List<double> Rates { get; } = [];

        public ModuleWeights? AfterFirst { get; private set; }

        public Action<int> Before { get; init; } = _ => { };

        public Action<int> After { get; init; } = _ => { };

        public override IReadOnlyList<TrainableNetwork> Networks => inner.Networks;

        public override int MinimumRows => inner.MinimumRows;

        public override void Begin(long steps) => inner.Begin(steps);

        public override void BeginEpoch(int epoch) => inner.BeginEpoch(epoch);

        public override double Train(Batch batch, double learningRate)
        {
            Before(Rates.Count);
            Rates.Add(learningRate);
            var loss = inner.Train(batch, learningRate);
            AfterFirst ??= ModuleWeights.Of(inner.Setting.Module);
            After(Rates.Count);
            return loss;
        }

        public List<long> LiveTensors { get; } = [];

        public override void EndEpoch(int epoch)
        {
            inner.EndEpoch(epoch);
            LiveTensors.Add(TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        public override bool Recover() => inner.Recover();

        public override void Finish() => inner.Finish();

        public override ValidationScore Validate(TrainingTable table) => inner.Validate(table);
    }
}
