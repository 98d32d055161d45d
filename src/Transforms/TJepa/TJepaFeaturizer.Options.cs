using MLExtensions.Estimators.Training;


namespace MLExtensions.Transforms;

internal sealed partial class TJepaFeaturizer
{
    public sealed class Options : ComponentOptions
    {
        public int HiddenSize { get; set; } = 32;
        public int Layers { get; set; } = 2;
        public int Heads { get; set; } = 4;
        public int FeedForwardSize { get; set; } = 64;
        public double DropoutRate { get; set; }
        public int PredictorSize { get; set; } = 16;
        public int PredictorLayers { get; set; } = 2;
        public int PredictorHeads { get; set; } = 4;
        public int PredictorFeedForwardSize { get; set; } = 64;
        public double SmallestContextShare { get; set; } = 0.15;
        public double LargestContextShare { get; set; } = 0.40;
        public double SmallestTargetShare { get; set; } = 0.15;
        public double LargestTargetShare { get; set; } = 0.60;
        public int TargetMasks { get; set; } = 4;
        public int RegTokens { get; set; } = 1;
        public double EmaStart { get; set; } = 0.996;
        public double EmaEnd { get; set; } = 1;
        public double LearningRate { get; set; } = 3e-4;
        public double FinalLearningRate { get; set; }
        public double WarmUpShare { get; set; } = 0.1;
        public int Epochs { get; set; } = 50;
        public double WeightDecay { get; set; }
        public double FinalWeightDecay { get; set; }
        public double? MaximumGradientNorm { get; set; } = 1;
        public int BatchSize { get; set; } = 256;
        public bool TypeEmbedding { get; set; } = true;
        public bool ColumnEmbedding { get; set; }
        public double HiddenValueRate { get; set; } = 0.01;
        public bool VarianceFloor { get; set; }
        public bool ReferenceIndexing { get; set; }
        public int? NumberOfThreads { get; set; }
    }
}
