using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <content>The options.</content>
public sealed partial class TJepaFeaturizer
{
    /// <summary>Options of <see cref="TJepaFeaturizer"/>.</summary>
    public sealed class Options : ComponentOptions
    {
        /// <summary>What is given of a row; <see langword="null"/> for <see cref="TJepaOutput.Flatten"/>, or <see cref="TJepaOutput.MeanAndReg"/> where that would be more than 2,048 numbers.</summary>
        /// <value>The default value is <see langword="null"/>.</value>
        [NotSwept("what the trainer behind it needs")]
        public TJepaOutput? Output { get; set; }

        /// <summary>Whether there is a further output column, named as the first with <c>.Surprise</c> behind: an anomaly score.</summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [NotSwept("a further column")]
        public bool Surprise { get; set; }

        /// <summary>
        /// Name of the label column. It is not read unless <see cref="SelectByProbe"/> is set, and it may be missing otherwise; it is refused among the input columns, because features that were learned from the label
        /// would give it away. <see langword="null"/> or empty for none.
        /// </summary>
        /// <value>The default value is <c>Label</c>.</value>
        public string? LabelColumnName { get; set; } = "Label";

        /// <summary>
        /// Whether the epoch is kept with which a linear model of the tokens predicts the label best, Boolean, key or Single; rows without a label are trained on all the same. Otherwise it is
        /// the last one that is healthy.
        /// </summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [NotSwept("needs a label")]
        public bool SelectByProbe { get; set; }

        /// <summary>How numbers are scaled.</summary>
        /// <value>The default value is <see cref="NumericScaling.Standardize"/>; the paper has <see cref="NumericScaling.MinMax"/>.</value>
        [NotSwept("what a number means is known of the table")]
        public NumericScaling Scaling { get; set; } = NumericScaling.Standardize;

        /// <summary>Numbers of a token h, even and a multiple of <see cref="Heads"/>.</summary>
        /// <value>The default value is 32.</value>
        [Choice(new object[] { 16, 32, 64, 128 }, defaultValue: 32)]
        public int HiddenSize { get; set; } = 32;

        /// <summary>Blocks of the encoder, at least 1.</summary>
        /// <value>The default value is 2; the paper has up to 16.</value>
        [Range(1, 8, init: 2)]
        public int Layers { get; set; } = 2;

        /// <summary>Attention heads of the encoder, at least 1.</summary>
        /// <value>The default value is 4.</value>
        [Choice(new object[] { 2, 4, 8 }, defaultValue: 4)]
        public int Heads { get; set; } = 4;

        /// <summary>Hidden units of the encoder's feed-forward networks, at least 1.</summary>
        /// <value>The default value is 64.</value>
        [Range(64, 1024, init: 64, logBase: true)]
        public int FeedForwardSize { get; set; } = 64;

        /// <summary>Share of the values that encoder and predictor leave out in training, 0 up to (not including) 1.</summary>
        /// <value>The default value is 0.</value>
        [Range(0.0, 0.01, init: 0.0)]
        public double DropoutRate { get; set; }

        /// <summary>Numbers of a token of the predictor, even and a multiple of <see cref="PredictorHeads"/>.</summary>
        /// <value>The default value is 16.</value>
        [Choice(new object[] { 8, 16, 32, 64, 128 }, defaultValue: 16)]
        public int PredictorSize { get; set; } = 16;

        /// <summary>Blocks of the predictor, at least 1.</summary>
        /// <value>The default value is 2; the paper has up to 32.</value>
        [Range(1, 8, init: 2)]
        public int PredictorLayers { get; set; } = 2;

        /// <summary>Attention heads of the predictor, at least 1.</summary>
        /// <value>The default value is 4.</value>
        [Choice(new object[] { 2, 4, 8 }, defaultValue: 4)]
        public int PredictorHeads { get; set; } = 4;

        /// <summary>Hidden units of the predictor's feed-forward networks, at least 1.</summary>
        /// <value>The default value is 64.</value>
        [NotSwept("the size of the predictor is swept")]
        public int PredictorFeedForwardSize { get; set; } = 64;

        /// <summary>Smallest share of the columns in the context, above 0 up to 1; there is always one column.</summary>
        /// <value>The default value is 0.15.</value>
        [Range(0.07, 0.15, init: 0.15)]
        public double SmallestContextShare { get; set; } = 0.15;

        /// <summary>Largest share of the columns in the context, from <see cref="SmallestContextShare"/> to 1.</summary>
        /// <value>The default value is 0.4.</value>
        [Range(0.2, 0.9, init: 0.4)]
        public double LargestContextShare { get; set; } = 0.4;

