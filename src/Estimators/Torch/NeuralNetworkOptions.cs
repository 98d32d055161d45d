using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>The options that every neural trainer has: its network, its optimiser, and how long it trains.</summary>
public abstract class NeuralNetworkOptions : CategoricalTrainerOptions
{
    /// <summary>Units of every hidden layer, at least 1.</summary>
    /// <value>The default value is 256.</value>
    [Range(32, 1024, init: 256, logBase: true)]
    public int HiddenUnits { get; set; } = 256;

    /// <summary>Number of hidden layers, at least 0; a network without one is linear.</summary>
    /// <value>The default value is 2.</value>
    [Range(1, 4, init: 2)]
    public int HiddenLayers { get; set; } = 2;

    /// <summary>What a hidden unit applies to its weighted sum.</summary>
    /// <value>The default value is <see cref="HiddenActivation.Relu"/>.</value>
    [Choice(new object[] { HiddenActivation.Relu, HiddenActivation.Gelu, HiddenActivation.Silu, HiddenActivation.Tanh }, defaultValue: HiddenActivation.Relu)]
    public HiddenActivation Activation { get; set; } = HiddenActivation.Relu;

    /// <summary>What a hidden layer applies before its activation.</summary>
    /// <value>The default value is <see cref="LayerNormalization.None"/>.</value>
    [Choice(new object[] { LayerNormalization.None, LayerNormalization.Batch, LayerNormalization.Layer }, defaultValue: LayerNormalization.None)]
    public LayerNormalization Normalization { get; set; } = LayerNormalization.None;

    /// <summary>Share of the hidden units that are left out at random in every training step, 0 up to (not including) 1. Off in scoring.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 0.6, init: 0.0)]
    public virtual double DropoutRate { get; set; }

    /// <summary>How gradients change the weights.</summary>
    /// <value>The default value is <see cref="NetworkOptimizer.AdamW"/>.</value>
    [NotSwept("the learning rates that suit one do not suit the other")]
    public NetworkOptimizer Optimizer { get; set; } = NetworkOptimizer.AdamW;

    /// <summary>Size of a step, above 0.</summary>
    /// <value>The default value is 0.001.</value>
    [Range(1e-4, 1e-2, init: 1e-3, logBase: true)]
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>How the learning rate falls over the fit.</summary>
    /// <value>The default value is <see cref="LearningRateDecay.Cosine"/>.</value>
    [NotSwept("the learning rate and the number of epochs are swept")]
    public LearningRateDecay LearningRateDecay { get; set; } = LearningRateDecay.Cosine;

    /// <summary>Epochs over which the learning rate rises linearly from 0 before it falls, at least 0 and below <see cref="Epochs"/>.</summary>
    /// <value>The default value is 0.</value>
    [NotSwept("the learning rate is swept; must stay below the epochs")]
    public double WarmUpEpochs { get; set; }

    /// <summary>Share of the last change that <see cref="NetworkOptimizer.Sgd"/> keeps in the next one, 0 up to (not including) 1.</summary>
    /// <value>The default value is 0.9.</value>
    [NotSwept("not used by the default optimiser")]
    public double Momentum { get; set; } = 0.9;

    /// <summary>How much of a weight is taken away in a step, relative to the learning rate; at least 0. Biases and normalisations have no decay.</summary>
    /// <value>The default value is 0.0001.</value>
    [Range(1e-6, 1e-1, init: 1e-4, logBase: true)]
    public double WeightDecay { get; set; } = 1e-4;

    /// <summary>Gradients whose norm over all weights is larger are shortened to it, above 0 and finite; <see langword="null"/> leaves them.</summary>
    /// <value>The default value is 5.</value>
    [NotSwept("a safety net, seldom reached")]
    public double? MaximumGradientNorm { get; set; } = 5;

    /// <summary>Largest number of passes over the rows, at least 1.</summary>
    /// <value>The default value is 60.</value>
    [Range(30, 150, init: 60, logBase: true)]
    public int Epochs { get; set; } = 60;

    /// <summary>
    /// Rows per step, at least 1; the last step of an epoch may have fewer. <see langword="null"/> takes a 64th of the training rows, rounded down to a power of two, from 16
    /// to 256: small tables need steps, large ones speed.
    /// </summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [NotSwept("chosen by the number of rows")]
    public int? BatchSize { get; set; }

    /// <summary>
    /// Share of the rows that is held out to find the best epoch, 0 up to (not including) 1; 0 holds none out and keeps the last epoch. Not used when
    /// <c>Fit</c> gets a validation view.
    /// </summary>
    /// <value>The default value is 0.1.</value>
    [NotSwept("how the best epoch is found, not what is trained")]
    public double ValidationFraction { get; set; } = 0.1;

