using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

public sealed class MaskTests
{
    private const double ContextLeast = 0.15, ContextMost = 0.40, TargetLeast = 0.15, TargetMost = 0.60;

    public MaskTests() => TorchLibrary.EnsureLoaded();

    [Theory]
    [InlineData(14, 3, 6, 3, 6)]
    [InlineData(4, 1, 2, 1, 2)]
    [InlineData(3, 1, 1, 1, 1)]
    [InlineData(2, 1, 1, 1, 1)]
    public void Bounds_with_equal_shares(int columns, int contextLeast, int contextMost, int targetLeast, int targetMost)
        => Assert.Equal(new(contextLeast, contextMost, targetLeast, targetMost), MaskSizes.Of(columns, (0.2, 0.4), (0.2, 0.4)));

    [Theory]
    [InlineData(54, 7, 20, 8, 34)]
    [InlineData(8, 1, 3, 1, 5)]
    public void Bounds_with_the_published_shares(int columns, int contextLeast, int contextMost, int targetLeast, int targetMost)
        => Assert.Equal(new(contextLeast, contextMost, targetLeast, targetMost), MaskSizes.Of(columns, (0.136, 0.368), (0.156, 0.622)));

    // Shares that fit together may not after rounding.
    [Theory]
    [InlineData(2, 0.9, 0.1)]
    [InlineData(3, 0.5, 0.5)]
    [InlineData(5, 0.1, 0.9)]
    [InlineData(2, 1.0, 0.0001)]
    public void Bounds_always_fit(int columns, double context, double target)
    {
        var sizes = MaskSizes.Of(columns, (context, 1), (target, 1));
        var random = SplitMix64.Of(1, 1);
        for (var i = 0; i < 100; i++)
        {
            var (nc, nt) = sizes.Draw(columns, () => random.NextDouble());
            Assert.InRange(nc, 1, columns - 1);
            Assert.InRange(nt, 1, columns - nc);
        }
    }

    [Fact]
    public void Sizes_have_the_law_of_the_reference()
    {
        const int Draws = 60_000;
        var sizes = MaskSizes.Of(14, (0.2, 0.4), (0.2, 0.4));
        var random = SplitMix64.Of(1, 2);
        var counts = Enumerable.Range(0, Draws).Select(_ => sizes.Draw(14, () => random.NextDouble())).CountBy(pair => pair).ToDictionary();
        foreach (var entry in TJepaReference.Of("mask_pmf_D14_default").EnumerateObject())
        {
            int[] pair = [.. entry.Name.Trim('(', ')').Split(", ").Select(int.Parse)];
            var probability = entry.Value.GetDouble();
            var deviation = Math.Sqrt(probability * (1 - probability) / Draws);
            Assert.Equal(probability, counts[(pair[0], pair[1])] / (double)Draws, 5 * deviation);
        }
        double Share(int size) => counts.Where(pair => pair.Key.Context == size).Sum(pair => pair.Value) / (double)Draws;
        Assert.Equal([1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0], Enumerable.Range(3, 4).Select(Share), (expected, actual) => Math.Abs(expected - actual) < 0.01);
    }

    [Fact]
    public void Context_and_targets_are_disjoint_and_every_column_is_in_both()
    {
        for (var columns = 2; columns <= 20; columns++)
        {
            using var scope = NewDisposeScope();
            var sizes = MaskSizes.Of(columns, (ContextLeast, ContextMost), (TargetLeast, TargetMost));
            var sampler = Sampler(columns, sizes);
            HashSet<long> contexts = [], targeted = [];
            for (var batch = 0; batch < 10; batch++)
            {
                const int Rows = 53;
                var masks = sampler.Draw(Rows, CPU);
                Assert.InRange(masks.ContextSize, sizes.SmallestContext, sizes.LargestContext);
                Assert.InRange(masks.TargetSize, sizes.SmallestTarget, sizes.LargestTarget);
                var context = masks.ContextColumns.data<long>().ToArray().Chunk(masks.ContextSize).ToArray();
                var targets = masks.TargetColumns.data<long>().ToArray().Chunk(masks.TargetSize).ToArray();
                Assert.Equal((Rows, 4 * Rows), (context.Length, targets.Length));
                for (var i = 0; i < targets.Length; i++)
                {
                    Assert.Equal(masks.TargetSize, targets[i].Distinct().Count());
                    Assert.Empty(targets[i].Intersect(context[i % Rows]));
                }
                Assert.All(context, row => Assert.Equal(masks.ContextSize, row.Distinct().Count()));
                contexts.UnionWith(context.SelectMany(row => row));
                targeted.UnionWith(targets.SelectMany(row => row));
            }
            Assert.Equal(Enumerable.Range(0, columns).Select(column => (long)column), contexts.Order());
            Assert.Equal(Enumerable.Range(0, columns).Select(column => (long)column), targeted.Order());
        }
    }

