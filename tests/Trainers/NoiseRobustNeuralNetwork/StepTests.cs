using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Estimators.Torch;
using MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;
using MLExtensions.Trainers;
using TorchSharp;
using static TorchSharp.torch;
using PlainOptions = MLExtensions.Trainers.NeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>Steps as the loop runs them: which rows are trained on, and what is remembered of which row.</summary>
public sealed class StepTests : IDisposable
{
    // Steps of this size change no weight in Single: every epoch sees the same network.
    private const double NoStep = 1e-30;

    private readonly Training _training = new(Options());
    private readonly LabelTrace _trace;
    private readonly DisposeScope _scope = NewDisposeScope();

    public StepTests()
    {
        _trace = new(_training.Table);
        NoiseReference.RandomizeHead(_training.Module, _training.Fit.Generator(RandomUse.Validation));
    }

    public void Dispose()
    {
        _scope.Dispose();
        _trace.Dispose();
        _training.Dispose();
    }

    private static PlainOptions Options() => new() { HiddenUnits = 8, HiddenLayers = 1, Epochs = 2, BatchSize = 16, LearningRate = NoStep, ValidationFraction = 0 };

    [Theory]
    [InlineData(TeacherRefresh.DuringEpoch)]
    [InlineData(TeacherRefresh.EndOfEpoch)]
    public void Histories_belong_to_rows_however_these_are_shuffled(TeacherRefresh refresh)
    {
        using var step = Step(_training, _trace, refresh);
        _training.Run(step);
        using var noGradient = no_grad();
        var probabilities = _training.Module.Forward(_training.Table.Slice(0, 100)).softmax(1);
        var clipped = probabilities.clamp(1e-4, 1 - 1e-4);
        // Two visits: 1 - 0.7^2.
        Reference.Close((0.51 * clipped / clipped.sum(1, keepdim: true)).Values(), step.EarlyLearning!.Targets.Values.Values(), 1e-6);
        Reference.Close(probabilities.Values(), step.Distillation!.Teacher.Values.Values(), 1e-6);

        Assert.Equal([1, 2], _trace.Epochs.Select(epoch => epoch.Number));
        var learned = probabilities.argmax(1).eq(_training.Table.Labels!).to(ScalarType.Float64).mean().item<double>();
        Assert.Equal(learned, _trace.Epochs[1].GivenLabelShare, 1e-12);
        Assert.Equal((probabilities * clipped / clipped.sum(1, keepdim: true)).sum(1).mean().item<float>(), _trace.Epochs[1].HistoryAgreement!.Value, 1e-5);
    }

    [Fact]
    public void Co_teaching_keeps_histories_of_both_networks_for_all_rows()
    {
        using Networks networks = new(_training, _trace);
        _training.Run(networks.Both);
        using var noGradient = no_grad();
        foreach (var step in new[] { networks.First, networks.Second })
        {
            var probabilities = step.Module.Forward(_training.Table.Slice(0, 100)).softmax(1);
            var clipped = probabilities.clamp(1e-4, 1 - 1e-4);
            Reference.Close((0.51 * clipped / clipped.sum(1, keepdim: true)).Values(), step.EarlyLearning!.Targets.Values.Values(), 1e-6);
            Reference.Close(probabilities.Values(), step.Distillation!.Teacher.Values.Values(), 1e-6);
        }
        // 100 rows in batches of 16: 6 of 11 and the last 4 of 3 rows stay, in each of two networks and two epochs.
        Assert.Equal(100 - ((6 * 11) + 3), networks.Both.RejectedShares.sum().item<float>(), 1e-4f);
    }

    [Fact]
    public void Each_network_is_trained_on_what_the_other_one_finds_easy()
    {
        using Training other = new(Options());
        NoiseReference.RandomizeHead(other.Module, other.Fit.Generator(RandomUse.Validation));
        using LabelTrace trace = new(other.Table);
        using Networks networks = new(_training, _trace), apart = new(other, trace);
        var batch = _training.Table.Slice(0, 40);
        var (easyForFirst, easyForSecond) = (Easy(apart.First), Easy(apart.Second));
        Assert.NotEqual(easyForFirst.Order(), easyForSecond.Order());
        foreach (var network in networks.Both.Networks.Concat(apart.Both.Networks))
            network.SetLearningRate(0.1);

        networks.Both.Train(batch, 0.1);
        foreach (var (step, rows) in new[] { (apart.First, easyForSecond), (apart.Second, easyForFirst) })
        {
            step.Score(other.Table.Slice(0, 40));
            step.TrainSelected(other.Table.Gather(tensor(rows)), 0.1);
        }
        AssertClose(Training.WeightsOf(apart.First.Network), Training.WeightsOf(networks.First.Network));
        AssertClose(Training.WeightsOf(apart.Second.Network), Training.WeightsOf(networks.Second.Network));

        // 1 - 0.3 of 40 rows.
        long[] Easy(NoiseRobustStep step) => [.. step.EvaluateLosses(batch).data<float>().Index().OrderBy(row => row.Item).Take(28).Select(row => (long)row.Index)];
    }

