using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>How <see cref="TrainingLoop"/> trains, whatever the network and whoever's options: a component's own options say it in their words and give it as this.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Largest number of passes over the rows, at least 1.</summary>
    public required int Epochs { get; init; }

    /// <summary>Rows per step, at least 1; <see langword="null"/> for <see cref="TrainingLoop.BatchSizeFor"/>.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How gradients change the weights.</summary>
    public NetworkOptimizer Optimizer { get; init; } = NetworkOptimizer.AdamW;

    /// <summary>The largest learning rate, above 0.</summary>
    public required double LearningRate { get; init; }

    /// <summary>How the learning rate falls.</summary>
    public LearningRateDecay LearningRateDecay { get; init; } = LearningRateDecay.Cosine;

    /// <summary>The learning rate that it falls to, at least 0.</summary>
    public double FinalLearningRate { get; init; }

    /// <summary>Whether the last step has the final learning rate; otherwise it would be that of a step after the last.</summary>
    public bool ReachesFinalLearningRate { get; init; }

    /// <summary>Epochs over which the learning rate rises from 0 before it falls, at least 0 and below <see cref="Epochs"/>.</summary>
    public double WarmUpEpochs { get; init; }

    /// <summary>Share of the last change that <see cref="NetworkOptimizer.Sgd"/> keeps in the next one, 0 up to (not including) 1.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Whether <see cref="NetworkOptimizer.Sgd"/> looks ahead by its momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>How much of a weight is taken away in a step, at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>What <see cref="WeightDecay"/> changes to along half a cosine, which the last step reaches, at least 0; <see langword="null"/> to leave it.</summary>
    public double? FinalWeightDecay { get; init; }

    /// <summary>Longer gradients are shortened to this norm; <see langword="null"/> leaves them.</summary>
    public double? MaximumGradientNorm { get; init; }

    /// <summary>What tells the best epoch.</summary>
    public ValidationMetric ValidationMetric { get; init; } = ValidationMetric.Loss;

    /// <summary>With validation rows, training ends after this many epochs without a better one; at least 1.</summary>
    public int PatienceEpochs { get; init; } = int.MaxValue;

    /// <summary>Epochs over which the weights are averaged, at least 0; 0 uses them as they are. See <see cref="WeightAveraging"/>.</summary>
    public double AveragingEpochs { get; init; }

    /// <summary>Epoch after which training ends although the learning rate falls over all <see cref="Epochs"/>; <see langword="null"/> for the last one.</summary>
    public int? LastEpoch { get; init; }

    /// <summary>The same with a batch size, chosen by the number of rows where there is none yet.</summary>
    /// <param name="rows">Number of training rows.</param>
    public TrainingSettings WithBatchesFor(long rows) => this with { BatchSize = BatchSize ?? TrainingLoop.BatchSizeFor(rows) };
}
