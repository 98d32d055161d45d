using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <content>The options.</content>
public sealed partial class NoiseRobustNeuralNetworkTrainer
{
    /// <summary>Options of the noise-robust neural network: those of every neural trainer, and four defences against wrong labels, each of which can be off.</summary>
    public sealed class Options : NeuralNetworkOptions
    {
        private const int SmallestBatch = 16;
        private const int LargestBatch = 128;
        private const int FewestBatches = 8;

        /// <summary>
        /// Options with every defence at its default: early-learning regularisation alone. Other defaults than the plain network's are a <see cref="NeuralNetworkOptions.ValidationMetric"/>
        /// of <see cref="ValidationMetric.Accuracy"/>, and that without a <see cref="NeuralNetworkOptions.BatchSize"/> batches have 128 rows, or 64, 32 or 16 where an epoch would have
        /// fewer than 8.
        /// </summary>
        // Cross-entropy on wrong labels rises while a network gets better at not repeating them; accuracy on them does not.
        public Options() => ValidationMetric = ValidationMetric.Accuracy;

        /// <summary>
        /// Settings of the defences that belong together. Any but <see cref="NoiseRobustPreset.Custom"/> sets <see cref="ElrLambda"/>, <see cref="ElrBeta"/>,
        /// <see cref="SelfDistillation"/>, <see cref="Compression"/> and <see cref="CoTeaching"/>, which then must be left alone.
        /// </summary>
        /// <value>The default value is <see cref="NoiseRobustPreset.Custom"/>.</value>
        [NotSwept("sets other options, which then must be left alone")]
        public NoiseRobustPreset Preset { get; set; } = NoiseRobustPreset.Custom;

        /// <inheritdoc/>
        /// <remarks>Must be 0 where <see cref="Compression"/> is nested.</remarks>
        [NotSwept("refused with nested dropout; dropout of the last layer is swept")]
        public override double DropoutRate { get; set; }

        /// <summary>
        /// Strength of early-learning regularisation, lambda, at least 0; 0 turns it off. With <see cref="SelfDistillation"/>, half of what is right without it is
        /// enough: both pull towards past predictions.
        /// </summary>
        /// <value>The default value is 3.</value>
        [Range(1.0, 10.0, init: 3.0, logBase: true)]
        public double ElrLambda { get; set; } = 3;

        /// <summary>How much of a row's moving average of predictions stays from one epoch to the next, beta, 0 up to (not including) 1.</summary>
        /// <value>The default value is 0.7.</value>
        [Range(0.5, 0.99, init: 0.7)]
        public double ElrBeta { get; set; } = 0.7;

        /// <summary>
        /// Whether the regularisation of a row is divided by the relative frequency of the class that its past predictions name, within a factor of 10: small classes
        /// are the first to be given up.
        /// </summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [BooleanChoice(false)]
        public bool ClassBalancedElr { get; set; }

        /// <summary>Share of the last epoch's predictions in the target of the last epoch, alpha, 0 to 1; it rises to that linearly. 0 turns self-distillation off.</summary>
        /// <value>The default value is 0; <see cref="NoiseRobustPreset.Calibrated"/> and the paper have 0.8.</value>
        [Range(0.0, 0.9, init: 0.0)]
        public double SelfDistillation { get; set; }

        /// <summary>When the predictions for self-distillation are made.</summary>
        /// <value>The default value is <see cref="TeacherRefresh.DuringEpoch"/>.</value>
        [NotSwept("the same method at another price")]
        public TeacherRefresh TeacherRefresh { get; set; } = TeacherRefresh.DuringEpoch;

        /// <summary>What is left out of the last hidden layer in training. Not together with a <see cref="NeuralNetworkOptions.DropoutRate"/> where it is nested.</summary>
        /// <value>The default value is <see cref="FeatureCompression.None"/>.</value>
        [Choice(new object[] { FeatureCompression.None, FeatureCompression.Dropout, FeatureCompression.Nested }, defaultValue: FeatureCompression.None)]
        public FeatureCompression Compression { get; set; } = FeatureCompression.None;

        /// <summary>Share of the last hidden layer's units that <see cref="FeatureCompression.Dropout"/> leaves out, 0 up to (not including) 1.</summary>
        /// <value>The default value is 0.3.</value>
        [Range(0.1, 0.8, init: 0.3)]
        public double FeatureDropoutRate { get; set; } = 0.3;

        /// <summary>
        /// Width of the distribution of k for <see cref="FeatureCompression.Nested"/>, as a share of the units K of the last hidden layer, above 0: k has a probability
        /// proportional to exp(-(k / (share K))^2).
        /// </summary>
        /// <value>The default value is 0.1.</value>
        [Range(0.02, 0.5, init: 0.1, logBase: true)]
        public double NestedSigma { get; set; } = 0.1;

        /// <summary>Whether two networks are trained, each on the rows of a batch that the other one finds easiest. It takes about three times as long.</summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [BooleanChoice(false)]
        public bool CoTeaching { get; set; }

