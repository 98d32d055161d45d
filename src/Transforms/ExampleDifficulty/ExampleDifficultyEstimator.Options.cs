using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;

namespace MLExtensions.Transforms;

/// <content>The options.</content>
public sealed partial class ExampleDifficultyEstimator
{
    /// <summary>Options of <see cref="ExampleDifficultyEstimator"/>: the score, the runs, and the small network that is trained in each of them.</summary>
    public sealed class Options : CategoricalTrainerOptions
    {
        private const int EpochsOfForgetting = 40;

        /// <summary>Name of the column to add for the difficulty.</summary>
        /// <value>The default value is <c>Difficulty</c>.</value>
        public string DifficultyColumnName { get; set; } = "Difficulty";

        /// <summary>Name of the column to add for the standard deviation of the difficulty over the runs.</summary>
        /// <value>The default value is <c>DifficultyStd</c>.</value>
        public string DifficultyStdColumnName { get; set; } = "DifficultyStd";

        /// <summary>Name of the column to add for the label that the networks would give.</summary>
        /// <value>The default value is <c>SuggestedLabel</c>.</value>
        public string SuggestedLabelColumnName { get; set; } = "SuggestedLabel";

        /// <summary>Name of the column to add for the probability of that label.</summary>
        /// <value>The default value is <c>SuggestedLabelProbability</c>.</value>
        public string SuggestedLabelProbabilityColumnName { get; set; } = "SuggestedLabelProbability";

        /// <summary>How difficulty is measured.</summary>
        /// <value>The default value is <see cref="DifficultyScore.EL2N"/>.</value>
        [Choice(DifficultyScore.EL2N, DifficultyScore.GraNd, DifficultyScore.GraNdLastLayer, DifficultyScore.MaxMargin)]
        public DifficultyScore Score { get; set; } = DifficultyScore.EL2N;

        /// <summary>Number of networks R that are trained, each from weights and with an order of rows of its own, at least 1: the score of a row is the mean of theirs.</summary>
        /// <value>The default value is 10.</value>
        [Range(1, 20, init: 10)]
        public int Runs { get; set; } = 10;

        /// <summary>
        /// Passes over the rows after which a network is frozen, t, at least 1; <see langword="null"/> for 5, and for 40 with <see cref="DifficultyScore.Forgetting"/>, which needs a full training. Later is not better: a
        /// network that has learned wrong labels by heart finds them easy.
        /// </summary>
        /// <value>The default value is <see langword="null"/>.</value>
        [Range(1, 20, init: 5, logBase: true)]
        public int? Epochs { get; set; }

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
        public int HiddenLayers { get; set; } = 1;

        /// <summary>What a hidden unit applies to its weighted sum.</summary>
        /// <value>The default value is <see cref="HiddenActivation.Relu"/>.</value>
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
        public double WeightDecay { get; set; } = 5e-4;

        /// <summary>What happens to features that are NaN.</summary>
        /// <value>The default value is <see cref="MissingValueRule.MeanAndIndicator"/>.</value>
        public MissingValueRule MissingValues { get; set; } = MissingValueRule.MeanAndIndicator;

        /// <summary>Threads that train, at least 1; <see langword="null"/> for all cores. Scores do not depend on it.</summary>
        /// <value>The default value is <see langword="null"/>.</value>
        public int? NumberOfThreads { get; set; }

        /// <summary>Number of the CUDA device that trains, from 0; <see langword="null"/> for that of the <see cref="Microsoft.ML.MLContext"/>, and if it has none either, the CPU.</summary>
        /// <value>The default value is <see langword="null"/>.</value>
        public int? GpuDeviceId { get; set; }

        /// <summary>Whether the CPU trains, with a warning, when there is no such device; also when the <see cref="Microsoft.ML.MLContext"/> says so. Otherwise it is an error.</summary>
        /// <value>The default value is <see langword="false"/>.</value>
        public bool FallbackToCpu { get; set; }

        /// <summary>The passes over the rows with the default filled in.</summary>
        internal int ActualEpochs => Epochs ?? (Score == DifficultyScore.Forgetting ? EpochsOfForgetting : 5);

        internal HiddenShape Hidden => new(HiddenUnits, HiddenLayers, Activation);

        /// <summary>The epochs after which a network scores.</summary>
        internal IReadOnlyList<int> ScoredEpochs => AverageEpochs && ActualEpochs > 2 ? [.. Enumerable.Range(2, ActualEpochs - 1)] : [ActualEpochs];

        internal string[] OutputColumnNames => [DifficultyColumnName, DifficultyStdColumnName, SuggestedLabelColumnName, SuggestedLabelProbabilityColumnName];

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            ValidateColumns();
            Require(Enum.IsDefined(Score), nameof(Score), "must be EL2N, GraNd, GraNdLastLayer, EL1N, MaxMargin, SumMargin, CrossEntropy or Forgetting", Score);
            Require(Runs >= 1, nameof(Runs), "must be at least 1", Runs);
            Require(
                Epochs is null or >= 1, nameof(Epochs),
                "must be at least 1: scores of networks that have not been trained say nothing about labels (GraNd then follows the length of the inputs; its usefulness at initialisation did not replicate, arXiv:2303.14753)", Epochs);
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

        private void ValidateColumns()
        {
            string[] names = OutputColumnNames;
            if (names.Any(string.IsNullOrWhiteSpace) || names.Distinct().Count() < names.Length)
                throw new ArgumentException($"The columns to add need names that are not empty and differ, found {string.Join(", ", names.Select(name => $"'{name}'"))}.", nameof(DifficultyColumnName));
            string?[] read = [LabelColumnName, FeatureColumnName, .. CategoricalColumns];
            if (names.FirstOrDefault(read.Contains) is { } clash)
                throw new ArgumentException($"The column to add '{clash}' is one that is read; give it another name.", nameof(DifficultyColumnName));
        }

        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);

        internal TrainingSettings TrainingSettings(double learningRate) => new()
        {
            Epochs = ActualEpochs,
            BatchSize = BatchSize,
            Optimizer = NetworkOptimizer.Sgd,
            Nesterov = true,
            Momentum = 0.9,
            LearningRate = learningRate,
            LearningRateDecay = LearningRateDecay.None,
            WeightDecay = WeightDecay,
        };
    }
}