        /// <summary>Smallest share of the columns in a target mask, above 0 up to 1; with <see cref="SmallestContextShare"/> at most 1.</summary>
        /// <value>The default value is 0.15.</value>
        [Range(0.05, 0.2, init: 0.15)]
        public double SmallestTargetShare { get; set; } = 0.15;

        /// <summary>Largest share of the columns in a target mask, from <see cref="SmallestTargetShare"/> to 1.</summary>
        /// <value>The default value is 0.6.</value>
        [Range(0.2, 0.9, init: 0.6)]
        public double LargestTargetShare { get; set; } = 0.6;

        /// <summary>Target masks of each row in a step M, at least 1.</summary>
        /// <value>The default value is 4.</value>
        [Range(1, 8, init: 4)]
        public int TargetMasks { get; set; } = 4;

        /// <summary>Tokens that stand for no column and that every context has R, at least 0; without any the encoder may collapse.</summary>
        /// <value>The default value is 1.</value>
        [Range(1, 4, init: 1)]
        public int RegTokens { get; set; } = 1;

        /// <summary>How much of the target encoder's weights stays in the first step, 0 to 1.</summary>
        /// <value>The default value is 0.996.</value>
        [Range(0.99, 0.9995, init: 0.996)]
        public double EmaStart { get; set; } = 0.996;

        /// <summary>How much of the target encoder's weights would stay after the last step, from <see cref="EmaStart"/> to 1; between, it rises evenly.</summary>
        /// <value>The default value is 1.</value>
        [NotSwept("the start is swept")]
        public double EmaEnd { get; set; } = 1;

        /// <summary>Passes over the rows, at least 1.</summary>
        /// <value>The default value is 50; the paper has 300.</value>
        [Range(20, 300, init: 50, logBase: true)]
        public int Epochs { get; set; } = 50;

        /// <summary>
        /// Rows per step, at least 2; the last step of an epoch may have fewer, but not one. <see langword="null"/> takes a 64th of the training rows, rounded down to a power of two, from 16 to 256: small tables need
        /// steps, large ones speed.
        /// </summary>
        /// <value>The default value is <see langword="null"/>; the paper has 512.</value>
        [NotSwept("chosen by the number of rows; the learning rate is swept")]
        public int? BatchSize { get; set; }

        /// <summary>The largest learning rate, above 0.</summary>
        /// <value>The default value is 0.001.</value>
        [Range(1e-5, 1e-2, init: 1e-3, logBase: true)]
        public double LearningRate { get; set; } = 1e-3;

        /// <summary>The learning rate of the last step, at least 0 and at most <see cref="LearningRate"/>.</summary>
        /// <value>The default value is 0.</value>
        [NotSwept("the learning rate is swept")]
        public double FinalLearningRate { get; set; }

        /// <summary>Epochs in which the learning rate rises from 0, at least 0 and below <see cref="Epochs"/>; <see langword="null"/> for a tenth of them.</summary>
        /// <value>The default value is <see langword="null"/>.</value>
        [NotSwept("a tenth of the epochs")]
        public double? WarmUpEpochs { get; set; }

        /// <summary>How much of a weight is taken away in a step at first, relative to the learning rate; at least 0. Biases and normalisations have no decay.</summary>
        /// <value>The default value is 0.</value>
        [NotSwept("off, as published")]
        public double WeightDecay { get; set; }

        /// <summary>What <see cref="WeightDecay"/> changes to by the last step, at least 0.</summary>
        /// <value>The default value is 0.</value>
        [NotSwept("off, as published")]
        public double FinalWeightDecay { get; set; }

        /// <summary>Gradients whose norm over all weights is larger are shortened to it, above 0 and finite; <see langword="null"/> leaves them.</summary>
        /// <value>The default value is 1.</value>
        [NotSwept("a safety net, seldom reached")]
        public double? MaximumGradientNorm { get; set; } = 1;

        /// <summary>Share of the values that the context encoder does not get to see, at random, 0 up to (not including) 1: so it learns what a missing value is, whatever the training rows have.</summary>
        /// <value>The default value is 0.01.</value>
        [NotSwept("a little is enough")]
        public double HiddenValueRate { get; set; } = 0.01;

        /// <summary>Whether numeric columns share a learned vector and categorical columns another one, where there are both.</summary>
        /// <value>The default value is <see langword="true"/>.</value>
        [BooleanChoice(true)]
        public bool TypeEmbedding { get; set; } = true;

        /// <summary>Whether each column has a learned vector besides its bias.</summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [BooleanChoice(false)]
        public bool ColumnEmbedding { get; set; }

