using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TJepa;

/// <summary>Learning rate, weight decay and momentum against the reference: 50 steps, 10 of them to warm up.</summary>
public sealed class ScheduleTests
{
    private const int Steps = 50;

    [Fact]
    public void Learning_rates()
    {
        LearningRateSchedule schedule = new(LearningRateDecay.Cosine, 3e-4, warmUpSteps: 10, Steps) { ReachesFinalLearningRate = true };
        foreach (var entry in TJepaReference.Of("lr").EnumerateObject())
            Assert.Equal(entry.Value.GetDouble(), schedule.At(int.Parse(entry.Name) - 1), 1e-16);
    }

    [Fact]
    public void A_final_learning_rate_is_reached()
    {
        LearningRateSchedule schedule = new(LearningRateDecay.Cosine, 3e-4, warmUpSteps: 10, Steps) { ReachesFinalLearningRate = true, FinalLearningRate = 1e-4 };
        Assert.Equal([3e-4, 2e-4, 1e-4], new[] { 9, 29, 49 }.Select(step => Math.Round(schedule.At(step), 12)));
    }

    [Fact]
    public void Weight_decay()
    {
        foreach (var entry in TJepaReference.Of("wd").EnumerateObject())
            Assert.Equal(entry.Value.GetDouble(), LearningRateSchedule.Cosine(1e-5, 1e-2, int.Parse(entry.Name), Steps), 1e-15);
    }

    [Fact]
    public void Momentum()
    {
        TJepaFeaturizer.Options options = new();
        foreach (var entry in TJepaReference.Of("ema").EnumerateObject())
            Assert.Equal(entry.Value.GetDouble(), TJepaStep.Momentum(options, int.Parse(entry.Name), Steps), 1e-12);
    }

    [Theory]
    [InlineData("pe_encoder_d8", 8, true)]
    [InlineData("pe_predictor_d4", 4, false)]
    public void Positions(string name, int width, bool interleaved)
    {
        var expected = TJepaReference.Floats(name);
        var count = expected.Length / width;
        var actual = interleaved ? PositionCodes.Interleaved(count, width, ColumnTokenizer.Wavelength) : PositionCodes.Halves(count, width, Predictor.Wavelength);
        Assert.Equal(expected, actual, (x, y) => Math.Abs(x - y) < 1e-6);
    }
}