    [Fact]
    public void Every_column_is_as_likely_as_the_others()
    {
        using var scope = NewDisposeScope();
        var sampler = Sampler(9, new(2, 2, 3, 3));
        var masks = sampler.Draw(20_000, CPU);
        double[] Shares(Tensor columns) => [.. columns.bincount(null, 9).data<long>().ToArray().Select(count => count / (double)columns.shape[0])];
        Assert.All(Shares(masks.ContextColumns), share => Assert.Equal(1 / 9.0, share, 0.005));
        Assert.All(Shares(masks.TargetColumns), share => Assert.Equal(1 / 9.0, share, 0.005));
    }

    [Fact]
    public void Tokens_are_the_columns_behind_the_summary_tokens_of_their_row()
    {
        using var scope = NewDisposeScope();
        TokenLayout layout = new(2, 5, [3]);
        var masks = new MaskSampler(layout, [0, 2, 3, 5], new(2, 2, 1, 1), 3, SplitMix64.Of(1, 1)).Draw(4, CPU);
        var (columns, tokens) = (masks.ContextColumns.data<long>().ToArray().Chunk(2).ToArray(), masks.ContextTokens.data<long>().ToArray().Chunk(4).ToArray());
        for (var row = 0; row < 4; row++)
            Assert.Equal([8 * row, (8 * row) + 1, (8 * row) + 2 + columns[row][0], (8 * row) + 2 + columns[row][1]], tokens[row]);
        var targets = masks.TargetColumns.data<long>().ToArray();
        Assert.Equal(targets.Select((column, i) => (8 * (i % 4)) + 2 + column), masks.TargetTokens.data<long>().ToArray());
        Assert.All(targets, column => Assert.Contains(column, new long[] { 0, 2, 3, 5 }));
    }

    // As in the published code: the first token is drawn like a column, and the last column never is.
    [Fact]
    public void Reference_indexing_is_one_off()
    {
        using var scope = NewDisposeScope();
        TokenLayout layout = new(1, 6, []);
        MaskSampler sampler = new(layout, [0, 1, 2, 3, 4, 5], new(2, 2, 2, 2), 4, SplitMix64.Of(1, 1)) { ReferenceIndexing = true };
        var masks = sampler.Draw(500, CPU);
        var context = masks.ContextTokens.data<long>().ToArray();
        Assert.Equal(500 * 2, context.Length);
        Assert.Equal([0, 1, 2, 3, 4, 5], context.Select(token => token % 7).Distinct().Order());
        Assert.Equal([0, 1, 2, 3, 4, 5], masks.TargetTokens.data<long>().ToArray().Select(token => token % 7).Distinct().Order());
        Assert.Equal(masks.ContextColumns.data<long>().ToArray(), context.Select(token => token % 7));
    }

    [Fact]
    public void Surprise_asks_for_every_column_about_as_often()
    {
        for (var columns = 2; columns <= 20; columns++)
        {
            int[] all = [.. Enumerable.Range(3, columns)];
            var masks = SurpriseMasks.Draw(all, MaskSizes.Of(columns, (ContextLeast, ContextMost), (TargetLeast, TargetMost)), SplitMix64.Of(0, 1));
            var counts = masks.Targets.CountBy(column => column).ToDictionary();
            Assert.Equal(columns, counts.Count);
            Assert.InRange(counts.Values.Max() - counts.Values.Min(), 0, 2);
            var contexts = masks.Context.Chunk(masks.ContextSize);
            Assert.All(contexts.Zip(masks.Targets.Chunk(masks.TargetSize)), pair => Assert.Empty(pair.First.Intersect(pair.Second)));
        }
    }

    private static MaskSampler Sampler(int columns, MaskSizes sizes) => new(new(1, columns, []), [.. Enumerable.Range(0, columns)], sizes, 4, SplitMix64.Of(1, columns));
}
