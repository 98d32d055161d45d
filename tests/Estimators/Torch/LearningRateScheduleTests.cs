using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void A_cosine_falls_from_the_rate_to_zero()
    {
        LearningRateSchedule schedule = new(LearningRateDecay.Cosine, 0.2, warmUpSteps: 0, steps: 40);
        for (var step = 0; step < 40; step++)
            Assert.Equal(0.1 * (1 + Math.Cos(Math.PI * step / 40)), schedule.At(step), 1e-15);
        Assert.Equal((0.2, 0.1), (schedule.At(0), Math.Round(schedule.At(20), 15)));
        Assert.InRange(schedule.At(39), 1e-6, 1e-3);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2047, 16)]
    [InlineData(2048, 32)]
    [InlineData(5000, 64)]
    [InlineData(16_383, 128)]
    [InlineData(10_000_000, 256)]
    public void Batches_grow_with_the_table(long rows, int batchSize) => Assert.Equal(batchSize, TrainingLoop.BatchSizeFor(rows));

    [Fact]
    public void A_constant_rate_stays() => Assert.All(Enumerable.Range(0, 40), step => Assert.Equal(0.2, new LearningRateSchedule(LearningRateDecay.None, 0.2, 0, 40).At(step)));

    [Theory]
    [InlineData(LearningRateDecay.None)]
    [InlineData(LearningRateDecay.Cosine)]
    public void A_warm_up_rises_to_the_rate(LearningRateDecay decay)
    {
        LearningRateSchedule schedule = new(decay, 0.2, warmUpSteps: 4, steps: 40);
        Assert.Equal([0.05, 0.1, 0.15, 0.2, 0.2], Enumerable.Range(0, 5).Select(step => Math.Round(schedule.At(step), 12)));
        Assert.Equal(decay == LearningRateDecay.None ? 0.2 : 0.1, schedule.At(22), 1e-12);
    }
}
