using MLExtensions.Trainers;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

public sealed class LabelErrorShareTests
{
    private const int Rows = 20_000;

    // The network is right about how sure it is: rows of a known distribution over the classes, a class drawn from it, and a given label that is another one in a share of the rows.
    [Theory]
    [InlineData(2, 0.0, 4)]
    [InlineData(2, 0.4, 4)]
    [InlineData(2, 0.2, 1)]
    [InlineData(10, 0.0, 3)]
    [InlineData(10, 0.2, 3)]
    [InlineData(26, 0.4, 6)]
    public void The_share_of_wrong_labels_is_found_however_sure_the_network_is(int classes, double share, double sureness)
        => Assert.Equal(share, LabelErrorShare.Estimate(Draw(classes, share, sureness), [], classes), 0.03);

    [Fact]
    public void It_is_the_most_likely_one()
    {
        var probabilities = Draw(5, 0.3, 3)[..500];
        double LogLikelihood(double share) => probabilities.Sum(p => Math.Log(((1 - share) * p) + (share * (1 - p) / 4)));
        var best = Enumerable.Range(0, 501).Select(i => i / 1000.0).MaxBy(LogLikelihood);
        Assert.Equal(best, LabelErrorShare.Estimate(probabilities, [], 5), 0.001);
    }

    // 200 parts of 100 rows: about 10 are expected above the true share.
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    public void The_bound_is_rarely_above_the_true_share_and_not_far_below_it_with_many_rows(double share)
    {
        var probabilities = Draw(10, share, 3);
        var above = probabilities.Chunk(100).Count(few => LabelErrorShare.LowerBound(few, [], 10) > share);
        Assert.InRange(above, 0, 20);
        Assert.InRange(LabelErrorShare.LowerBound(probabilities, [], 10), share - 0.03, share + 0.005);
        Assert.True(LabelErrorShare.LowerBound(probabilities, [], 10) <= LabelErrorShare.Estimate(probabilities, [], 10));
    }

    [Fact]
    public void A_network_that_knows_nothing_accuses_nobody()
        => Assert.Equal((0, 0), (LabelErrorShare.Estimate([.. Enumerable.Repeat(0.25f, 100)], [], 4), LabelErrorShare.LowerBound([.. Enumerable.Repeat(0.25f, 100)], [], 4)));

    [Fact]
    public void It_is_never_more_than_half()
        => Assert.Equal(LabelErrorShare.Largest, LabelErrorShare.Estimate([.. Enumerable.Repeat(0f, 100)], [], 2));

    [Fact]
    public void A_row_of_weight_three_is_three_rows()
    {
        float[] once = [0.9f, 0.01f, 0.8f, 0.95f, 0.2f];
        float[] repeated = [0.9f, 0.01f, 0.01f, 0.01f, 0.8f, 0.95f, 0.2f];
        Assert.Equal(LabelErrorShare.Estimate(repeated, [], 3), LabelErrorShare.Estimate(once, [1, 3, 1, 1, 1], 3), 1e-9);
    }

    private static float[] Draw(int classes, double share, double sureness)
    {
        Random random = new(7);
        return [.. Enumerable.Range(0, Rows).Select(_ =>
        {
            var scores = Enumerable.Range(0, classes).Select(_ => Math.Exp(sureness * 2 * (random.NextDouble() - 0.5))).ToArray();
            var distribution = scores.Select(score => score / scores.Sum()).ToArray();
            var (draw, label) = (random.NextDouble(), 0);
            while (label < classes - 1 && (draw -= distribution[label]) > 0)
                label++;
            if (random.NextDouble() < share)
                label = (label + 1 + random.Next(classes - 1)) % classes;
            return (float)distribution[label];
        })];
    }
}
