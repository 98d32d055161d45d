using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.NeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.NeuralNetwork;

public sealed class OptionsTests
{
    public static TheoryData<string, Options> Invalid { get; } = new()
    {
        { nameof(Options.HiddenUnits), new() { HiddenUnits = 0 } },
        { nameof(Options.HiddenLayers), new() { HiddenLayers = -1 } },
        { nameof(Options.Activation), new() { Activation = (HiddenActivation)9 } },
        { nameof(Options.Normalization), new() { Normalization = (LayerNormalization)9 } },
        { nameof(Options.DropoutRate), new() { DropoutRate = 1 } },
        { nameof(Options.DropoutRate), new() { DropoutRate = double.NaN } },
        { nameof(Options.Optimizer), new() { Optimizer = (NetworkOptimizer)9 } },
        { nameof(Options.LearningRate), new() { LearningRate = 0 } },
        { nameof(Options.LearningRate), new() { LearningRate = double.PositiveInfinity } },
        { nameof(Options.LearningRateDecay), new() { LearningRateDecay = (LearningRateDecay)9 } },
        { nameof(Options.WarmUpEpochs), new() { WarmUpEpochs = -1 } },
        { nameof(Options.WarmUpEpochs), new() { Epochs = 5, WarmUpEpochs = 5 } },
        { nameof(Options.Momentum), new() { Momentum = 1 } },
        { nameof(Options.WeightDecay), new() { WeightDecay = -1e-9 } },
        { nameof(Options.SmoothClipping), new() { SmoothClipping = 0 } },
        { nameof(Options.SmoothClipping), new() { SmoothClipping = double.PositiveInfinity } },
        { nameof(Options.AveragingEpochs), new() { AveragingEpochs = -1 } },
        { nameof(Options.AveragingEpochs), new() { AveragingEpochs = double.NaN } },
        { nameof(Options.MaximumGradientNorm), new() { MaximumGradientNorm = 0 } },
        { nameof(Options.MaximumGradientNorm), new() { MaximumGradientNorm = double.PositiveInfinity } },
        { nameof(Options.Epochs), new() { Epochs = 0 } },
        { nameof(Options.BatchSize), new() { BatchSize = 0 } },
        { nameof(Options.ValidationFraction), new() { ValidationFraction = 1 } },
        { nameof(Options.ValidationMetric), new() { ValidationMetric = (ValidationMetric)9 } },
        { nameof(Options.PatienceEpochs), new() { PatienceEpochs = 0 } },
        { nameof(Options.MissingValues), new() { MissingValues = (MissingValueRule)9 } },
        { nameof(Options.NumberOfThreads), new() { NumberOfThreads = 0 } },
        { nameof(Options.GpuDeviceId), new() { GpuDeviceId = -1 } },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Values_out_of_range_are_named(string option, Options options)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(options.Validate);

        Assert.Equal(option, error.ParamName);
        Assert.StartsWith(option + " must ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_weight_decay_depends_on_the_optimizer_unless_it_is_given()
    {
        Assert.Equal(0.3, new Options().TrainingSettings.WeightDecay);
        Assert.Equal(1e-4, new Options { Optimizer = NetworkOptimizer.Sgd }.TrainingSettings.WeightDecay);
        Assert.Equal(0, new Options { WeightDecay = 0 }.TrainingSettings.WeightDecay);
    }

    [Fact]
    public void Small_tables_are_trained_on_again_unless_it_is_said()
    {
        Assert.Equal((true, false), (new Options().RefitsWith(19_999), new Options().RefitsWith(20_000)));
        Assert.Equal((true, false), (new Options { RefitOnAllRows = true }.RefitsWith(1_000_000), new Options { RefitOnAllRows = false }.RefitsWith(10)));
    }
}
