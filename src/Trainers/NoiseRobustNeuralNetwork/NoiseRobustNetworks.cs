using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>The one or two networks of a fit, with their defences.</summary>
internal sealed class NoiseRobustNetworks : IDisposable
{
    private NoiseRobustNetworks(TrainingStep step, params IReadOnlyList<NoiseRobustStep> steps) => (Step, Steps) = (step, steps);

    /// <summary>What the loop calls.</summary>
    public TrainingStep Step { get; }

    /// <summary>The step of each network.</summary>
    public IReadOnlyList<NoiseRobustStep> Steps { get; }

    /// <summary>How often co-teaching left each training row out, [n]; <see langword="null"/> without it.</summary>
    public Tensor? RejectedShares => (Step as CoTeachingStep)?.RejectedShares;

    /// <summary>Share of a batch that co-teaching leaves out in the end: as given, or as estimated last; <see langword="null"/> without it.</summary>
    public double? ForgetRate => (Step as CoTeachingStep)?.ForgetRate;

    /// <summary>Initialises networks.</summary>
    /// <param name="rows">The rows of the fit.</param>
    /// <param name="options">The options, with every defence spelt out.</param>
    /// <param name="fit">Device and random numbers.</param>
    /// <param name="trace">What is predicted.</param>
    public static NoiseRobustNetworks Create(NetworkRows rows, NoiseRobustNeuralNetworkTrainer.Options options, TorchFit fit, LabelTrace trace)
    {
        var nested = options.Compression == FeatureCompression.Nested
            ? new NestedDropout(options.HiddenUnits, options.NestedSigma * options.HiddenUnits, fit.Generator(RandomUse.FeatureCompression))
            : null;
        NoiseRobustSetting setting = new(rows.Training, rows.Validation, nested, trace);
        var first = CreateStep(rows, options, fit, setting, network: 0);
        if (!options.CoTeaching)
            return new(first, first);
        try
        {
            var second = CreateStep(rows, options, fit, setting, network: 1);
            SmallLossSelection selection = new(options.ForgetRate, options.ForgetWarmEpochs, first.MinimumRows);
            return new(new CoTeachingStep(first, second, selection, setting) { ClassCount = rows.Outputs - rows.AbsentClasses.Count }, first, second);
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    /// <summary>The networks as plain numbers.</summary>
    public IReadOnlyList<DenseNetwork> ToDense(NetworkRows rows) => [.. Steps.Select(step => rows.ToDense(step.Module).KeepFeatures(step.Width))];

    /// <inheritdoc/>
    public void Dispose() => Step.Dispose();

    private static NoiseRobustStep CreateStep(
        NetworkRows rows, NoiseRobustNeuralNetworkTrainer.Options options, TorchFit fit, NoiseRobustSetting setting, int network)
    {
        var module = rows.CreateNetwork(options, fit, network);
        return new(new TrainableNetwork(module, options.TrainingSettings), module, setting)
        {
            EarlyLearning = options.ElrLambda > 0 ? EarlyLearning(rows.Training, rows.Outputs, options) : null,
            Distillation = options.SelfDistillation > 0
                ? new(SelfDistillation.StartFrom(rows.Training.Labels!, rows.Outputs), options.SelfDistillation, options.Epochs)
                : null,
            RefreshesAfterEpoch = options.TeacherRefresh == TeacherRefresh.EndOfEpoch,
            FeatureDropout = options.Compression == FeatureCompression.Dropout
                ? new(options.FeatureDropoutRate, fit.Generator(RandomUse.FeatureCompression, network))
                : null,
        };
    }

    private static EarlyLearningRegularization EarlyLearning(TrainingTable training, int classCount, NoiseRobustNeuralNetworkTrainer.Options options)
    {
        var device = training.Features.device;
        PredictionHistory targets = new(zeros(training.Count, classCount, device: device));
        var factors = options.ClassBalancedElr
            ? tensor(EarlyLearningRegularization.ClassFactors(training.Labels!.cpu().data<long>().ToArray(), classCount)).to(device).DetachFromDisposeScope()
            : null;
        return new(targets, options.ElrBeta, options.ElrLambda, factors);
    }
}
