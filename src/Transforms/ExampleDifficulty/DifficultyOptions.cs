using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;

namespace MLExtensions.Transforms;

/// <summary>The options of everything that measures how difficult rows are: the score, the runs, and the small network that is trained in each of them.</summary>
public abstract class DifficultyOptions : CategoricalTrainerOptions
{
    private const int FewestEpochsOfForgetting = 10;

    /// <summary>How difficulty is measured.</summary>
    /// <value>The default value is <see cref="DifficultyScore.EL2N"/>.</value>
    [Choice(new object[] { DifficultyScore.EL2N, DifficultyScore.GraNd, DifficultyScore.GraNdLastLayer, DifficultyScore.MaxMargin }, defaultValue: DifficultyScore.EL2N)]
    public DifficultyScore Score { get; set; } = DifficultyScore.EL2N;

    /// <summary>Number of networks R that are trained, each from weights and with an order of rows of its own, at least 1: the score of a row is the mean of theirs.</summary>
    /// <value>The default value is 10.</value>
    [Range(3, 20, init: 10)]
    public int Runs { get; set; } = 10;

    /// <summary>
    /// Passes over the rows after which a network is frozen, t, at least 1; with <see cref="DifficultyScore.Forgetting"/>, which counts over a full training, at least 10, and 40 is usual. Later is
    /// not better otherwise: a network that has learned wrong labels by heart finds them easy.
    /// </summary>
    /// <value>The default value is 5.</value>
    [Range(1, 20, init: 5, logBase: true)]
    public int Epochs { get; set; } = 5;

    /// <summary>Whether the score of a network is the mean of its scores after the epochs 2 to t instead of the one after epoch t.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    [BooleanChoice(false)]
    public bool AverageEpochs { get; set; }

    /// <summary>Units of every hidden layer, at least 1.</summary>
    /// <value>The default value is 64.</value>
    [Range(32, 256, init: 64, logBase: true)]
    public int HiddenUnits { get; set; } = 64;

    /// <summary>Number of hidden layers, at least 0; a network without one is linear.</summary>
    /// <value>The default value is 1.</value>
    [NotSwept("one is enough to tell hard rows")]
    public int HiddenLayers { get; set; } = 1;

    /// <summary>What a hidden unit applies to its weighted sum.</summary>
    /// <value>The default value is <see cref="HiddenActivation.Relu"/>.</value>
    [NotSwept("the width is swept")]
    public HiddenActivation Activation { get; set; } = HiddenActivation.Relu;

    /// <summary>Size of a step of gradient descent with Nesterov momentum of 0.9, above 0. A run that diverges is done again with half of it.</summary>
    /// <value>The default value is 0.05.</value>
    [Range(0.01, 0.2, init: 0.05, logBase: true)]
    public double LearningRate { get; set; } = 0.05;

    /// <summary>Rows per step, at least 1; the last step of an epoch may have fewer.</summary>
    /// <value>The default value is 32.</value>
    [Range(16, 256, init: 32, logBase: true)]
    public int BatchSize { get; set; } = 32;

    /// <summary>How much of a weight is added to its gradient, at least 0. Biases have no decay.</summary>
    /// <value>The default value is 0.0005.</value>
    [NotSwept("hardly felt in a few epochs")]
    public double WeightDecay { get; set; } = 5e-4;

    /// <summary>What happens to features that are NaN.</summary>
    /// <value>The default value is <see cref="MissingValueRule.MeanAndIndicator"/>.</value>
    [NotSwept("what a missing value means is known of the table")]
    public MissingValueRule MissingValues { get; set; } = MissingValueRule.MeanAndIndicator;

    /// <summary>Threads that train, at least 1; <see langword="null"/> for all cores. Scores do not depend on it.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [NotSwept("speed")]
    public int? NumberOfThreads { get; set; }

    /// <summary>Number of the CUDA device that trains, from 0; <see langword="null"/> for that of the <see cref="Microsoft.ML.MLContext"/>, and if it has none either, the CPU.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [NotSwept("where it trains")]
    public int? GpuDeviceId { get; set; }

    /// <summary>Whether the CPU trains, with a warning, when there is no such device; also when the <see cref="Microsoft.ML.MLContext"/> says so. Otherwise it is an error.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    [NotSwept("where it trains")]
    public bool FallbackToCpu { get; set; }

    /// <summary>The hidden layers of the networks.</summary>
    internal HiddenShape Hidden => new(HiddenUnits, HiddenLayers, Activation);

    /// <summary>The epochs after which a network scores.</summary>
    internal IReadOnlyList<int> ScoredEpochs => AverageEpochs && Epochs > 2 ? [.. Enumerable.Range(2, Epochs - 1)] : [Epochs];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(Enum.IsDefined(Score), nameof(Score), "must be EL2N, GraNd, GraNdLastLayer, EL1N, MaxMargin, SumMargin, CrossEntropy or Forgetting", Score);
        Require(Runs >= 1, nameof(Runs), "must be at least 1", Runs);
        Require(
            Epochs >= 1, nameof(Epochs),
            "must be at least 1: scores of networks that have not been trained say nothing about labels (GraNd then follows the length of the inputs; its usefulness at initialisation did not replicate, arXiv:2303.14753)", Epochs);
        Require(
            Score != DifficultyScore.Forgetting || Epochs >= FewestEpochsOfForgetting, nameof(Epochs), $"must be at least {FewestEpochsOfForgetting} with {DifficultyScore.Forgetting}, which counts over a full training (40 is usual)", Epochs);
        Require(HiddenUnits >= 1, nameof(HiddenUnits), "must be at least 1", HiddenUnits);
        Require(HiddenLayers >= 0, nameof(HiddenLayers), "must be at least 0", HiddenLayers);
        Require(Enum.IsDefined(Activation), nameof(Activation), "must be Logistic, Tanh, Relu, Gelu or Silu", Activation);
        Require(double.IsFinite(LearningRate) && LearningRate > 0, nameof(LearningRate), "must be above 0 and finite", LearningRate);
        Require(BatchSize >= 1, nameof(BatchSize), "must be at least 1", BatchSize);
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, nameof(WeightDecay), "must be at least 0 and finite", WeightDecay);
        Require(Enum.IsDefined(MissingValues), nameof(MissingValues), "must be Error, Mean or MeanAndIndicator", MissingValues);
        Require(NumberOfThreads is null or >= 1, nameof(NumberOfThreads), "must be at least 1, or null for all cores", NumberOfThreads);
        Require(GpuDeviceId is null or >= 0, nameof(GpuDeviceId), "must be at least 0, or null for the device of the MLContext", GpuDeviceId);
    }

    /// <summary>How the networks are trained.</summary>
    /// <param name="learningRate">The learning rate: a run that diverged has another one.</param>
    internal TrainingSettings TrainingSettings(double learningRate) => new()
    {
        Epochs = Epochs,
        BatchSize = BatchSize,
        Optimizer = NetworkOptimizer.Sgd,
        Nesterov = true,
        Momentum = 0.9,
        LearningRate = learningRate,
        LearningRateDecay = LearningRateDecay.None,
        WeightDecay = WeightDecay,
    };
}
