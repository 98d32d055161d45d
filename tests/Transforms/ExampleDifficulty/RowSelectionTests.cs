using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>Shares, strata, the least of each class, ranks and draws.</summary>
public sealed class RowSelectionTests
{
    [Theory]
    [InlineData(0.5, 0, 10, 5, 5)]
    [InlineData(0.5, 0.2, 10, 3, 5)]
    [InlineData(1, 0, 10, 0, 10)]
    // What is dropped is dropped, however much may be kept.
    [InlineData(1, 0.15, 20, 0, 17)]
    [InlineData(0.9, 0.3, 10, 0, 7)]
    // Half a row is a row, and one row at least stays.
    [InlineData(0.25, 0.25, 10, 4, 3)]
    [InlineData(0.01, 0, 10, 9, 1)]
    [InlineData(0.5, 0.9, 3, 0, 0)]
    public void Shares_of_rows(double keep, double drop, int rows, int first, int count)
        => Assert.Equal((first, count), new RowSelection(keep, drop, 0).Window(rows));

    [Fact]
    public void Shares_hold_in_each_stratum()
    {
        // 20 easy rows of one group and 10 hard ones of another, one row without a group.
        float[] scores = [.. Enumerable.Range(0, 20).Select(i => i / 100f), .. Enumerable.Range(0, 10).Select(i => 1 + (i / 100f)), 5];
        int[] groups = [.. Enumerable.Repeat(0, 20), .. Enumerable.Repeat(1, 10), -1];
        RowSelection selection = new(0.5, 0.1, 0);
        Assert.Equal([.. Enumerable.Range(8, 10), .. Enumerable.Range(24, 5), 30], Kept(selection.Select(scores, groups, groups)));
        // Without strata the group that is easy shrinks: 16 rows of 31 below the 3 hardest.
        Assert.Equal(Enumerable.Range(12, 16), Kept(selection.Select(scores, [], new int[31])));
    }

    [Fact]
    public void Each_class_keeps_its_least()
    {
        // An easy class, a middle one, and a small one that is the hardest.
        int[] classes = [.. Enumerable.Repeat(0, 40), .. Enumerable.Repeat(1, 55), .. Enumerable.Repeat(2, 5)];
        float[] scores = [.. Enumerable.Range(0, 100).Select(i => i / 100f)];
        var kept = Kept(new RowSelection(0.3, 0.1, 0.1).Select(scores, [], classes));
        // 60 to 89 by their difficulty, the four hardest of the easy class, and the least hard of the one that was dropped.
        Assert.Equal([36, 37, 38, 39, .. Enumerable.Range(60, 30), 95], kept);
        Assert.Equal([39, .. Enumerable.Range(60, 30), 95], Kept(new RowSelection(0.3, 0.1, 0).Select(scores, [], classes)));
    }

    [Fact]
    public void Rows_without_a_score_stay_and_are_not_counted()
    {
        float[] scores = [float.NaN, 0.4f, float.NaN, 0.3f, 0.2f, 0.1f];
        Assert.Equal([0, 1, 2, 3], Kept(new RowSelection(0.5, 0, 0).Select(scores, [], new int[6])));
        Assert.Equal([5, 4, 3, 1], RowSelection.Order(scores));
        Assert.Equal([0, 1], Kept(new RowSelection(0.5, 0, 0).Select([float.NaN, float.NaN], [], [0, 1])));
    }

    [Fact]
    public void Ranks_are_places_in_the_group()
    {
        float[] scores = [0.5f, 0.1f, float.NaN, 0.9f, 7, 0.5f];
        Assert.Equal([0.25f, 0, float.NaN, 0.75f, 1, 0.5f], RowSelection.Ranks(scores, []));
        Assert.Equal([0, 0, float.NaN, 0.5f, 1, 1], RowSelection.Ranks(scores, [0, 1, 0, 1, 1, 0]));
        Assert.Equal([0f], RowSelection.Ranks([3], []));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.1)]
    [InlineData(0.95)]
    [InlineData(1)]
    public void Rows_are_drawn_in_proportion_and_their_weights_make_up_for_it(double keep)
    {
        Random random = new(5);
        float[] scores = [.. Enumerable.Range(0, 4000).Select(i => i % 10 == 0 ? 1.3f * random.NextSingle() : 0.05f * random.NextSingle())];
        var probabilities = DifficultySampling.Probabilities(scores, keep);
        Assert.Equal(keep, probabilities.Average(), 1e-9);
        Assert.All(probabilities, q => Assert.InRange(q, 0.1 * keep, 1));
        // In proportion, where neither end cuts.
        var inside = Enumerable.Range(0, scores.Length).Where(i => probabilities[i] > (0.1 * keep) + 1e-9 && probabilities[i] < 1 - 1e-9).ToArray();
        Assert.All(inside, i => Assert.Equal(probabilities[inside[0]] / scores[inside[0]], probabilities[i] / scores[i], 1e-4));

        // Sums of anything over all rows, by the rows that were drawn, on average over many draws: within four standard errors.
        const int Draws = 40;
        foreach (var value in new Func<int, double>[] { _ => 1, i => scores[i], i => i % 7 })
        {
            var estimate = Enumerable.Range(0, Draws).Average(seed => DifficultySampling.Draw(probabilities, seed).Select((isDrawn, i) => isDrawn ? value(i) / probabilities[i] : 0).Sum());
            var deviation = Math.Sqrt(Enumerable.Range(0, scores.Length).Sum(i => value(i) * value(i) * (1 - probabilities[i]) / probabilities[i]) / Draws);
            Assert.InRange(estimate - Enumerable.Range(0, scores.Length).Sum(value), -4 * deviation - 1e-9, (4 * deviation) + 1e-9);
        }
    }

    [Fact]
    public void Margins_are_drawn_by_their_distance_from_the_least()
    {
        var probabilities = DifficultySampling.Probabilities([-1, -0.5f, 0, float.NaN], 0.5);
        Assert.Equal([0.05, 0.4833333, 0.9666667, 1], probabilities.Select(q => Math.Round(q, 7)));
    }

    [Fact]
    public void Rows_that_are_equally_difficult_are_equally_probable()
        => Assert.Equal([0.25, 0.25, 0.25], DifficultySampling.Probabilities([0, 0, 0], 0.25));

    [Theory]
    [InlineData(0.95, 0.9)]
    [InlineData(1, 1)]
    [InlineData(0.4, 0.04)]
    public void Rows_that_tie_at_the_least_score_make_up_the_share(double keep, double atLeast)
    {
        float[] scores = [.. Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? 0 : 0.2f + (i / 100f))];
        var probabilities = DifficultySampling.Probabilities(scores, keep);
        Assert.Equal(keep, probabilities.Average(), 1e-9);
        Assert.All(probabilities.Where((_, i) => i % 2 == 0), q => Assert.Equal(atLeast, q, 1e-9));
    }

    [Fact]
    public void All_rows_are_drawn_where_all_are_to_be_kept()
        => Assert.Equal([1, 1, 1, 1], DifficultySampling.Probabilities([-0.9f, 0.5f, float.NaN, 0.7f], 1));

    private static IEnumerable<int> Kept(bool[] keeps) => Enumerable.Range(0, keeps.Length).Where(row => keeps[row]);
}
