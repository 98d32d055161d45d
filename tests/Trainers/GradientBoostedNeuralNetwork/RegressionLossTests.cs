using MLExtensions.Trainers;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>What the losses without a closed-form step do along a line, and their constants.</summary>
public class RegressionLossTests
{
    private const int Count = 41;

    private readonly Random _random = new(8);

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void The_step_of_a_quantile_is_the_lowest_on_the_line(double quantile)
    {
        for (var round = 0; round < 20; round++)
        {
            // Every third row lies on its corner, and some do not move.
            var scores = Numbers();
            var targets = scores.Select((score, i) => i % 3 == 0 ? score : score + _random.NextDouble() - 0.5).ToArray();
            var direction = Numbers().Select((h, i) => i % 7 == 0 ? 0 : h).ToArray();
            QuantileLoss loss = new(targets, Weights(), quantile);
            var step = loss.ExactStep(scores, direction)!.Value;
            var lowest = loss.LossAlong(0, Count, scores, direction, step);
            Assert.True(step >= 0);
            for (var other = 0.0; other < 4; other += 1 / 256.0)
                Assert.True(lowest <= loss.LossAlong(0, Count, scores, direction, other) + 1e-12, $"{step} is worse than {other}");
        }
    }

    [Fact]
    public void The_step_of_a_quantile_leads_downhill_where_the_gradient_does()
    {
        var (targets, scores) = (Numbers(), Numbers());
        QuantileLoss loss = new(targets, Weights(), 0.7);
        var residuals = new double[Count];
        loss.Residuals(0, Count, scores, residuals);
        var step = loss.ExactStep(scores, residuals)!.Value;
        Assert.True(step > 0 && loss.LossAlong(0, Count, scores, residuals, step) < loss.Loss(0, Count, scores));
        Assert.Equal(0, loss.ExactStep(scores, [.. residuals.Select(r => -r)]));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    public void The_curvature_of_Huber_bounds_the_loss(double delta)
    {
        var (targets, scores, direction, residuals) = (Numbers(), Numbers(), Numbers(), new double[Count]);
        HuberLoss loss = new(targets, Weights(), delta);
        loss.Residuals(0, Count, scores, residuals);
        var slope = -Enumerable.Range(0, Count).Sum(i => loss.Weights[i] * residuals[i] * direction[i]);
        var curvature = loss.Curvature(0, Count, scores, residuals, direction);
        var start = loss.Loss(0, Count, scores);
        for (var step = -3.0; step <= 3; step += 0.01)
            Assert.True(loss.LossAlong(0, Count, scores, direction, step) <= start + (step * slope) + (curvature * step * step / 2) + 1e-9);
        Assert.True(loss.LossAlong(0, Count, scores, direction, -slope / curvature) < start);
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.4)]
    [InlineData(100)]
    public void The_location_of_Huber_lies_between_median_and_mean(double delta)
    {
        double[] targets = [-1, 0, 0.5, 1, 50];
        double[] weights = [1, 2, 1, 1, 2];
        var location = new HuberLoss(targets, weights, delta).Start()[0];
        var pull = targets.Zip(weights, (y, w) => w * Math.Clamp(y - location, -delta, delta)).Sum();
        Assert.Equal(0, pull, 1e-9);
        Assert.Equal(delta switch { 0.001 => 0.5, 0.4 => 0.5, _ => 100.5 / 7 }, location, delta == 0.4 ? 0.4 : 0.001);
    }

    [Fact]
    public void A_weighted_quantile_is_the_first_value_with_enough_weight()
    {
        double[] values = [3, 1, 2, 10];
        double[] weights = [1, 1, 4, 2];
        Assert.Equal([1, 1, 2, 2, 3, 10, 10], new[] { 0.01, 0.125, 0.13, 0.625, 0.7, 0.76, 1 }.Select(share => WeightedQuantile.Of(values, weights, share)));
    }

    [Fact]
    public void A_Poisson_loss_is_half_the_deviance()
    {
        PoissonLoss loss = new([0, 3], [2, 1]);
        Assert.Equal((2 * 0.5) + ((3 * Math.Log(3 / 4.0)) - 3 + 4), loss.Loss(0, 2, [Math.Log(0.5), Math.Log(4)]), 1e-12);
        Assert.Equal(0, new PoissonLoss([7, 1e-3], [1, 1]).Loss(0, 2, [Math.Log(7), Math.Log(1e-3)]), 1e-12);
    }

    private double[] Numbers() => [.. Enumerable.Range(0, Count).Select(_ => (2 * _random.NextDouble()) - 1)];

    private static double[] Weights() => [.. Enumerable.Range(0, Count).Select(i => 0.5 + (i % 4))];
}
