using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <content>The options.</content>
public sealed partial class GradientBoostedNeuralNetworkTrainer
{
    /// <summary>Options of the gradient-boosted neural network.</summary>
    /// <remarks>
    /// Symbols: T steps of J units each, eta the learning rate, s the share of rows per step, alpha the weight penalty. Source: S. Emami, G. Martinez-Munoz,
    /// "Sequential Training of Neural Networks With Gradient Boosting", IEEE Access 11 (2023),
    /// <see href="https://arxiv.org/abs/1909.12098">arXiv:1909.12098</see>.
    /// </remarks>
    public sealed class Options : TrainerOptions
    {
        /// <summary>Hidden units of the whole network, T * J, at least 1. The model has fewer where steps were rejected or training stopped early.</summary>
        /// <value>The default value is 200.</value>
        [Range(50, 1000, init: 200, logBase: true)]
        public int NumberOfUnits { get; set; } = 200;

        /// <summary>Hidden units that are trained together in one step, J, from 1 to <see cref="NumberOfUnits"/>. Rough relations profit from up to 50.</summary>
        /// <value>The default value is 1.</value>
        [Choice(new object[] { 1, 2, 3, 4, 10, 25, 50 }, defaultValue: 1)]
        public int UnitsPerStep { get; set; } = 1;

        /// <summary>Shrinkage eta of every step, above 0 and at most 1.</summary>
        /// <value>The default value is 0.1; the reference code has 1, which is unstable.</value>
        [Range(0.01, 1.0, init: 0.1, logBase: true)]
        public double LearningRate { get; set; } = 0.1;

        /// <summary>Share s of the rows that the units of a step are fitted to, drawn anew for every step without replacement; above 0 and at most 1.</summary>
        /// <value>The default value is 0.5.</value>
        [Choice(new object[] { 0.25, 0.5, 0.75, 1.0 }, defaultValue: 0.5)]
        public double Subsample { get; set; } = 0.5;

        /// <summary>Largest number of L-BFGS iterations in a step, at least 1.</summary>
        /// <value>The default value is 200.</value>
        [Range(20, 500, init: 200, logBase: true)]
        public int MaximumIterations { get; set; } = 200;

        /// <summary>Penalty alpha on the squared weights of a step (not on its biases), relative to one row of weight 1 and standardised features; at least 0. With weights of another size, multiply it by their mean.</summary>
        /// <value>The default value is 0.0001.</value>
        [Range(1e-6, 100.0, init: 1e-4, logBase: true)]
        public double WeightPenalty { get; set; } = 1e-4;

        /// <summary>What a hidden unit applies to its weighted sum.</summary>
        /// <value>The default value is <see cref="HiddenActivation.Logistic"/>.</value>
        [Choice(new object[] { HiddenActivation.Logistic, HiddenActivation.Tanh, HiddenActivation.Relu }, defaultValue: HiddenActivation.Logistic)]
        public HiddenActivation Activation { get; set; } = HiddenActivation.Logistic;

        /// <summary>What a regression makes small; classification has a loss of its own and only allows the default.</summary>
        /// <value>The default value is <see cref="RegressionLoss.Squared"/>.</value>
        [NotSwept("what is predicted")]
        public RegressionLoss Loss { get; set; } = RegressionLoss.Squared;

        /// <summary>
        /// Error from which on <see cref="RegressionLoss.Huber"/> is linear, above 0, in robust standard deviations of the label: 1.4826 times the median distance
        /// from the median.
        /// </summary>
        /// <value>The default value is 1.</value>
        [NotSwept("what is predicted; only used with Huber loss")]
        public double HuberDelta { get; set; } = 1;

        /// <summary>The quantile q that <see cref="RegressionLoss.Quantile"/> predicts, above 0 and below 1.</summary>
        /// <value>The default value is 0.5, the median.</value>
        [NotSwept("what is predicted")]
        public double Quantile { get; set; } = 0.5;

        /// <summary>
        /// Factor on the random weights and biases that hidden units start with, above 0. Above 1 the units of a step start further from each other and from a linear function, which
        /// helps steps of many units.
        /// </summary>
        /// <value>The default value is 1, the paper's code.</value>
        [Range(0.5, 4.0, init: 1.0, logBase: true)]
        public double InitialWeightScale { get; set; } = 1;

        /// <summary>How far one step may move the log-odds of any row, or with Poisson loss the logarithm of its mean, before shrinkage, M, above 0. Other regressions need no such limit.</summary>
        /// <value>The default value is 4.</value>
        [Range(1.0, 8.0, init: 4.0, logBase: false)]
        public double StepCap { get; set; } = 4;

        /// <summary>Training ends after this many steps in a row that would not lower the training loss; at least 1.</summary>
        /// <value>The default value is 5.</value>
        [NotSwept("a safety net, seldom reached")]
        public int MaximumRejectedSteps { get; set; } = 5;