        /// <summary>
        /// Share of a batch that <see cref="CoTeaching"/> leaves out in the end, tau, 0 up to (not including) 1: the share of labels that may be wrong. <see langword="null"/> estimates it
        /// after every epoch as the share of rows that both networks together predict otherwise than labelled, at most 0.5.
        /// </summary>
        /// <value>The default value is 0.2.</value>
        [Range(0.0, 0.5, init: 0.2)]
        public double? ForgetRate { get; set; } = 0.2;

        /// <summary>Epochs in which the share that is left out rises from 0 to <see cref="ForgetRate"/>, at least 0; with 0 or 1 it is constant.</summary>
        /// <value>The default value is 10.</value>
        [Range(5, 15, init: 10)]
        public int ForgetWarmEpochs { get; set; } = 10;

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            Require(Enum.IsDefined(Preset), nameof(Preset), "must be Custom, EarlyLearning, Calibrated or HighNoise", Preset);
            Require(double.IsFinite(ElrLambda) && ElrLambda >= 0, nameof(ElrLambda), "must be at least 0 and finite", ElrLambda);
            Require(ElrBeta is >= 0 and < 1, nameof(ElrBeta), "must be at least 0 and below 1", ElrBeta);
            Require(SelfDistillation is >= 0 and <= 1, nameof(SelfDistillation), "must be 0 to 1", SelfDistillation);
            Require(Enum.IsDefined(TeacherRefresh), nameof(TeacherRefresh), "must be DuringEpoch or EndOfEpoch", TeacherRefresh);
            Require(ForgetRate is null or (>= 0 and < 1), nameof(ForgetRate), "must be at least 0 and below 1, or null to estimate it", ForgetRate);
            Require(ForgetWarmEpochs >= 0, nameof(ForgetWarmEpochs), "must be at least 0", ForgetWarmEpochs);
            ValidateCompression();
            ValidatePreset();
        }

        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);

        /// <summary>The options with every defence spelt out.</summary>
        internal Options Resolve()
        {
            var copy = Clone();
            if (Preset == NoiseRobustPreset.Custom)
                return copy;
            Options defaults = new();
            (copy.Preset, copy.ElrBeta, copy.Compression) = (NoiseRobustPreset.Custom, defaults.ElrBeta, FeatureCompression.None);
            (copy.ElrLambda, copy.SelfDistillation) = Preset == NoiseRobustPreset.Calibrated ? (0, 0.8) : (defaults.ElrLambda, 0.0);
            copy.CoTeaching = Preset == NoiseRobustPreset.HighNoise;
            return copy;
        }

        /// <summary>Rows of a batch where the user has not said: small batches make many steps, and with them memory.</summary>
        /// <param name="rows">Number of training rows.</param>
        internal int BatchSizeFor(long rows)
        {
            var size = LargestBatch;
            while (size > SmallestBatch && (rows + size - 1) / size < FewestBatches)
                size /= 2;
            return BatchSize ?? size;
        }

        private void ValidateCompression()
        {
            Require(Enum.IsDefined(Compression), nameof(Compression), "must be None, Dropout or Nested", Compression);
            Require(FeatureDropoutRate is >= 0 and < 1, nameof(FeatureDropoutRate), "must be at least 0 and below 1", FeatureDropoutRate);
            Require(double.IsFinite(NestedSigma) && NestedSigma > 0, nameof(NestedSigma), "must be above 0 and finite", NestedSigma);
            Require(Compression == FeatureCompression.None || HiddenLayers >= 1, nameof(Compression), $"must be None without a hidden layer ({nameof(HiddenLayers)} is 0)", Compression);
            Require(Compression != FeatureCompression.Nested || DropoutRate == 0, nameof(DropoutRate), $"must be 0 with nested dropout ({nameof(Compression)}): both would leave out units of the same layer", DropoutRate);
        }

        // A preset that silently undoes what was set beside it would be a trap.
        private void ValidatePreset()
        {
            if (Preset == NoiseRobustPreset.Custom)
                return;
            var (resolved, defaults) = (Resolve(), new Options());
            Check(nameof(ElrLambda), ElrLambda, defaults.ElrLambda, resolved.ElrLambda);
            Check(nameof(ElrBeta), ElrBeta, defaults.ElrBeta, resolved.ElrBeta);
            Check(nameof(SelfDistillation), SelfDistillation, defaults.SelfDistillation, resolved.SelfDistillation);
            Check(nameof(Compression), Compression, defaults.Compression, resolved.Compression);
            Check(nameof(CoTeaching), CoTeaching, defaults.CoTeaching, resolved.CoTeaching);
        }

        private void Check<T>(string option, T value, T byDefault, T byPreset)
            => Require(Equals(value, byDefault) || Equals(value, byPreset), option, $"must be left alone with the preset {Preset}; set {nameof(Preset)} to {nameof(NoiseRobustPreset.Custom)}", value);
    }
}