    [Fact]
    public void The_validation_of_two_networks_is_that_of_their_mean_probability()
    {
        using Networks networks = new(_training, _trace);
        var score = networks.Both.Validate(_training.Table);
        using var noGradient = no_grad();
        var mean = (networks.First.Probabilities(_training.Table.Slice(0, 100)) + networks.Second.Probabilities(_training.Table.Slice(0, 100))) / 2;
        Assert.Equal(-mean.log().gather(1, _training.Table.Labels!.unsqueeze(1)).mean().item<float>(), score.Loss, 1e-5);
        Assert.Equal(mean.argmax(1).eq(_training.Table.Labels!).to(ScalarType.Float32).mean().item<float>(), score.Accuracy!.Value, 1e-6);
    }

    [Fact]
    public void A_row_of_weight_two_counts_as_two_rows_in_a_full_batch()
    {
        using Training weighted = new(Options()), repeated = new(Options());
        long[] twice = [3, 17, 50];
        var weights = ones(100);
        weights.index_fill_(0, tensor(twice), 2);
        using TrainingTable weightedTable = new(weighted.Table.Features.clone(), labels: weighted.Table.Labels!.clone(), weights: weights);
        var rows = tensor([.. Enumerable.Range(0, 100).Select(i => (long)i), .. twice]);
        using TrainingTable repeatedTable = new(repeated.Table.Features.index_select(0, rows), labels: repeated.Table.Labels!.index_select(0, rows));
        AssertClose(Train(repeated, repeatedTable), Train(weighted, weightedTable));

        static float[] Train(Training training, TrainingTable table)
        {
            using LabelTrace trace = new(table);
            using var step = Step(training, trace, TeacherRefresh.DuringEpoch, table);
            training.Network.SetLearningRate(0.01);
            for (var epoch = 1; epoch <= 3; epoch++)
            {
                step.BeginEpoch(epoch);
                step.Train(table.Slice(0, table.Count), 0.01);
            }
            return training.Weights;
        }
    }

    [Fact]
    public void Going_back_to_the_best_epoch_takes_the_histories_along()
    {
        using var step = Step(_training, _trace, TeacherRefresh.DuringEpoch);
        step.BeginEpoch(1);
        _training.Network.SetLearningRate(0.1);
        step.Train(_training.Table.Slice(0, 100), 0.1);
        step.Keep();
        var kept = step.EarlyLearning!.Targets.Values.Values();
        step.Train(_training.Table.Slice(0, 100), 0.1);
        Assert.NotEqual(kept, step.EarlyLearning.Targets.Values.Values());
        step.Restore();
        Assert.Equal(kept, step.EarlyLearning.Targets.Values.Values());
    }

    private static void AssertClose(float[] expected, float[] actual) => Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4));

    private static NoiseRobustStep Step(Training training, LabelTrace trace, TeacherRefresh refresh, TrainingTable? table = null, (TrainableNetwork, TabularNetwork)? network = null)
    {
        table ??= training.Table;
        var (trainable, module) = network ?? (training.Network, training.Module);
        return new(trainable, module, new NoiseRobustSetting(table, null, null, trace))
        {
            EarlyLearning = new(new(zeros(table.Count, 3)), 0.7, 3),
            Distillation = new(SelfDistillation.StartFrom(table.Labels!, 3), 0.8, 2),
            RefreshesAfterEpoch = refresh == TeacherRefresh.EndOfEpoch,
        };
    }

    private sealed class Networks : IDisposable
    {
        public Networks(Training training, LabelTrace trace)
        {
            First = Step(training, trace, TeacherRefresh.DuringEpoch);
            TabularNetwork module = new(5, [], 3, training.Options, training.Fit, network: 1);
            NoiseReference.RandomizeHead(module, training.Fit.Generator(RandomUse.Validation, network: 1));
            Second = Step(training, trace, TeacherRefresh.DuringEpoch, network: (new TrainableNetwork(module, training.Options.TrainingSettings), module));
            Both = new(First, Second, new SmallLossSelection(0.3, 0), new NoiseRobustSetting(training.Table, null, null, trace));
        }

        public NoiseRobustStep First { get; }

        public NoiseRobustStep Second { get; }

        public CoTeachingStep Both { get; }

        public void Dispose() => Both.Dispose();
    }
}