        /// <summary>
        /// Standard deviation of the first vectors that numbers and categories are multiplied by or looked up as, above 0; position codes have 0.7. <see langword="null"/> for the paper's: 1 / sqrt(3 h) for numbers, 0.02 for
        /// categories. With those, columns hardly differ from row to row at first, and it takes many more epochs to learn anything.
        /// </summary>
        /// <value>The default value is 0.4.</value>
        [Range(0.1, 1.0, init: 0.4, logBase: true)]
        public double? ValueDeviation { get; set; } = 0.4;

        /// <summary>Whether context tokens whose standard deviation from row to row is below 0.1 cost something: a way out where training collapses.</summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [BooleanChoice(false)]
        public bool VarianceFloor { get; set; }

        /// <summary>
        /// Whether masks are drawn as in the code that was published with the paper: the first [REG] token like a column, the last column never. For comparisons; needs one [REG] token, and columns that all vary.
        /// </summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [NotSwept("for comparisons")]
        public bool ReferenceIndexing { get; set; }

        /// <summary>Values of a categorical column that have an embedding of their own, at least 1: in a column of more, the most frequent ones; the others count as unknown, with a warning.</summary>
        /// <value>The default value is 10,000.</value>
        [NotSwept("a limit, not a setting")]
        public int MaximumCategories { get; set; } = 10_000;

        /// <summary>Threads that train, at least 1; <see langword="null"/> for all cores. The model depends on it in its last digits.</summary>
        /// <value>The default value is 1: as many rows a second as all cores give, or nearly, and on busy cores far more, where threads would wait for each other.</value>
        [NotSwept("speed")]
        public int? NumberOfThreads { get; set; } = 1;

        /// <summary>Number of the CUDA device that trains, from 0; <see langword="null"/> for that of the <see cref="Microsoft.ML.MLContext"/>, and if it has none either, the CPU.</summary>
        /// <value>The default value is <see langword="null"/>.</value>
        [NotSwept("where it trains")]
        public int? GpuDeviceId { get; set; }

        /// <summary>Whether the CPU trains, with a warning, when there is no such device; also when the <see cref="Microsoft.ML.MLContext"/> says so. Otherwise it is an error.</summary>
        /// <value>The default value is <see langword="false"/>.</value>
        [NotSwept("where it trains")]
        public bool FallbackToCpu { get; set; }

        /// <summary>The sizes of the encoders.</summary>
        internal TransformerShape EncoderShape => new(HiddenSize, Layers, Heads, FeedForwardSize, DropoutRate);

        /// <summary>The sizes of the predictor.</summary>
        internal TransformerShape PredictorShape => new(PredictorSize, PredictorLayers, PredictorHeads, PredictorFeedForwardSize, DropoutRate);

