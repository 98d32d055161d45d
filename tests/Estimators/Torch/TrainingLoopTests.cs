using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;
using TorchSharp;
using static TorchSharp.torch;
using Options = MLExtensions.Trainers.NeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class TrainingLoopTests
{
    private static Options Small() => new() { HiddenUnits = 8, HiddenLayers = 1, Epochs = 5, BatchSize = 16, LearningRate = 0.01, DropoutRate = 0, AveragingEpochs = 0, ValidationMetric = ValidationMetric.Accuracy };

    [Fact]
    public void Every_epoch_sees_every_row_once_in_another_order()
    {
        using Training training = new(Small());
        Recording step = new(training);
        training.Run(step);
        var epochs = step.Rows.Chunk(100).ToArray();
        Assert.Equal(5, epochs.Length);
        Assert.All(epochs, rows => Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), rows.Order()));
        Assert.Equal(5, epochs.Select(rows => string.Join(' ', rows)).Distinct().Count());
        // 6 batches of 16, and what is left.
        Assert.Equal(Enumerable.Repeat(new long[] { 16, 16, 16, 16, 16, 16, 4 }, 5).SelectMany(sizes => sizes), step.Sizes);
    }

    [Fact]
    public void A_batch_holds_the_rows_that_it_names()
    {
        using Training training = new(Small(), weighted: true);
        var features = Numbers.Of(training.Table.Features).Chunk(5).ToArray();
        var mean = training.Rows.Weights.ToArray().Average(weight => (double)weight);
        using Recording step = new(training)
        {
            Check = batch =>
            {
                var rows = batch.Rows.data<long>().ToArray();
                Assert.Equal(rows.SelectMany(row => features[row]), Numbers.Of(batch.Features));
                Assert.Equal(rows.Select(row => (long)training.Rows.Classes[(int)row]), batch.Labels!.data<long>().ToArray());
                Assert.Equal(rows.Select(row => (float)(training.Rows.Weights[(int)row] / mean)), Numbers.Of(batch.Weights!));
            },
        };
        training.Run(step);
    }

    [Fact]
    public void With_batch_normalisation_a_batch_of_one_row_is_left_out()
    {
        var options = Small();
        (options.Normalization, options.BatchSize) = (LayerNormalization.Batch, 33);
        using Training training = new(options);
        Recording step = new(training);
        var history = training.Run(step);
        Assert.All(step.Sizes, size => Assert.Equal(33, size));
        Assert.Equal(15, step.Sizes.Count);
        Assert.All(history.Epochs, epoch => Assert.True(double.IsFinite(epoch.TrainingLoss)));

        using Training single = new(options, rows: 1);
        Assert.Contains("found 1 training rows", Assert.Throws<InvalidOperationException>(() => single.Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_epoch_is_kept_and_patience_ends_the_fit()
    {
        var options = Small();
        (options.Epochs, options.PatienceEpochs) = (20, 3);
        using Training training = new(options);
        Recording step = new(training) { ValidationLosses = [0.9, 0.5, 0.7, 0.4, 0.6, 0.4, 0.5, 0.1] };
        var history = training.Run(step, training.Table);
        Assert.Equal(4, history.BestEpoch);
        Assert.Equal(7, history.Epochs.Count);
        Assert.Equal(step.WeightsAfterEpoch[3], training.Weights);
        Assert.NotEqual(step.WeightsAfterEpoch[6], training.Weights);
        Assert.Equal(step.ValidationLosses[..7], history.Epochs.Select(epoch => epoch.ValidationLoss!.Value));
    }

    [Theory]
    [InlineData(LayerNormalization.None)]
    [InlineData(LayerNormalization.Batch)]
    public void Averaged_weights_are_what_an_epoch_ends_with_and_training_goes_on_from_its_own(LayerNormalization normalization)
    {
        var options = Small();
        (options.AveragingEpochs, options.Normalization) = (0.5, normalization);
        var plain = Small();
        plain.Normalization = normalization;
        using Training training = new(options), other = new(plain);
        Recording averaged = new(training), raw = new(other);
        training.Run(averaged);
        other.Run(raw);
        Assert.Equal(raw.WeightsAfterStep, averaged.WeightsAfterStep);

        const int StepsPerEpoch = 7;
        var average = raw.WeightsAfterStep[0];
        for (var step = 1; step < raw.WeightsAfterStep.Count; step++)
        {
            var kept = Math.Min(Math.Exp(-1 / (0.5 * StepsPerEpoch)), (1.0 + step) / (10.0 + step));
            average = [.. average.Zip(raw.WeightsAfterStep[step], (mean, now) => (float)((kept * mean) + ((1 - kept) * now)))];
            if ((step + 1) % StepsPerEpoch == 0)
                Assert.All(average.Zip(averaged.WeightsAfterEpoch[step / StepsPerEpoch]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
        Assert.Equal(averaged.WeightsAfterEpoch[^1], training.Weights);
        Assert.NotEqual(raw.WeightsAfterEpoch[^1], training.Weights);
    }

    [Fact]
    public void The_best_of_averaged_epochs_is_kept()
    {
        var options = Small();
        options.AveragingEpochs = 1;
        using Training training = new(options);
        Recording step = new(training) { ValidationLosses = [0.9, 0.5, 0.7, 0.8, 0.9] };
        training.Run(step, training.Table);
        Assert.Equal(step.WeightsAfterEpoch[1], training.Weights);
    }

    [Fact]
    public void A_last_epoch_ends_the_training_as_far_as_it_has_come()
    {
        using Training full = new(Small()), ended = new(Small());
        Recording step = new(full);
        full.Run(step);
        var history = new TrainingLoop(ended.Options.TrainingSettings with { LastEpoch = 2 }, ended.Context, ended.Fit).Run(new ClassificationStep(ended.Network, ended.Module), ended.Table, null);
        Assert.Equal((2, 2), (history.Epochs.Count, history.BestEpoch));
        Assert.Equal(step.WeightsAfterEpoch[1], ended.Weights);
    }

    [Fact]
    public void Running_statistics_go_back_with_the_weights()
    {
        var options = Small();
        options.Normalization = LayerNormalization.Batch;
        using Training training = new(options);
        Recording step = new(training) { ValidationLosses = [0.9, 0.5, 0.7, 0.8, 0.9] };
        training.Run(step, training.Table);
        Assert.Equal(step.OutputsAfterEpoch[1], step.Outputs());
        Assert.NotEqual(step.OutputsAfterEpoch[4], step.Outputs());
    }

    [Theory]
    [InlineData(ValidationMetric.Loss, 0.5, 0.8, 0.4, 0.7, true)]
    [InlineData(ValidationMetric.Loss, 0.4, 0.7, 0.5, 0.8, false)]
    [InlineData(ValidationMetric.Accuracy, 0.5, 0.8, 0.4, 0.7, false)]
    [InlineData(ValidationMetric.Accuracy, 0.4, 0.7, 0.5, 0.8, true)]
    [InlineData(ValidationMetric.Accuracy, 0.4, 0.8, 0.5, 0.8, true)]
    [InlineData(ValidationMetric.Loss, 0.4, 0.8, 0.4, 0.8, false)]
    [InlineData(ValidationMetric.Accuracy, 0.4, 0.7, double.NaN, 0.8, false)]
    [InlineData(ValidationMetric.Loss, 0.4, 0.7, double.NegativeInfinity, 0.8, false)]
    public void The_metric_says_which_epoch_is_kept(ValidationMetric metric, double loss, double accuracy, double laterLoss, double laterAccuracy, bool isKept)
        => Assert.Equal(isKept, new ValidationScore(laterLoss, laterAccuracy).IsPreferredTo(new(loss, accuracy), metric));

    [Fact]
    public void The_latest_of_equal_accuracies_is_kept_but_patience_counts_from_the_first()
    {
        var options = Small();
        (options.Epochs, options.PatienceEpochs) = (20, 3);
        using Training training = new(options);
        Recording step = new(training) { ValidationLosses = [1, 1, 1, 1, 1, 1, 1, 1], ValidationAccuracies = [0.5, 0.8, 0.8, 0.7, 0.8, 0.9, 0.9, 0.9] };
        var history = training.Run(step, training.Table);
        Assert.Equal((5, 5), (history.Epochs.Count, history.BestEpoch));
    }

    // The loss of the only step is finite: it is measured before the step.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_last_step_that_diverges_gives_no_model(bool validates)
    {
        var options = Small();
        (options.LearningRate, options.Optimizer, options.Epochs, options.BatchSize, options.LearningRateDecay) = (1e38, NetworkOptimizer.Sgd, 1, 100, LearningRateDecay.None);
        using Training training = new(options);
        var message = Assert.Throws<InvalidOperationException>(() => training.Run(validation: validates ? training.Table : null)).Message;
        Assert.Contains("diverged in epoch 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_no_numbers_give_no_model()
    {
        var options = Small();
        options.Epochs = 1;
        using Training training = new(options);
        Recording step = new(training) { ValidationLosses = [0.5], AfterEpoch = () => training.Network.Parameters.Free![0].fill_(float.PositiveInfinity) };
        Assert.Throws<InvalidOperationException>(() => training.Run(step, training.Table));
    }

    [Theory]
    [InlineData(1e38f)]
    [InlineData(float.Epsilon)]
    public void Weights_of_any_size_have_a_mean(float size)
    {
        var rows = RowBlock.Dense(1, [1, 2, 3], [0, 1, 0], weights: [size, 2 * size, size]);
        using var table = TrainingTable.From(rows, FeatureScaling.Of(rows, MissingValueRule.Mean), CPU);
        using var scope = NewDisposeScope();
        Assert.Equal([0.75f, 1.5f, 0.75f], Numbers.Of(table.Weights!));
        Assert.Equal((1 + 4 + 3) / 4f, table.Slice(0, 3).Mean(tensor([1f, 2f, 3f])).item<float>());
    }

    [Fact]
    public void A_batch_of_the_smallest_weights_has_a_mean()
    {
        var rows = RowBlock.Dense(1, [1, 2, 3], [0, 1, 0], weights: [float.Epsilon, float.Epsilon, float.MaxValue]);
        using var table = TrainingTable.From(rows, FeatureScaling.Of(rows, MissingValueRule.Mean), CPU);
        using var scope = NewDisposeScope();
        Assert.Equal(1.5f, table.Slice(0, 2).Mean(tensor([1f, 2f])).item<float>(), 1e-6);
    }

    [Fact]
    public void A_diverged_fit_says_where_and_what_to_lower()
    {
        var options = Small();
        (options.LearningRate, options.Optimizer, options.MaximumGradientNorm) = (1e30, NetworkOptimizer.Sgd, null);
        using Training training = new(options);
        var message = Assert.Throws<InvalidOperationException>(() => training.Run()).Message;
        Assert.Contains("in epoch 1: the loss is NaN", message, StringComparison.Ordinal);
        Assert.Contains("Lower LearningRate", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancellation_ends_the_fit_before_the_next_step()
    {
        using CancellationTokenSource source = new();
        using Training training = new(Small(), token: source.Token);
        var steps = 0;
        Recording step = new(training) { Check = _ => (++steps == 3 ? source : null)?.Cancel() };
        Assert.Throws<OperationCanceledException>(() => training.Run(step));
        Assert.Equal(3, steps);
    }

    [Fact]
    public void Native_memory_is_flat_over_epochs()
    {
        var options = Small();
        (options.Epochs, options.PatienceEpochs, options.DropoutRate, options.Normalization) = (30, 30, 0.2, LayerNormalization.Batch);
        using Training training = new(options, weighted: true);
        Recording step = new(training);
        training.Run(step, training.Table);
        // All tensors that this thread has made and not disposed, after each epoch.
        Assert.Equal(30, step.LiveTensors.Count);
        Assert.All(step.LiveTensors.Skip(2), count => Assert.Equal(step.LiveTensors[1], count));
    }

    [Fact]
    public void The_loss_is_the_weighted_mean_over_the_rows()
    {
        var options = Small();
        (options.LearningRate, options.WeightDecay, options.Epochs) = (1e-30, 0, 1);
        using Training training = new(options, weighted: true);
        using ClassificationStep step = new(training.Network, training.Module);
        var before = step.Validate(training.Table).Loss;
        Assert.Equal(before, training.Run(step).Epochs[0].TrainingLoss, 1e-6);
        using var noGradient = no_grad();
        var probabilities = Numbers.Of(training.Module.forward(training.Table.Features, null).softmax(1)).Chunk(3).ToArray();
        double sum = 0, weights = 0;
        for (var i = 0; i < 100; i++)
        {
            sum -= training.Rows.Weights[i] * Math.Log(probabilities[i][training.Rows.Classes[i]]);
            weights += training.Rows.Weights[i];
        }
        Assert.Equal(sum / weights, before, 1e-5);
    }

    /// <summary>The plain step, watched.</summary>
    private sealed class Recording(Training training) : ClassificationStep(training.Network, training.Module)
    {
        public List<long> Rows { get; } = [];

        public List<long> Sizes { get; } = [];

        public List<float[]> WeightsAfterStep { get; } = [];

        public List<float[]> WeightsAfterEpoch { get; } = [];

        public List<float[]> OutputsAfterEpoch { get; } = [];

        public List<long> LiveTensors { get; } = [];

        public Action<Batch>? Check { get; init; }

        public double[] ValidationLosses { get; init; } = [];

        public double[]? ValidationAccuracies { get; init; }

        public Action? AfterEpoch { get; init; }

        public float[] Outputs()
        {
            float[] outputs = [];
            Evaluate(training.Table, batch => outputs = Numbers.Of(Forward(batch)));
            return outputs;
        }

        public override double Train(Batch batch, double learningRate)
        {
            Rows.AddRange(batch.Rows.data<long>().ToArray());
            Sizes.Add(batch.Count);
            Check?.Invoke(batch);
            var loss = base.Train(batch, learningRate);
            WeightsAfterStep.Add(training.Weights);
            return loss;
        }

        public override void EndEpoch(int epoch)
        {
            WeightsAfterEpoch.Add(training.Weights);
            OutputsAfterEpoch.Add(Outputs());
            LiveTensors.Add(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            AfterEpoch?.Invoke();
        }

        public override ValidationScore Validate(TrainingTable table)
            => ValidationLosses.Length == 0 ? base.Validate(table) : new(ValidationLosses[WeightsAfterEpoch.Count - 1], ValidationAccuracies?[WeightsAfterEpoch.Count - 1]);
    }
}