        /// <summary>
        /// Share of the rows that is held out to find the best number of units, 0 up to (not including) 1; 0 holds none out. Not used when <c>Fit</c> gets
        /// a validation view.
        /// </summary>
        /// <value>The default value is 0.</value>
        [NotSwept("early stopping; the number of units is swept")]
        public double ValidationFraction { get; set; }

        /// <summary>With validation rows, training ends after this many steps without a lower validation loss; at least 1.</summary>
        /// <value>The default value is 30.</value>
        [NotSwept("early stopping; the number of units is swept")]
        public int PatienceSteps { get; set; } = 30;

        /// <summary>
        /// Whether, after boosting, the output weights and biases of all units are fitted once more together. The training loss does not rise; whether other rows profit
        /// depends on their number: with validation rows, the boosted weights are kept where those get worse. Not with <see cref="RegressionLoss.Quantile"/>, which has no curvature.
        /// </summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [BooleanChoice(false)]
        public bool PolishOutputWeights { get; set; }

        /// <summary>Penalty of that fit on the squared distance of the weights from the boosted ones, relative to one row of weight 1; at least 0. With weights of another size, multiply it by their mean.</summary>
        /// <value>The default value is 1.</value>
        [Range(0.01, 1000.0, init: 1.0, logBase: true)]
        public double PolishPenalty { get; set; } = 1;

        /// <summary>What happens to features that are NaN.</summary>
        /// <value>The default value is <see cref="MissingValueRule.Error"/>.</value>
        [NotSwept("what a missing value means is known of the table")]
        public MissingValueRule MissingValues { get; set; } = MissingValueRule.Error;

        /// <summary>Threads to train with, at least 1; <see langword="null"/> for all cores. The model is the same, bit for bit, for any number.</summary>
        /// <value>The default value is <see langword="null"/>.</value>
        [NotSwept("speed")]
        public int? NumberOfThreads { get; set; }

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            Require(NumberOfUnits >= 1, nameof(NumberOfUnits), "must be at least 1", NumberOfUnits);
            Require(UnitsPerStep >= 1 && UnitsPerStep <= NumberOfUnits, nameof(UnitsPerStep), $"must lie between 1 and {nameof(NumberOfUnits)}", UnitsPerStep);
            Require(LearningRate is > 0 and <= 1, nameof(LearningRate), "must be above 0 and at most 1", LearningRate);
            Require(Subsample is > 0 and <= 1, nameof(Subsample), "must be above 0 and at most 1", Subsample);
            Require(MaximumIterations >= 1, nameof(MaximumIterations), "must be at least 1", MaximumIterations);
            Require(double.IsFinite(WeightPenalty) && WeightPenalty >= 0, nameof(WeightPenalty), "must be at least 0 and finite", WeightPenalty);
            Require(Activation is HiddenActivation.Logistic or HiddenActivation.Tanh or HiddenActivation.Relu, nameof(Activation), "must be Logistic, Tanh or Relu", Activation);
            Require(Enum.IsDefined(Loss), nameof(Loss), "must be Squared, Huber, Quantile or Poisson", Loss);
            Require(double.IsFinite(HuberDelta) && HuberDelta > 0, nameof(HuberDelta), "must be above 0 and finite", HuberDelta);
            Require(Quantile is > 0 and < 1, nameof(Quantile), "must be above 0 and below 1", Quantile);
            Require(double.IsFinite(InitialWeightScale) && InitialWeightScale > 0, nameof(InitialWeightScale), "must be above 0 and finite", InitialWeightScale);
            Require(double.IsFinite(StepCap) && StepCap > 0, nameof(StepCap), "must be above 0 and finite", StepCap);
            Require(MaximumRejectedSteps >= 1, nameof(MaximumRejectedSteps), "must be at least 1", MaximumRejectedSteps);
            Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "must be at least 0 and below 1", ValidationFraction);
            Require(PatienceSteps >= 1, nameof(PatienceSteps), "must be at least 1", PatienceSteps);
            Require(!PolishOutputWeights || Loss != RegressionLoss.Quantile, nameof(PolishOutputWeights), $"must be false with the loss {RegressionLoss.Quantile}, which has no curvature", PolishOutputWeights);
            Require(double.IsFinite(PolishPenalty) && PolishPenalty >= 0, nameof(PolishPenalty), "must be at least 0 and finite", PolishPenalty);
            Require(MissingValues is MissingValueRule.Error or MissingValueRule.Mean, nameof(MissingValues), "must be Error or Mean", MissingValues);
            Require(NumberOfThreads is null or >= 1, nameof(NumberOfThreads), "must be at least 1, or null for all cores", NumberOfThreads);
        }

        /// <summary>Checks what depends on the task.</summary>
        internal void ValidateFor(PredictionTask task)
            => Require(task == PredictionTask.Regression || Loss == RegressionLoss.Squared, nameof(Loss), $"must keep its default, {RegressionLoss.Squared}, in classification: the others are for regression", Loss);

        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);
    }
}