        /// <summary>What the training loop needs of these options.</summary>
        internal TrainingSettings TrainingSettings => new()
        {
            Epochs = Epochs,
            BatchSize = BatchSize,
            LearningRate = LearningRate,
            FinalLearningRate = FinalLearningRate,
            ReachesFinalLearningRate = true,
            WarmUpEpochs = WarmUpEpochs ?? (0.1 * Epochs),
            WeightDecay = WeightDecay,
            FinalWeightDecay = FinalWeightDecay,
            MaximumGradientNorm = MaximumGradientNorm,
        };

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            Require(Output is null || Enum.IsDefined(Output.Value), nameof(Output), $"must be one of {nameof(TJepaOutput)}, or null", Output);
            Require(Enum.IsDefined(Scaling), nameof(Scaling), "must be Standardize or MinMax", Scaling);
            ValidateTransformer(HiddenSize, nameof(HiddenSize), Layers, nameof(Layers), Heads, nameof(Heads), FeedForwardSize, nameof(FeedForwardSize));
            ValidateTransformer(
                PredictorSize, nameof(PredictorSize), PredictorLayers, nameof(PredictorLayers), PredictorHeads, nameof(PredictorHeads), PredictorFeedForwardSize, nameof(PredictorFeedForwardSize));
            Require(DropoutRate is >= 0 and < 1, nameof(DropoutRate), "must be at least 0 and below 1", DropoutRate);
            ValidateMasks();
            ValidateOptimization();
            Require(!SelectByProbe || !string.IsNullOrWhiteSpace(LabelColumnName), nameof(LabelColumnName), $"must name a column with {nameof(SelectByProbe)}", LabelColumnName);
            Require(HiddenValueRate is >= 0 and < 1, nameof(HiddenValueRate), "must be at least 0 and below 1", HiddenValueRate);
            Require(ValueDeviation is null || (ValueDeviation > 0 && double.IsFinite(ValueDeviation.Value)), nameof(ValueDeviation), "must be above 0 and finite, or null for the paper's", ValueDeviation);
            Require(MaximumCategories >= 1, nameof(MaximumCategories), "must be at least 1", MaximumCategories);
            Require(NumberOfThreads is null or >= 1, nameof(NumberOfThreads), "must be at least 1, or null for all cores", NumberOfThreads);
            Require(GpuDeviceId is null or >= 0, nameof(GpuDeviceId), "must be at least 0, or null for the device of the MLContext", GpuDeviceId);
        }

        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);

        private static void ValidateTransformer(int size, string sizeName, int layers, string layersName, int heads, string headsName, int feedForward, string feedForwardName)
        {
            Require(layers >= 1, layersName, "must be at least 1", layers);
            Require(heads >= 1, headsName, "must be at least 1", heads);
            Require(size >= 2 && size % 2 == 0 && size % heads == 0, sizeName, $"must be even and a multiple of {headsName} ({heads})", size);
            Require(feedForward >= 1, feedForwardName, "must be at least 1", feedForward);
        }

        private void ValidateMasks()
        {
            Require(SmallestContextShare is > 0 and <= 1, nameof(SmallestContextShare), "must be above 0 and at most 1", SmallestContextShare);
            Require(LargestContextShare >= SmallestContextShare && LargestContextShare <= 1, nameof(LargestContextShare), $"must be from {nameof(SmallestContextShare)} to 1", LargestContextShare);
            Require(SmallestTargetShare > 0 && SmallestContextShare + SmallestTargetShare <= 1, nameof(SmallestTargetShare), $"must be above 0, and with {nameof(SmallestContextShare)} at most 1", SmallestTargetShare);
            Require(LargestTargetShare >= SmallestTargetShare && LargestTargetShare <= 1, nameof(LargestTargetShare), $"must be from {nameof(SmallestTargetShare)} to 1", LargestTargetShare);
            Require(TargetMasks >= 1, nameof(TargetMasks), "must be at least 1", TargetMasks);
            Require(RegTokens >= 0, nameof(RegTokens), "must be at least 0", RegTokens);
            Require(!ReferenceIndexing || RegTokens == 1, nameof(RegTokens), $"must be 1 with {nameof(ReferenceIndexing)}", RegTokens);
            Require(!ReferenceIndexing || !Surprise, nameof(Surprise), $"must be false with {nameof(ReferenceIndexing)}", Surprise);
            var needsReg = Output is TJepaOutput.Reg or TJepaOutput.MeanAndReg or TJepaOutput.RawAndReg or TJepaOutput.RawAndMeanAndReg;
            Require(!needsReg || RegTokens > 0, nameof(RegTokens), $"must be at least 1 with {nameof(Output)} {Output}", RegTokens);
        }

        private void ValidateOptimization()
        {
            Require(EmaStart is >= 0 and <= 1, nameof(EmaStart), "must be 0 to 1", EmaStart);
            Require(EmaEnd >= EmaStart && EmaEnd <= 1, nameof(EmaEnd), $"must be from {nameof(EmaStart)} to 1", EmaEnd);
            Require(Epochs >= 1, nameof(Epochs), "must be at least 1", Epochs);
            Require(BatchSize is null or >= 2, nameof(BatchSize), "must be at least 2, or null to choose by the number of rows", BatchSize);
            Require(double.IsFinite(LearningRate) && LearningRate > 0, nameof(LearningRate), "must be above 0 and finite", LearningRate);
            Require(FinalLearningRate >= 0 && FinalLearningRate <= LearningRate, nameof(FinalLearningRate), $"must be at least 0 and at most {nameof(LearningRate)}", FinalLearningRate);
            Require(WarmUpEpochs is null || (WarmUpEpochs >= 0 && WarmUpEpochs < Epochs), nameof(WarmUpEpochs), $"must be at least 0 and below {nameof(Epochs)}, or null for a tenth of them", WarmUpEpochs);
            Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, nameof(WeightDecay), "must be at least 0 and finite", WeightDecay);
            Require(double.IsFinite(FinalWeightDecay) && FinalWeightDecay >= 0, nameof(FinalWeightDecay), "must be at least 0 and finite", FinalWeightDecay);
            Require(MaximumGradientNorm is null || (MaximumGradientNorm > 0 && double.IsFinite(MaximumGradientNorm.Value)), nameof(MaximumGradientNorm), "must be above 0 and finite, or null for no limit", MaximumGradientNorm);
        }
    }
}
