using MLExtensions.Estimators.Torch;
using MLExtensions.Transforms;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

public sealed class TokenStatisticsTests
{
    public TokenStatisticsTests() => TorchLibrary.EnsureLoaded();

    [Fact]
    public void Numbers_of_the_reference()
    {
        using var scope = NewDisposeScope();
        var rows = TJepaReference.Floats("collapse", "Z");
        var spread = TokenStatistics.Of(tensor(rows, [4, 1, 3]));
        Assert.Equal(TJepaReference.Of("collapse", "std").Flat().Average(), spread.Deviations.Single(), 1e-7);
        Assert.Equal(TJepaReference.Of("collapse", "effective_rank").GetDouble(), spread.EffectiveRank, 1e-9);
        Assert.Equal(TJepaReference.Of("collapse", "uniformity_t2").GetDouble(), spread.Uniformity, 1e-7);
        Assert.Equal(1, spread.ExplainedShare, 1e-12);

        // In double, which the near-collapsed rows need.
        var collapsed = TokenStatistics.Of(tensor(rows.Select(value => 1 + (1e-4 * value)).ToArray(), [4, 1, 3]));
        Assert.Equal(TJepaReference.Of("collapse", "near_collapsed", "std").Flat().Average(), collapsed.Deviations.Single(), 1e-9);
        Assert.Equal(TJepaReference.Of("collapse", "near_collapsed", "effective_rank").GetDouble(), collapsed.EffectiveRank, 1e-5);
        Assert.Equal(TJepaReference.Of("collapse", "near_collapsed", "uniformity_t2").GetDouble(), collapsed.Uniformity, 1e-12);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_not_finite_has_no_statistics(float value)
    {
        using var scope = NewDisposeScope();
        var tokens = ones(4, 2, 3);
        tokens[1, 1, 1] = value;
        var statistics = TokenStatistics.Of(tokens);
        Assert.Equal([double.NaN, double.NaN], statistics.Deviations);
        Assert.Equal([double.NaN, double.NaN], statistics.Variances);
        Assert.Equal((double.NaN, double.NaN, double.NaN), (statistics.ExplainedShare, statistics.Uniformity, statistics.EffectiveRank));
    }

    // All rows the same at each position, positions far apart: alive for statistics over all tokens together.
    [Fact]
    public void A_collapse_position_by_position_is_seen()
    {
        using var scope = NewDisposeScope();
        using Generator random = new(1);
        var positions = randn([1, 5, 8], generator: random);
        var statistics = TokenStatistics.Of(positions.expand(50, -1, -1).Plus(randn([50, 5, 8], generator: random).Times(1e-3)));
        Assert.All(statistics.Deviations, deviation => Assert.InRange(deviation, 0.0005, 0.002));
        Assert.InRange(statistics.ExplainedShare, 0, 1e-5);
        Assert.InRange(statistics.Uniformity, -1e-3, 0);
        var alive = TokenStatistics.Of(positions.Plus(randn([50, 5, 8], generator: random)));
        Assert.InRange(alive.ExplainedShare, 0.3, 0.7);
        Assert.InRange(alive.EffectiveRank, 6, 8);
    }
}
