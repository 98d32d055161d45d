using System.Globalization;
using System.Numerics;
using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// The loop of every neural component: epochs over shuffled batches, learning rates set before each step, validation, the best epoch, log, progress, cancellation.
/// What happens with a batch is the <see cref="TrainingStep"/>'s.
/// </summary>
/// <param name="settings">Epochs, batches, schedule, patience.</param>
/// <param name="context">Log, progress and cancellation.</param>
/// <param name="fit">Random numbers.</param>
internal sealed class TrainingLoop(TrainingSettings settings, TrainingContext context, TorchFit fit)
{
    private readonly Generator _shuffling = fit.Generator(RandomUse.Shuffling);
    private readonly List<TrainingEpoch> _epochs = [];
    private LearningRateSchedule _schedule = null!;
    private long _step;
    private int _batchSize;

    /// <summary>Trains, and leaves the networks as they were after the best epoch, or after the last one without validation rows.</summary>
    /// <param name="step">What happens with a batch.</param>
    /// <param name="training">The training rows.</param>
    /// <param name="validation">Rows to find the best epoch by, or <see langword="null"/>.</param>
    /// <exception cref="InvalidOperationException">The loss or a weight is no longer a number; the message says where and what to lower.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public TrainingHistory Run(TrainingStep step, TrainingTable training, TrainingTable? validation)
    {
        _batchSize = settings.BatchSize ?? BatchSizeFor(training.Count);
        var stepsPerEpoch = StepsPerEpoch(training.Count, step.MinimumRows);
        var steps = stepsPerEpoch * settings.Epochs;
        _schedule = new(settings.LearningRateDecay, settings.LearningRate, (long)Math.Round(settings.WarmUpEpochs * stepsPerEpoch), steps);
        (_step, var best, var improved, var bestScore) = (0, 0, 0, new ValidationScore(double.PositiveInfinity, double.NegativeInfinity));
        _epochs.Clear();
        using var progress = context.StartProgress("epoch", "training loss", "learning rate", "validation loss", "validation accuracy");
        for (var epoch = 1; epoch <= settings.Epochs; epoch++)
        {
            step.BeginEpoch(epoch);
            var loss = RunEpoch(step, training, epoch);
            step.EndEpoch(epoch);
            ValidationScore? score = validation is null ? null : step.Validate(validation);
            _epochs.Add(new(epoch, _schedule.At(_step - 1), loss, score?.Loss, score?.Accuracy));
            Report(progress, _epochs[^1]);
            if (score is not { } current)
                continue;
            if (current.IsBetterThan(bestScore, settings.ValidationMetric))
                improved = epoch;
            if (current.IsPreferredTo(bestScore, settings.ValidationMetric))
            {
                (best, bestScore) = (epoch, current);
                step.Keep();
            }
            if (epoch - improved >= settings.PatienceEpochs)
                break;
        }
        if (validation is null)
            (best, bestScore) = (_epochs.Count, step.Validate(training));
        else if (best > 0 && best < _epochs.Count)
            step.Restore();
        // The last step comes after the last loss that was looked at.
        if (best == 0 || !double.IsFinite(bestScore.Loss) || !step.Networks.All(network => network.IsFinite()))
            throw Diverged(Math.Max(best, 1), best == 0 ? _epochs[0].ValidationLoss!.Value : bestScore.Loss, _epochs[Math.Max(best, 1) - 1].LearningRate);
        return new([.. _epochs], best);
    }

    /// <summary>Rows per step where the options leave it open.</summary>
    public static int BatchSizeFor(long rows) => (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((ulong)(rows / 64) + 1) / 2, 16, 256);

    private double RunEpoch(TrainingStep step, TrainingTable training, int epoch)
    {
        using var scope = NewDisposeScope();
        var order = randperm(training.Count, ScalarType.Int64, device: CPU, generator: _shuffling).to(training.Features.device);
        double loss = 0, weight = 0;
        for (var first = 0L; first < training.Count; first += _batchSize)
        {
            context.ThrowIfCanceled();
            var count = Math.Min(_batchSize, training.Count - first);
            if (count < step.MinimumRows)
                continue;
            using var stepScope = NewDisposeScope();
            var batch = training.Gather(order.narrow(0, first, count));
            var rate = _schedule.At(_step++);
            foreach (var network in step.Networks)
                network.SetLearningRate(rate);
            var batchLoss = step.Train(batch, rate);
            if (!double.IsFinite(batchLoss))
                throw Diverged(epoch, batchLoss, rate);
            var rows = batch.TotalWeight;
            loss += rows * batchLoss;
            weight += rows;
        }
        return loss / weight;
    }

    private long StepsPerEpoch(long rows, int minimumRows)
    {
        var (full, rest) = Math.DivRem(rows, _batchSize);
        var steps = _batchSize < minimumRows ? 0 : full + (rest >= minimumRows ? 1 : 0);
        return steps > 0 ? steps : throw new InvalidOperationException(
            $"The network needs at least {minimumRows} rows a batch, found {rows} training rows in batches of {_batchSize}: batch normalisation cannot be trained on one row.");
    }

    private void Report(TrainingProgress progress, TrainingEpoch epoch)
    {
        ReadOnlySpan<double> metrics = [epoch.TrainingLoss, epoch.LearningRate, epoch.ValidationLoss ?? 0, epoch.ValidationAccuracy ?? 0];
        progress.Report(epoch.Number, settings.Epochs, metrics[..(epoch.ValidationLoss is null ? 2 : epoch.ValidationAccuracy is null ? 3 : 4)]);
        progress.Checkpoint();
    }

    private static InvalidOperationException Diverged(int epoch, double loss, double rate) => new(string.Create(CultureInfo.InvariantCulture,
        $"Training diverged in epoch {epoch}: the loss is {loss} at a learning rate of {rate:G3}. Lower {nameof(NeuralNetworkOptions.LearningRate)} or {nameof(NeuralNetworkOptions.MaximumGradientNorm)}, or raise {nameof(NeuralNetworkOptions.WarmUpEpochs)}."));
}
