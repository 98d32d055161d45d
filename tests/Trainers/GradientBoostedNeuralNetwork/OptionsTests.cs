using System.Reflection;
using System.Text.Json;
using Microsoft.ML.SearchSpace;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.GradientBoostedNeuralNetworkTrainer.Options;
using Range = Microsoft.ML.SearchSpace.RangeAttribute;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

public class OptionsTests
{
    public static TheoryData<string, Options> Invalid { get; } = new()
    {
        { nameof(Options.NumberOfUnits), new() { NumberOfUnits = 0 } },
        { nameof(Options.UnitsPerStep), new() { UnitsPerStep = 0 } },
        { nameof(Options.UnitsPerStep), new() { NumberOfUnits = 3, UnitsPerStep = 4 } },
        { nameof(Options.LearningRate), new() { LearningRate = 0 } },
        { nameof(Options.LearningRate), new() { LearningRate = 1.01 } },
        { nameof(Options.Subsample), new() { Subsample = 0 } },
        { nameof(Options.Subsample), new() { Subsample = double.NaN } },
        { nameof(Options.MaximumIterations), new() { MaximumIterations = 0 } },
        { nameof(Options.WeightPenalty), new() { WeightPenalty = -1e-9 } },
        { nameof(Options.WeightPenalty), new() { WeightPenalty = double.PositiveInfinity } },
        { nameof(Options.Activation), new() { Activation = (HiddenActivation)9 } },
        { nameof(Options.Loss), new() { Loss = (RegressionLoss)9 } },
        { nameof(Options.HuberDelta), new() { HuberDelta = 0 } },
        { nameof(Options.HuberDelta), new() { HuberDelta = double.PositiveInfinity } },
        { nameof(Options.Quantile), new() { Quantile = 0 } },
        { nameof(Options.Quantile), new() { Quantile = 1 } },
        { nameof(Options.Quantile), new() { Quantile = double.NaN } },
        { nameof(Options.PolishOutputWeights), new() { PolishOutputWeights = true, Loss = RegressionLoss.Quantile } },
        { nameof(Options.PolishPenalty), new() { PolishPenalty = -1 } },
        { nameof(Options.InitialWeightScale), new() { InitialWeightScale = 0 } },
        { nameof(Options.StepCap), new() { StepCap = 0 } },
        { nameof(Options.MaximumRejectedSteps), new() { MaximumRejectedSteps = 0 } },
        { nameof(Options.ValidationFraction), new() { ValidationFraction = 1 } },
        { nameof(Options.PatienceSteps), new() { PatienceSteps = 0 } },
        { nameof(Options.MissingValues), new() { MissingValues = (MissingValueRule)9 } },
        { nameof(Options.NumberOfThreads), new() { NumberOfThreads = 0 } },
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
    public void Enums_are_saved_by_name()
    {
        var json = JsonSerializer.Serialize(new Options { Activation = HiddenActivation.Relu, Loss = RegressionLoss.Huber });
        Assert.Contains("\"Relu\"", json, StringComparison.Ordinal);
        Assert.Contains("\"Huber\"", json, StringComparison.Ordinal);
    }

    // The paper's ranges are for small tables. The documentation recommends 10 to 50 units a step, a penalty of 30 and 300 iterations for larger ones: a sweep must be
    // able to find them.
    [Theory]
    [InlineData(nameof(Options.NumberOfUnits), 50, 1000, 200, true)]
    [InlineData(nameof(Options.LearningRate), 0.01, 1.0, 0.1, true)]
    [InlineData(nameof(Options.MaximumIterations), 20, 500, 200, true)]
    [InlineData(nameof(Options.WeightPenalty), 1e-6, 100.0, 1e-4, true)]
    [InlineData(nameof(Options.InitialWeightScale), 0.5, 4.0, 1.0, true)]
    [InlineData(nameof(Options.StepCap), 1.0, 8.0, 4.0, false)]
    public void Sweep_ranges_hold_the_paper_s_and_what_larger_tables_need(string option, object minimum, object maximum, object start, bool isLogarithmic)
    {
        var range = typeof(Options).GetProperty(option)!.GetCustomAttribute<Range>()!;
        Assert.Equal((minimum, maximum, start, isLogarithmic), (range.Min, range.Max, range.Init, range.LogBase));
    }

    [Theory]
    [InlineData(nameof(Options.UnitsPerStep), 7)]
    [InlineData(nameof(Options.Subsample), 4)]
    [InlineData(nameof(Options.Activation), 3)]
    public void Choices_hold_the_paper_s_and_what_larger_tables_need(string option, int count)
        => Assert.Equal(count, typeof(Options).GetProperty(option)!.GetCustomAttribute<ChoiceAttribute>()!.Candidates.Length);
}
