using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

public sealed class DifficultyMixtureTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(0.5, 0.572364942924700)]
    [InlineData(10, 12.801827480081469)]
    [InlineData(0.01, 4.599479878042022)]
    [InlineData(123.25, 468.6144829505166)]
    public void The_logarithm_of_the_gamma_function(double x, double expected) => Assert.Equal(expected, BetaDistribution.LogGamma(x), 1e-12 * Math.Max(1, expected));

    [Fact]
    public void Factorials_are_those_of_the_gamma_function()
    {
        var logarithm = 0.0;
        for (var n = 1; n < 60; n++)
        {
            Assert.Equal(logarithm, BetaDistribution.LogGamma(n), 1e-11);
            logarithm += Math.Log(n);
        }
    }

    [Fact]
    public void A_density_integrates_to_one()
    {
        foreach (var beta in new BetaDistribution[] { new(2, 5), new(1.5, 1.5), new(8, 2) })
            Assert.Equal(1, Enumerable.Range(0, 100_000).Sum(i => beta.Density((i + 0.5) / 100_000)) / 100_000, 1e-4);
    }

    [Fact]
    public void Moments_give_the_distribution_back()
    {
        // Quantiles in fine steps stand for the distribution.
        BetaDistribution expected = new(2, 5);
        List<double> values = [];
        var area = 0.0;
        for (var i = 0; i < 100_000; i++)
        {
            var x = (i + 0.5) / 100_000;
            for (area += expected.Density(x) / 100_000; values.Count + 0.5 <= area * 2000; values.Add(x))
            {
            }
        }
        var found = BetaDistribution.Fit([.. values], _ => 0.3);
        Assert.Equal(expected.Alpha, found.Alpha, 0.01);
        Assert.Equal(expected.Beta, found.Beta, 0.03);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.2)]
    [InlineData(0.4)]
    public void Shares_of_two_heaps_are_found(double share)
    {
        Random random = new(1);
        // Easy rows near 0 with a tail, hard ones around 1.1.
        var isWrong = Enumerable.Range(0, 2000).Select(i => i < share * 2000).ToArray();
        float[] difficulties = [.. isWrong.Select(wrong => wrong ? 1.1f + (0.15f * (random.NextSingle() + random.NextSingle() - 1)) : 0.4f * random.NextSingle() * random.NextSingle())];
        var mixture = DifficultyMixture.Fit(difficulties, isWrong);
        Assert.Equal(share, mixture.NoisyShare, 0.01);
        Assert.Equal(1.1, mixture.NoisyMean, 0.03);
        Assert.Equal(0.1, mixture.CleanMean, 0.03);
        Assert.Equal(share + 0.05, mixture.SuggestedDropHardestFraction, 0.01);
        Assert.InRange(mixture.NoisyProbability(0.05), 0, 0.01);
        Assert.InRange(mixture.NoisyProbability(1.1), 0.99, 1);
        // Nothing gets cleaner by being harder, nor noisier by being easier.
        Assert.InRange(mixture.NoisyProbability(1.4), 0.99, 1);
        Assert.InRange(mixture.NoisyProbability(-1), 0, 0.01);
        var probabilities = Enumerable.Range(0, 150).Select(i => mixture.NoisyProbability(i / 100.0)).ToArray();
        Assert.All(probabilities.Zip(probabilities.Skip(1)), pair => Assert.True(pair.Second >= pair.First - 1e-9));
    }

    [Fact]
    public void Rows_that_are_predicted_as_labelled_are_not_counted()
    {
        Random random = new(1);
        float[] difficulties = [.. Enumerable.Range(0, 500).Select(i => i < 50 ? 0.5f + (0.1f * random.NextSingle()) : 0.1f * random.NextSingle())];
        var mixture = DifficultyMixture.Fit(difficulties, new bool[500]);
        Assert.Equal(0, mixture.NoisyShare);
        Assert.Equal(0, mixture.SuggestedDropHardestFraction);
    }

    [Fact]
    public void Nothing_is_suggested_beyond_a_half()
    {
        Random random = new(1);
        var isWrong = Enumerable.Range(0, 500).Select(i => i < 300).ToArray();
        Assert.Equal(0.5, DifficultyMixture.Fit([.. isWrong.Select(wrong => (wrong ? 1f : 0) + (0.2f * random.NextSingle()))], isWrong).SuggestedDropHardestFraction);
    }

    [Fact]
    public void Too_few_or_equal_rows_are_refused()
    {
        Assert.Contains("Only 9 rows", Assert.Throws<InvalidOperationException>(() => DifficultyMixture.Fit([.. Enumerable.Range(0, 9).Select(i => (float)i), float.NaN], new bool[10])).Message, StringComparison.Ordinal);
        Assert.Contains("All 12 rows are equally difficult", Assert.Throws<InvalidOperationException>(() => DifficultyMixture.Fit(new float[12], new bool[12])).Message, StringComparison.Ordinal);
    }
}
