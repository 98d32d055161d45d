using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>Networks side by side are what each of them would be alone.</summary>
public sealed class ParallelNetworksTests : IDisposable
{
    private static readonly HiddenShape Hidden = new(8, 2, HiddenActivation.Relu);
    private static readonly TrainingSettings Settings = new()
    {
        Epochs = 3,
        BatchSize = 16,
        Optimizer = NetworkOptimizer.Sgd,
        Nesterov = true,
        LearningRate = 0.05,
        LearningRateDecay = LearningRateDecay.None,
        WeightDecay = 1e-3,
    };

    private readonly Training _training = new(new() { HiddenUnits = 8, HiddenLayers = 2, DropoutRate = 0, NumberOfThreads = 1 });
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _training.Dispose();
    }

    [Theory]
    [InlineData(HiddenActivation.Relu)]
    [InlineData(HiddenActivation.Tanh)]
    public void Each_starts_from_the_weights_of_a_single_network_of_its_number(HiddenActivation activation)
    {
        int[] categories = [3, 12];
        var options = new NeuralNetworkTrainer.Options { HiddenUnits = 8, HiddenLayers = 2, DropoutRate = 0, Activation = activation };
        using ParallelNetworks together = new(5, categories, 4, Hidden with { Activation = activation }, _training.Fit, [2, 0, 7]);
        using var noGradient = no_grad();
        var draws = _training.Fit.Generator(RandomUse.Validation);
        foreach (var parameter in together.parameters().Where(parameter => parameter.shape is [3, 8, 4]))
            parameter.uniform_(-1, 1, draws);
        var (inputs, keys) = (randn(3, 6, 5, generator: draws), randint(0, 4, [3, 6, 2], dtype: ScalarType.Int64, generator: draws));
        var outputs = together.Forward(inputs, keys);
        foreach (var (place, number) in new[] { 2, 0, 7 }.Index())
        {
            using TabularNetwork alone = new(5, categories, 4, options, _training.Fit, number);
            var head = together.ToLayers(place)[^1];
            alone.HeadWeight.copy_(tensor(head.Weights.ToArray(), [4, 8]));
            var expected = Numbers.Of(alone.forward(inputs[place], keys[place]));
            Assert.True(expected.Max() - expected.Min() > 0.1);
            Close(expected, Numbers.Of(outputs[place]), 1e-5);
        }
    }

    [Fact]
    public void Each_is_trained_as_if_alone()
    {
        var together = Train([0, 1, 2, 3]);
        Assert.Equal(together[2], Train([2])[0], new Near());
        Assert.Equal(together[1], Train([3, 1])[1], new Near());
        Assert.NotEqual(together[0], together[1], new Near());
    }

    [Fact]
    public void The_gradient_is_that_of_a_single_network()
    {
        // In the first step: a head of zeros passes nothing back to the other layers.
        foreach (var weighted in new[] { false, true })
        {
            using Training training = new(_training.Options, weighted: weighted);
            using ParallelNetworks module = new(5, [], 3, Hidden, training.Fit, [0, 1]);
            using Probe step = new(module, training.Table, Settings with { WeightDecay = 0, Momentum = 0, Nesterov = false }, training.Fit, [0, 1]);
            step.BeginEpoch(1);
            step.Networks[0].SetLearningRate(0.05);
            step.Train(training.Table.Slice(0, 16), 0.05);

            using TabularNetwork alone = new(5, [], 3, training.Options, training.Fit, 1);
            var batch = training.Table.Gather(step.Rows![1]);
            batch.Mean(nn.functional.cross_entropy(alone.Forward(batch), batch.Labels!, reduction: nn.Reduction.None)).backward();
            // The head starts from 0.
            Close(Numbers.Of(alone.HeadWeight.grad!), [.. module.ToLayers(1)[^1].Weights.ToArray().Select(weight => weight / -0.05f)], 1e-4);
        }
    }

    [Fact]
    public void Each_sees_every_row_once_an_epoch_in_an_order_of_its_own()
    {
        using ParallelNetworks module = new(5, [], 3, Hidden, _training.Fit, [0, 1]);
        using Probe step = new(module, _training.Table, Settings, _training.Fit, [0, 1]);
        List<long[]> rows = [];
        step.AfterTrain = seen => rows.AddRange([[.. seen[0].data<long>()], [.. seen[1].data<long>()]]);
        new TrainingLoop(Settings with { Epochs = 1 }, _training.Context, _training.Fit).Run(step, _training.Table, null);
        long[] first = [.. rows.Where((_, i) => i % 2 == 0).SelectMany(row => row)], second = [.. rows.Where((_, i) => i % 2 == 1).SelectMany(row => row)];
        Assert.Equal(Enumerable.Range(0, 100).Select(row => (long)row), first.Order());
        Assert.Equal(first.Order(), second.Order());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void One_that_diverges_does_not_stop_the_others()
    {
        var expected = Train([0, 1, 2]);
        using ParallelNetworks module = new(5, [], 3, Hidden, _training.Fit, [0, 1, 2]);
        using ParallelNetworksStep step = new(module, _training.Table, Settings, _training.Fit, [0, 1, 2]);
        using (no_grad())
            module.parameters().First().select(0, 1).fill_(float.NaN.ToScalar());
        var history = Run(step);
        Assert.Equal([false, true, false], step.Diverged);
        Assert.Equal([true, false, true], module.AreFinite());
        Assert.Equal(expected[0], WeightsOf(module, 0), new Near());
        Assert.Equal(expected[2], WeightsOf(module, 2), new Near());
        Assert.All(history.Epochs, epoch => Assert.InRange(epoch.TrainingLoss, 0, 2));
    }

    [Fact]
    public void Biases_do_not_decay()
    {
        using ParallelNetworks module = new(5, [3], 3, Hidden, _training.Fit, [0, 1]);
        using TrainableNetwork network = new(module, Settings);
        var sizes = new[] { 5 + EmbeddingLayer.SizeFor(3), 8, 8 }.Zip([8, 8, 3], (inputs, outputs) => inputs * outputs).Sum() + (4 * EmbeddingLayer.SizeFor(3));
        Assert.Equal(2 * sizes, network.Parameters.Decaying!.numel());
        Assert.Equal(2 * (8 + 8 + 3), network.Parameters.Free!.numel());
    }

    private float[][] Train(int[] numbers)
    {
        using ParallelNetworks module = new(5, [], 3, Hidden, _training.Fit, numbers);
        using ParallelNetworksStep step = new(module, _training.Table, Settings, _training.Fit, numbers);
        Run(step);
        return [.. numbers.Index().Select(number => WeightsOf(module, number.Index))];
    }

    private TrainingHistory Run(ParallelNetworksStep step) => new TrainingLoop(Settings, _training.Context, _training.Fit).Run(step, _training.Table, null);

    private static float[] WeightsOf(ParallelNetworks module, int network) => [.. module.ToLayers(network).SelectMany(layer => layer.Weights.ToArray().Concat(layer.Biases.ToArray()))];

    private static void Close(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    // Products of several matrices may round otherwise than that of one.
    private sealed class Near : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= 1e-4;

        public int GetHashCode(float obj) => 0;
    }

    private sealed class Probe(ParallelNetworks module, TrainingTable table, TrainingSettings settings, TorchFit fit, IReadOnlyList<int> numbers)
        : ParallelNetworksStep(module, table, settings, fit, numbers)
    {
        public Tensor? Rows { get; private set; }

        public Action<Tensor>? AfterTrain { get; set; }

        protected override void AfterStep(Tensor rows, Tensor logits, Tensor labels)
        {
            Rows = rows;
            Assert.Equal([2, rows.shape[1], 3], logits.shape);
            Assert.Equal(Table.Labels!.index_select(0, rows.flatten()).data<long>().ToArray(), labels.data<long>().ToArray());
            AfterTrain?.Invoke(rows);
        }
    }
}
