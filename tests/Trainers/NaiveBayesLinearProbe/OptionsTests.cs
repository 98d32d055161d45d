using System.Reflection;
using System.Text.Json;
using Microsoft.ML.SearchSpace;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.NaiveBayesLinearProbeTrainer.Options;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

public class OptionsTests
{
    [Fact]
    public void Defaults_are_those_of_the_card_and_valid()
    {
        var options = new Options();
        options.Validate();

        Assert.Equal((CovarianceKind.Tied, 1e-3, VarianceSmoothingRule.PerFeature), (options.Covariance, options.VarianceSmoothing, options.VarianceSmoothingRule));
        Assert.Equal((ClassPriorKind.Empirical, 0, 0, 0), (options.Prior, options.PriorPseudoCount, options.Shrinkage, options.CalibrationFraction));
        Assert.False(options.DegreesOfFreedomCorrection);
    }

    public static TheoryData<string, Options> Invalid() => new()
    {
        { nameof(Options.VarianceSmoothing), new() { VarianceSmoothing = -1 } },
        { nameof(Options.VarianceSmoothing), new() { VarianceSmoothing = double.NaN } },
        { nameof(Options.VarianceFloor), new() { VarianceFloor = 0 } },
        { nameof(Options.PriorPseudoCount), new() { PriorPseudoCount = -0.5 } },
        { nameof(Options.Shrinkage), new() { Shrinkage = 1.5 } },
        { nameof(Options.CalibrationFraction), new() { CalibrationFraction = 1 } },
        { nameof(Options.Covariance), new() { Covariance = (CovarianceKind)7 } },
        { nameof(Options.GivenPriors), new() { Prior = ClassPriorKind.Given } },
        { nameof(Options.GivenPriors), new() { Prior = ClassPriorKind.Given, GivenPriors = "0.2;0.8" } },
        { nameof(Options.GivenPriors), new() { Prior = ClassPriorKind.Given, GivenPriors = "0.2,-0.8" } },
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
    public void Json_keeps_every_option_and_names_enums()
    {
        var options = new Options
        {
            Covariance = CovarianceKind.PerClass,
            VarianceSmoothing = 0.125,
            VarianceSmoothingRule = VarianceSmoothingRule.LargestVariance,
            VarianceFloor = 1e-9,
            DegreesOfFreedomCorrection = true,
            Prior = ClassPriorKind.Given,
            GivenPriors = "1,2",
            PriorPseudoCount = 0.5,
            Shrinkage = 0.25,
            CalibrationFraction = 0.2,
            LabelColumnName = "L",
            Seed = 3,
        };
        var json = JsonSerializer.Serialize(options);

        Assert.Contains("\"PerClass\"", json, StringComparison.Ordinal);
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<Options>(json)));
        Assert.All(typeof(Options).GetProperties().Where(p => p.Name is not (nameof(Options.FeatureColumnName) or nameof(Options.ExampleWeightColumnName))),
            property => Assert.NotEqual(property.GetValue(new Options()), property.GetValue(JsonSerializer.Deserialize<Options>(json))));
    }

    [Fact]
    public void Sweep_ranges_are_those_of_the_card()
    {
        var smoothing = typeof(Options).GetProperty(nameof(Options.VarianceSmoothing))!.GetCustomAttribute<RangeAttribute>()!;
        Assert.Equal((1e-12, 1.0, 1e-3, true), ((double)smoothing.Min, (double)smoothing.Max, (double)smoothing.Init, smoothing.LogBase));
        Assert.Equal(2, typeof(Options).GetProperty(nameof(Options.Covariance))!.GetCustomAttribute<ChoiceAttribute>()!.Candidates.Length);
        Assert.NotNull(typeof(Options).GetProperty(nameof(Options.DegreesOfFreedomCorrection))!.GetCustomAttribute<BooleanChoiceAttribute>());
    }
}
