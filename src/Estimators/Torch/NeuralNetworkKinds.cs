using System.Text.Json.Serialization;

namespace MLExtensions.Trainers;

/// <summary>What a network applies to the weighted sums of a hidden layer, before the activation.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LayerNormalization>))]
public enum LayerNormalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// Every unit is standardised over the rows of the batch; a fitted model uses running means and variances, folded into its weights.
    /// Source: S. Ioffe, C. Szegedy, arXiv:1502.03167 (2015).
    /// </summary>
    Batch,

    /// <summary>Every row is standardised over the units of the layer. Source: J. Ba, J. Kiros, G. Hinton, arXiv:1607.06450 (2016).</summary>
    Layer,
}

/// <summary>How a network goes from a gradient to new weights.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NetworkOptimizer>))]
public enum NetworkOptimizer
{
    /// <summary>Adam with decoupled weight decay, betas 0.9 and 0.999. Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101.</summary>
    AdamW,

    /// <summary>Stochastic gradient descent with momentum; the decay is part of the gradient.</summary>
    Sgd,
}

/// <summary>How the learning rate changes over the steps of a fit.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LearningRateDecay>))]
public enum LearningRateDecay
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>Half a cosine from the learning rate to 0. Source: I. Loshchilov, F. Hutter, "SGDR", ICLR 2017, arXiv:1608.03983, equation (5) without restarts.</summary>
    Cosine,
}

/// <summary>What tells the best epoch on the validation rows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ValidationMetric>))]
public enum ValidationMetric
{
    /// <summary>The lowest loss: cross-entropy for classification, squared error for regression.</summary>
    Loss,

    /// <summary>The highest accuracy, the latest epoch among equals; regression uses the loss.</summary>
    Accuracy,
}