    /// <summary>What tells the best epoch.</summary>
    /// <value>The default value is <see cref="ValidationMetric.Accuracy"/>.</value>
    [NotSwept("how the best epoch is found, not what is trained")]
    public ValidationMetric ValidationMetric { get; set; } = ValidationMetric.Accuracy;

    /// <summary>With validation rows, training ends after this many epochs without a better one; at least 1. An equal accuracy is not better.</summary>
    /// <value>The default value is 20.</value>
    [NotSwept("how the best epoch is found, not what is trained")]
    public int PatienceEpochs { get; set; } = 20;

    /// <summary>What happens to features that are NaN.</summary>
    /// <value>The default value is <see cref="MissingValueRule.MeanAndIndicator"/>.</value>
    [NotSwept("what a missing value means is known of the table")]
    public MissingValueRule MissingValues { get; set; } = MissingValueRule.MeanAndIndicator;

    /// <summary>Threads that libtorch computes with, at least 1; <see langword="null"/> for all cores. The model depends on it in its last digits.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [NotSwept("speed")]
    public int? NumberOfThreads { get; set; }

    /// <summary>Number of the CUDA device that trains, from 0; <see langword="null"/> for that of the <see cref="Microsoft.ML.MLContext"/>, and if it has none either, the CPU.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [NotSwept("speed")]
    public int? GpuDeviceId { get; set; }

    /// <summary>Whether the CPU trains, with a warning, when there is no such device; also when the <see cref="Microsoft.ML.MLContext"/> says so. Otherwise it is an error.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    [NotSwept("speed")]
    public bool FallbackToCpu { get; set; }

    /// <summary>What the training loop needs of these options.</summary>
    internal TrainingSettings TrainingSettings => new()
    {
        Epochs = Epochs,
        BatchSize = BatchSize,
        Optimizer = Optimizer,
        LearningRate = LearningRate,
        LearningRateDecay = LearningRateDecay,
        WarmUpEpochs = WarmUpEpochs,
        Momentum = Momentum,
        WeightDecay = WeightDecay,
        MaximumGradientNorm = MaximumGradientNorm,
        ValidationMetric = ValidationMetric,
        PatienceEpochs = PatienceEpochs,
    };

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(HiddenUnits >= 1, nameof(HiddenUnits), "must be at least 1", HiddenUnits);
        Require(HiddenLayers >= 0, nameof(HiddenLayers), "must be at least 0", HiddenLayers);
        Require(Enum.IsDefined(Activation), nameof(Activation), "must be Logistic, Tanh, Relu, Gelu or Silu", Activation);
        Require(Enum.IsDefined(Normalization), nameof(Normalization), "must be None, Batch or Layer", Normalization);
        Require(DropoutRate is >= 0 and < 1, nameof(DropoutRate), "must be at least 0 and below 1", DropoutRate);
        ValidateOptimization();
        Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "must be at least 0 and below 1", ValidationFraction);
        Require(Enum.IsDefined(ValidationMetric), nameof(ValidationMetric), "must be Loss or Accuracy", ValidationMetric);
        Require(PatienceEpochs >= 1, nameof(PatienceEpochs), "must be at least 1", PatienceEpochs);
        Require(Enum.IsDefined(MissingValues), nameof(MissingValues), "must be Error, Mean or MeanAndIndicator", MissingValues);
        Require(NumberOfThreads is null or >= 1, nameof(NumberOfThreads), "must be at least 1, or null for all cores", NumberOfThreads);
        Require(GpuDeviceId is null or >= 0, nameof(GpuDeviceId), "must be at least 0, or null for the device of the MLContext", GpuDeviceId);
    }

    private void ValidateOptimization()
    {
        Require(Enum.IsDefined(Optimizer), nameof(Optimizer), "must be AdamW or Sgd", Optimizer);
        Require(double.IsFinite(LearningRate) && LearningRate > 0, nameof(LearningRate), "must be above 0 and finite", LearningRate);
        Require(Enum.IsDefined(LearningRateDecay), nameof(LearningRateDecay), "must be None or Cosine", LearningRateDecay);
        Require(Epochs >= 1, nameof(Epochs), "must be at least 1", Epochs);
        Require(WarmUpEpochs >= 0 && WarmUpEpochs < Epochs, nameof(WarmUpEpochs), $"must be at least 0 and below {nameof(Epochs)}", WarmUpEpochs);
        Require(Momentum is >= 0 and < 1, nameof(Momentum), "must be at least 0 and below 1", Momentum);
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, nameof(WeightDecay), "must be at least 0 and finite", WeightDecay);
        Require(MaximumGradientNorm is null || (MaximumGradientNorm > 0 && double.IsFinite(MaximumGradientNorm.Value)), nameof(MaximumGradientNorm), "must be above 0 and finite, or null for no limit", MaximumGradientNorm);
        Require(BatchSize is null or >= 1, nameof(BatchSize), "must be at least 1, or null to choose by the number of rows", BatchSize);
    }
}
