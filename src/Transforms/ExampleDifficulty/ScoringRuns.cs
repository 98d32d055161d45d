using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>What one run has given.</summary>
/// <param name="Number">Number of the run, from 0.</param>
/// <param name="LearningRate">The learning rate at which it did not diverge.</param>
/// <param name="Networks">The network after each epoch that scores.</param>
/// <param name="ForgettingEvents">What was counted for each training row, or <see langword="null"/>: see <see cref="ForgettingCounter.Of"/>.</param>
internal sealed record ScoringRun(int Number, double LearningRate, IReadOnlyList<DenseNetwork> Networks, int[]? ForgettingEvents);

/// <summary>
/// Trains the R networks of a fit: five at a time as one batched product on one thread, and these groups side by side. What a run gives depends on the seed and its number alone.
/// </summary>
/// <param name="rows">The rows.</param>
/// <param name="options">The options.</param>
/// <param name="context">Log, progress, cancellation.</param>
/// <param name="fit">Device, seed and number of threads, which is 1.</param>
internal sealed class ScoringRuns(NetworkRows rows, ExampleDifficultyEstimator.Options options, TrainingContext context, TorchFit fit)
{
    // Five small networks take little longer than one. Fixed, because the last digits of a product may depend on it.
    private const int RunsPerGroup = 5;

    private const int MostHalvings = 5;

    private const int FewestValid = 3;

    /// <summary>Trains the networks. Runs that diverge are done again with half the learning rate, up to five times, and left out after that.</summary>
    /// <returns>The runs that did not diverge in the end, in the order of their numbers.</returns>
    /// <exception cref="InvalidOperationException">Fewer than three (or all that were asked for, if that is less) did not diverge.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public IReadOnlyList<ScoringRun> Train()
    {
        List<ScoringRun> done = [];
        int[] waiting = [.. Enumerable.Range(0, options.Runs)];
        var rate = options.LearningRate;
        for (var halvings = 0; waiting.Length > 0 && halvings <= MostHalvings; halvings++, rate /= 2)
        {
            var found = TrainSideBySide([.. waiting.Chunk(RunsPerGroup)], rate);
            done.AddRange(found);
            waiting = [.. waiting.Except(found.Select(run => run.Number))];
            if (waiting.Length > 0)
                context.Warn(FormattableString.Invariant($"{waiting.Length} of {options.Runs} runs diverged at a learning rate of {rate:G3}{(halvings < MostHalvings ? ": they are done again with half of it." : " and are left out.")}"));
        }
        if (done.Count < Math.Min(FewestValid, options.Runs))
        {
            throw new InvalidOperationException(FormattableString.Invariant(
                $"Only {done.Count} of {options.Runs} runs did not diverge, down to a learning rate of {2 * rate:G3}; expected at least {Math.Min(FewestValid, options.Runs)}. Lower {nameof(options.LearningRate)}, or look for features with extreme values."));
        }
        return [.. done.OrderBy(run => run.Number)];
    }

    private ScoringRun[] TrainSideBySide(int[][] groups, double rate)
    {
        var found = new ScoringRun[groups.Length][];
        // One device is not shared.
        var threads = fit.Device.type == DeviceType.CPU ? options.NumberOfThreads ?? Environment.ProcessorCount : 1;
        new FixedBlocks(threads, minimumParallelWork: 0).ForEach(groups.Length, 1, i => found[i] = TrainGroup(groups[i], rate));
        return [.. found.SelectMany(runs => runs)];
    }

    private ScoringRun[] TrainGroup(int[] numbers, double rate)
    {
        using var own = fit.OnThisThread();
        using var scope = NewDisposeScope();
        var settings = options.TrainingSettings(rate);
        using ForgettingCounter? forgetting = options.Score == DifficultyScore.Forgetting ? new(numbers.Length, rows.Training.Count, fit.Device) : null;
        using Step step = new(rows, options, settings, own, numbers) { Forgetting = forgetting };
        new TrainingLoop(settings, context, own).Run(step, rows.Training, validation: null);
        return [.. numbers.Index().Where(run => !step.Diverged[run.Index]).Select(
            run => new ScoringRun(run.Item, rate, [.. step.Scored.Select(networks => networks[run.Index])], forgetting?.Of(run.Index)))];
    }

    private sealed class Step(NetworkRows rows, ExampleDifficultyEstimator.Options options, TrainingSettings settings, TorchFit fit, int[] numbers)
        : ParallelNetworksStep(rows.CreateNetworks(options.Hidden, fit, numbers), rows.Training, settings, fit, numbers)
    {
        public ForgettingCounter? Forgetting { get; init; }

        /// <summary>The networks after each epoch that scores.</summary>
        public List<DenseNetwork[]> Scored { get; } = [];

        public override void EndEpoch(int epoch)
        {
            base.EndEpoch(epoch);
            if (options.ScoredEpochs.Contains(epoch))
                Scored.Add([.. Enumerable.Range(0, Module.Count).Select(network => rows.ToDense(Module, network))]);
        }

        protected override void AfterStep(Tensor rows, Tensor logits, Tensor labels)
            => Forgetting?.Record(rows, logits.argmax(2).eq(labels.view(logits.shape[0], -1)));
    }
}
