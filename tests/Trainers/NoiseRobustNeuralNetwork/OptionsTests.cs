using System.Reflection;
using System.Text.Json;
using Microsoft.ML.SearchSpace;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;
using Range = Microsoft.ML.SearchSpace.RangeAttribute;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

public class OptionsTests
{
    public static TheoryData<string, Options> Invalid { get; } = new()
    {
        { nameof(Options.Preset), new() { Preset = (NoiseRobustPreset)9 } },
        { nameof(Options.ElrLambda), new() { ElrLambda = -1 } },
        { nameof(Options.ElrLambda), new() { ElrLambda = double.PositiveInfinity } },
        { nameof(Options.ElrBeta), new() { ElrBeta = 1 } },
        { nameof(Options.ElrBeta), new() { ElrBeta = double.NaN } },
        { nameof(Options.SelfDistillation), new() { SelfDistillation = 1.01 } },
        { nameof(Options.TeacherRefresh), new() { TeacherRefresh = (TeacherRefresh)9 } },
        { nameof(Options.Compression), new() { Compression = (FeatureCompression)9 } },
        { nameof(Options.Compression), new() { Compression = FeatureCompression.Nested, HiddenLayers = 0 } },
        { nameof(Options.FeatureDropoutRate), new() { FeatureDropoutRate = 1 } },
        { nameof(Options.NestedSigma), new() { NestedSigma = 0 } },
        { nameof(Options.DropoutRate), new() { Compression = FeatureCompression.Nested, DropoutRate = 0.1 } },
        { nameof(Options.ForgetRate), new() { ForgetRate = 1 } },
        { nameof(Options.ForgetWarmEpochs), new() { ForgetWarmEpochs = -1 } },
        { nameof(Options.ElrLambda), new() { Preset = NoiseRobustPreset.EarlyLearning, ElrLambda = 5 } },
        { nameof(Options.ElrBeta), new() { Preset = NoiseRobustPreset.HighNoise, ElrBeta = 0.9 } },
        { nameof(Options.SelfDistillation), new() { Preset = NoiseRobustPreset.EarlyLearning, SelfDistillation = 0.8 } },
        { nameof(Options.Compression), new() { Preset = NoiseRobustPreset.Calibrated, Compression = FeatureCompression.Dropout } },
        { nameof(Options.CoTeaching), new() { Preset = NoiseRobustPreset.EarlyLearning, CoTeaching = true } },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Values_out_of_range_are_named(string option, Options options)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(options.Validate);

        Assert.Equal(option, error.ParamName);
        Assert.StartsWith(option + " must ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NoiseRobustPreset.Custom, 3, 0, false)]
    [InlineData(NoiseRobustPreset.EarlyLearning, 3, 0, false)]
    [InlineData(NoiseRobustPreset.Calibrated, 0, 0.8, false)]
    [InlineData(NoiseRobustPreset.HighNoise, 3, 0, true)]
    public void Presets_are_those_of_the_card(NoiseRobustPreset preset, double lambda, double distillation, bool coTeaching)
    {
        Options options = new() { Preset = preset, ForgetRate = 0.4, HiddenUnits = 99 };
        options.Validate();
        var resolved = options.Resolve();
        Assert.Equal((lambda, 0.7, distillation, FeatureCompression.None, coTeaching), (resolved.ElrLambda, resolved.ElrBeta, resolved.SelfDistillation, resolved.Compression, resolved.CoTeaching));
        Assert.Equal((0.4, 99), (resolved.ForgetRate, resolved.HiddenUnits));
    }

    [Theory]
    [InlineData(20_000, 128)]
    [InlineData(897, 128)]
    [InlineData(896, 64)]
    [InlineData(449, 64)]
    [InlineData(448, 32)]
    [InlineData(1, 16)]
    public void An_epoch_has_eight_batches_where_there_are_rows(int rows, int batchSize)
    {
        Assert.Equal(batchSize, new Options().BatchSizeFor(rows));
        Assert.Equal(77, new Options { BatchSize = 77 }.BatchSizeFor(rows));
    }

    [Fact]
    public void What_a_preset_sets_may_be_said_again()
        => new Options { Preset = NoiseRobustPreset.Calibrated, ElrLambda = 0, SelfDistillation = 0.8 }.Validate();

    [Fact]
    public void Options_survive_JSON_with_names()
    {
        var json = JsonSerializer.Serialize(new Options { Preset = NoiseRobustPreset.HighNoise, ValidationMetric = ValidationMetric.Loss });
        Assert.Contains("\"HighNoise\"", json, StringComparison.Ordinal);
        Assert.Equal((NoiseRobustPreset.HighNoise, ValidationMetric.Loss), JsonSerializer.Deserialize<Options>(json) is var options ? (options!.Preset, options.ValidationMetric) : default);
        Assert.Equal(ValidationMetric.Accuracy, new Options().ValidationMetric);
    }

    [Theory]
    [InlineData(nameof(Options.ElrLambda), 1.0, 10.0, 3.0, true)]
    [InlineData(nameof(Options.ElrBeta), 0.5, 0.99, 0.7, false)]
    [InlineData(nameof(Options.SelfDistillation), 0.0, 0.9, 0.0, false)]
    [InlineData(nameof(Options.FeatureDropoutRate), 0.1, 0.8, 0.3, false)]
    [InlineData(nameof(Options.NestedSigma), 0.02, 0.5, 0.1, true)]
    [InlineData(nameof(Options.ForgetRate), 0.0, 0.5, 0.2, false)]
    [InlineData(nameof(Options.ForgetWarmEpochs), 5, 15, 10, false)]
    public void Sweep_ranges_are_those_of_the_card(string option, object minimum, object maximum, object start, bool isLogarithmic)
    {
        var range = typeof(Options).GetProperty(option)!.GetCustomAttribute<Range>()!;
        Assert.Equal((minimum, maximum, start, isLogarithmic), (range.Min, range.Max, range.Init, range.LogBase));
    }

    [Fact]
    public void Choices_are_those_of_the_card()
        => Assert.Equal(3, typeof(Options).GetProperty(nameof(Options.Compression))!.GetCustomAttribute<ChoiceAttribute>()!.Candidates.Length);
}
