using System.Text.Json;
using Microsoft.ML;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TJepa;

public sealed class OptionsTests
{
    public static TheoryData<string, Action<TJepaFeaturizer.Options>> Wrong => new()
    {
        { "HiddenSize must be even and a multiple of Heads (4)", options => options.HiddenSize = 30 },
        { "HiddenSize must be even", options => (options.HiddenSize, options.Heads) = (3, 1) },
        { "PredictorSize must be even and a multiple of PredictorHeads (3)", options => options.PredictorHeads = 3 },
        { "Layers must be at least 1", options => options.Layers = 0 },
        { "Heads must be at least 1", options => options.Heads = 0 },
        { "PredictorLayers must be at least 1", options => options.PredictorLayers = 0 },
        { "FeedForwardSize must be at least 1", options => options.FeedForwardSize = 0 },
        { "DropoutRate must be at least 0 and below 1", options => options.DropoutRate = 1 },
        { "SmallestContextShare must be above 0", options => options.SmallestContextShare = 0 },
        { "LargestContextShare must be from SmallestContextShare to 1", options => options.LargestContextShare = 0.1 },
        { "SmallestTargetShare must be above 0, and with SmallestContextShare at most 1", options => options.SmallestTargetShare = 0.9 },
        { "LargestTargetShare must be from SmallestTargetShare to 1", options => options.LargestTargetShare = 1.1 },
        { "TargetMasks must be at least 1", options => options.TargetMasks = 0 },
        { "RegTokens must be at least 0", options => options.RegTokens = -1 },
        { "RegTokens must be 1 with ReferenceIndexing", options => (options.RegTokens, options.ReferenceIndexing) = (2, true) },
        { "RegTokens must be at least 1 with Output RawAndReg", options => (options.RegTokens, options.Output) = (0, TJepaOutput.RawAndReg) },
        { "Surprise must be false with ReferenceIndexing", options => (options.Surprise, options.ReferenceIndexing) = (true, true) },
        { "EmaStart must be 0 to 1", options => options.EmaStart = 1.1 },
        { "EmaEnd must be from EmaStart to 1", options => options.EmaEnd = 0.9 },
        { "Epochs must be at least 1", options => options.Epochs = 0 },
        { "BatchSize must be at least 2", options => options.BatchSize = 1 },
        { "LearningRate must be above 0 and finite", options => options.LearningRate = double.NaN },
        { "FinalLearningRate must be at least 0 and at most LearningRate", options => options.FinalLearningRate = 1 },
        { "WarmUpEpochs must be at least 0 and below Epochs", options => options.WarmUpEpochs = 50 },
        { "WeightDecay must be at least 0 and finite", options => options.WeightDecay = -1 },
        { "FinalWeightDecay must be at least 0 and finite", options => options.FinalWeightDecay = double.PositiveInfinity },
        { "MaximumGradientNorm must be above 0 and finite", options => options.MaximumGradientNorm = 0 },
        { "HiddenValueRate must be at least 0 and below 1", options => options.HiddenValueRate = 1 },
        { "ValueDeviation must be above 0", options => options.ValueDeviation = 0 },
        { "MaximumCategories must be at least 1", options => options.MaximumCategories = 0 },
        { "LabelColumnName must name a column with SelectByProbe", options => (options.LabelColumnName, options.SelectByProbe) = ("", true) },
        { "NumberOfThreads must be at least 1", options => options.NumberOfThreads = 0 },
        { "GpuDeviceId must be at least 0", options => options.GpuDeviceId = -1 },
        { "Scaling must be Standardize or MinMax", options => options.Scaling = (NumericScaling)7 },
        { "Output must be one of TJepaOutput", options => options.Output = (TJepaOutput)99 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_options_are_named(string message, Action<TJepaFeaturizer.Options> set)
    {
        TJepaFeaturizer.Options options = new();
        set(options);
        var error = Assert.ThrowsAny<ArgumentException>(() => new MLContext().Transforms.TJepa("Features", ["A", "B"], options));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_survive_json()
    {
        TJepaFeaturizer.Options options = new() { Output = TJepaOutput.RawAndFlatten, Scaling = NumericScaling.MinMax, WarmUpEpochs = 3, LabelColumnName = null };
        var json = JsonSerializer.Serialize(options);
        Assert.Contains("\"RawAndFlatten\"", json, StringComparison.Ordinal);
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<TJepaFeaturizer.Options>(json)));
    }

    [Theory]
    [InlineData(15, 32, 1, TJepaOutput.Flatten)]
    [InlineData(64, 32, 1, TJepaOutput.Flatten)]
    [InlineData(65, 32, 1, TJepaOutput.MeanAndReg)]
    [InlineData(65, 32, 0, TJepaOutput.MeanTokens)]
    public void Default_output(int tokens, int width, int regTokens, TJepaOutput expected) => Assert.Equal(expected, TokenPooling.DefaultOf(tokens, width, regTokens));
}
