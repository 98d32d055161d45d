using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;
using TorchSharp;
using static TorchSharp.torch;
using Options = MLExtensions.Trainers.NeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class NetworkStepTests
{
    private static Options Small() => new() { HiddenUnits = 8, HiddenLayers = 2, Epochs = 4, BatchSize = 16, LearningRate = 0.01 };

    [Theory]
    [InlineData(HiddenActivation.Logistic, LayerNormalization.None)]
    [InlineData(HiddenActivation.Tanh, LayerNormalization.Layer)]
    [InlineData(HiddenActivation.Gelu, LayerNormalization.Batch)]
    [InlineData(HiddenActivation.Silu, LayerNormalization.None)]
    public void Gradients_are_those_of_the_loss(HiddenActivation activation, LayerNormalization normalization)
    {
        var options = Small();
        (options.Activation, options.Normalization) = (activation, normalization);
        foreach (var isRegression in new[] { false, true })
        {
            using Training training = new(options);
            using TabularNetwork module = new(5, [], isRegression ? 1 : 3, options, training.Fit);
            var draws = training.Fit.Generator(RandomUse.Validation);
            module.to(ScalarType.Float64);
            using TrainableNetwork network = new(module, options.TrainingSettings);
            Batch batch = new(arange(12), randn(12, 5, dtype: ScalarType.Float64, generator: draws), null,
                isRegression ? randn(12, dtype: ScalarType.Float64, generator: draws) : arange(12).remainder(3),
                rand(12, dtype: ScalarType.Float64, generator: draws));
            Func<Tensor> loss = isRegression
                ? new ProbedRegression(network, module).LossOf(batch)
                : new ProbedClassification(network, module).LossOf(batch);
            loss().backward();
            AssertGradients(network, loss);
        }
    }

    private static void AssertGradients(TrainableNetwork network, Func<Tensor> loss)
    {
        const double Step = 1e-6;
        foreach (var (parameter, gradient) in network.Parameters.All.Zip(network.Parameters.Gradients))
        {
            var found = gradient.data<double>().ToArray();
            for (var i = 0L; i < parameter.numel(); i += 7)
            {
                var place = parameter.narrow(0, i, 1);
                place.add_(Step);
                var above = loss().item<double>();
                place.sub_(2 * Step);
                var below = loss().item<double>();
                place.add_(Step);
                Assert.Equal((above - below) / (2 * Step), found[i], 1e-7);
            }
        }
    }

    [Theory]
    [InlineData(NetworkOptimizer.AdamW)]
    [InlineData(NetworkOptimizer.Sgd)]
    public void A_row_of_weight_two_counts_as_two_rows_in_a_full_batch(NetworkOptimizer optimizer)
    {
        var options = Small();
        (options.Optimizer, options.BatchSize) = (optimizer, 1000);
        using Training weighted = new(options), repeated = new(options);
        int[] twice = [3, 17, 50];
        var weights = ones(100);
        foreach (var row in twice)
            weights[row] = 2f;
        using TrainingTable weightedTable = new(weighted.Table.Features.clone(), null, weighted.Table.Labels!.clone(), weights);
        var rows = tensor([.. Enumerable.Range(0, 100).Concat(twice).Select(i => (long)i)]);
        using TrainingTable repeatedTable = new(repeated.Table.Features.index_select(0, rows), null, repeated.Table.Labels!.index_select(0, rows));
        Fit(weighted, weightedTable);
        Fit(repeated, repeatedTable);
        Assert.All(weighted.Weights.Zip(repeated.Weights), pair => Assert.Equal(pair.First, pair.Second, 1e-4));

        static void Fit(Training training, TrainingTable table)
            => new TrainingLoop(training.Options.TrainingSettings, training.Context, training.Fit).Run(new ClassificationStep(training.Network, training.Module), table, null);
    }

    [Fact]
    public void Only_matrices_decay()
    {
        var options = Small();
        (options.WeightDecay, options.LearningRate, options.LearningRateDecay, options.Epochs) = (0.5, 1e-3, LearningRateDecay.None, 1);
        using Training training = new(options);
        var before = Numbers.Of(training.Network.Parameters.Decaying!);
        var free = Numbers.Of(training.Network.Parameters.Free!);
        training.Network.SetLearningRate(0.1);
        training.Network.Parameters.ZeroGradients();
        training.Network.Step();
        Assert.Equal(before.Select(weight => weight * (1 - (0.1f * 0.5f))), Numbers.Of(training.Network.Parameters.Decaying!), Near);
        Assert.Equal(free, Numbers.Of(training.Network.Parameters.Free!));
    }

    [Fact]
    public void Gradients_are_shortened_to_the_largest_norm()
    {
        var options = Small();
        (options.Optimizer, options.Momentum, options.WeightDecay, options.MaximumGradientNorm) = (NetworkOptimizer.Sgd, 0, 0, 0.25);
        using Training training = new(options);
        var before = training.Weights;
        training.Network.SetLearningRate(1);
        foreach (var gradient in training.Network.Parameters.Gradients)
            gradient.fill_(3);
        training.Network.Step();
        var change = before.Zip(training.Weights, (a, b) => a - b).ToArray();
        Assert.Equal(0.25, Math.Sqrt(change.Sum(x => (double)x * x)), 1e-4);
        Assert.All(change, x => Assert.Equal(change[0], x, 1e-5));
    }

    [Fact]
    public void Hooks_that_do_nothing_change_nothing()
    {
        Counting hook = new();
        using Training plain = new(Small()), hooked = new(Small(), hooks: hook);
        plain.Run();
        hooked.Run();
        Assert.Equal(plain.Weights, hooked.Weights);
        // 7 batches an epoch, and the three stages in their order.
        Assert.Equal(4 * 7, hook.Stages.Count / 3);
        Assert.Equal(["forward", "backward", "step"], hook.Stages[..3]);
    }

    [Fact]
    public void Hooks_change_gradients_and_weights()
    {
        var options = Small();
        options.WeightDecay = 0;
        using Training still = new(options, hooks: new Freezing()), shrunk = new(Small(), hooks: new Shrinking());
        var before = still.Weights;
        still.Run();
        Assert.Equal(before, still.Weights);
        shrunk.Run();
        Assert.All(shrunk.Weights, weight => Assert.Equal(0, weight));
    }

    [Fact]
    public void A_second_network_leaves_the_first_as_it_is()
    {
        using Training alone = new(Small()), first = new(Small());
        TabularNetwork module = new(5, [], 3, first.Options, first.Fit, network: 1);
        Pair pair = new(new(first.Network, first.Module), new(new(module, first.Options.TrainingSettings), module));
        alone.Run();
        first.Run(pair);
        Assert.Equal(alone.Weights, first.Weights);
        Assert.NotEqual(alone.Weights, Training.WeightsOf(pair.Networks[1]));
        pair.Networks[1].Dispose();
    }

    private static readonly IEqualityComparer<float> Near = EqualityComparer<float>.Create((a, b) => Math.Abs(a - b) < 1e-6);

    private sealed class ProbedClassification(TrainableNetwork network, TabularNetwork module) : ClassificationStep(network, module)
    {
        public Func<Tensor> LossOf(Batch batch) => () => Loss(Forward(batch), batch);
    }

    private sealed class ProbedRegression(TrainableNetwork network, TabularNetwork module) : RegressionStep(network, module)
    {
        public Func<Tensor> LossOf(Batch batch) => () => Loss(Forward(batch), batch);
    }

    private sealed class Pair(ClassificationStep first, ClassificationStep second) : TrainingStep
    {
        public override IReadOnlyList<TrainableNetwork> Networks { get; } = [first.Network, second.Network];

        public override double Train(Batch batch, double learningRate) => (first.Train(batch, learningRate) + second.Train(batch, learningRate)) / 2;

        public override ValidationScore Validate(TrainingTable table) => first.Validate(table);
    }

    private sealed class Counting : NetworkHook
    {
        public List<string> Stages { get; } = [];

        public override void BeforeForward(TrainableNetwork network) => Stages.Add("forward");

        public override void AfterBackward(TrainableNetwork network) => Stages.Add("backward");

        public override void AfterStep(TrainableNetwork network, double learningRate) => Stages.Add("step");
    }

    private sealed class Freezing : NetworkHook
    {
        public override void AfterBackward(TrainableNetwork network) => network.Parameters.ZeroGradients();
    }

    private sealed class Shrinking : NetworkHook
    {
        public override void AfterStep(TrainableNetwork network, double learningRate)
        {
            foreach (var weights in network.Parameters.All)
                weights.zero_();
        }
    }
}
