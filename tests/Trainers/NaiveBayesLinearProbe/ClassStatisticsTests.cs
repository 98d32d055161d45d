using FsCheck.Xunit;
using MLExtensions.Estimators.Data;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.NaiveBayesLinearProbe.ReferenceStatistics;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

public class ClassStatisticsTests
{
    private const double Nan = double.NaN;
    private static readonly double[][] ToyRows = [[-1, -1], [-2, -1], [-3, -2], [1, 1], [2, 1], [3, 2], [2.5, 0]];
    private static readonly int[] ToyClasses = [0, 0, 0, 1, 1, 1, 1];

    [Fact]
    public void Toy_sums_are_those_of_the_card()
    {
        var statistics = Stream(Dense(ToyRows, ToyClasses), 2);

        Close([3, 4], statistics.ClassWeights, 0);
        Close([-2, -4 / 3.0, 2.125, 1], statistics.Means, 1e-15);
        Close([2, 2 / 3.0, 2.1875, 2], statistics.SumsOfSquares, 1e-15);
        Assert.Equal([3, 4], statistics.RowCounts.ToArray());
    }

    [Fact]
    public void Toy_weights_are_those_of_the_card()
    {
        // The card's seventh row has weight 0; the reader drops such rows before a block is made.
        var statistics = Stream(Dense(ToyRows[..6], ToyClasses[..6], [1, 2, 0.5, 1, 1, 3]), 2);

        Close([3.5, 5], statistics.ClassWeights, 0);
        Close([-1.857142857142857, -1.142857142857143, 2.4, 1.6], statistics.Means, 1e-15);
        var variances = Enumerable.Range(0, 2).Select(j => (statistics.SumsOfSquares[j] + statistics.SumsOfSquares[2 + j]) / 8.5).ToArray();
        Close([0.5445378151, 0.1915966387], variances, 1e-9);
    }

    [Fact]
    public void Toy_merge_is_that_of_the_card()
    {
        var first = Stream(Dense(ToyRows[..2], ToyClasses[..2]), 2);
        var second = Stream(Dense(ToyRows[2..], ToyClasses[2..]), 2);

        Close([-1.5, -1, 0, 0], first.Means, 0);
        Close([0.5, 0, 0, 0], first.SumsOfSquares, 0);
        Close([-3, -2, 2.125, 1], second.Means, 0);
        Close([0, 0, 2.1875, 2], second.SumsOfSquares, 0);

        first.Merge(second);
        Close([3, 4], first.ClassWeights, 0);
        Close([-2, -1.3333333333333333, 2.125, 1], first.Means, 1e-15);
        Close([2, 0.6666666666666666, 2.1875, 2], first.SumsOfSquares, 1e-15);
    }

    [Fact]
    public void Toy_missing_values_are_counted_per_class_and_feature()
    {
        double[][] rows = [[1, Nan], [2, 4], [Nan, 6], [5, 1], [7, Nan], [9, 3]];
        var statistics = Stream(Dense(rows, [0, 0, 0, 1, 1, 1]), 2);

        Close([3, 3], statistics.ClassWeights, 0);
        Close([2, 2, 3, 2], statistics.FeatureWeights, 0);
        Close([1.5, 5, 7, 2], statistics.Means, 1e-15);
        Close([0.5, 2, 8, 2], statistics.SumsOfSquares, 1e-15);
    }

    [Fact]
    public void Values_far_from_zero_do_not_cancel()
    {
        // Single holds 1.6e7 + (4, 7, 13, 16) exactly; at 1e8 it does not, so there the merge of four one-row statistics stands in.
        var single = Stream(RowBlock.Dense(1, [16000004, 16000007, 16000013, 16000016], [0, 0, 0, 0]), 1);
        Assert.Equal(22.5 * 4, single.SumsOfSquares[0]);
        Assert.Equal(16000010, single.Means[0]);

        var merged = new ClassStatistics(1, 1);
        foreach (var x in new[] { 4.0, 7, 13, 16 })
            merged.Merge(ClassStatistics.From(1, [1.0], [1L], [1e8 + x], [0.0]));

        Assert.Equal(22.5, merged.SumsOfSquares[0] / 4, 1e-12);
        Assert.NotEqual(22.5, NaiveVariance([1e8 + 4, 1e8 + 7, 1e8 + 13, 1e8 + 16]));
    }

    [Fact]
    public void An_outlier_as_first_row_costs_no_accuracy()
    {
        var random = new Random(1);
        double[][] rows = [[1e6], .. Enumerable.Range(0, 999).Select(_ => new[] { (double)(float)random.NextDouble() })];
        var classes = new int[1000];
        double[] weights = [(float)1e-12, .. Enumerable.Repeat(1.0, 999)];

        Close(TwoPass(rows, classes, 1, weights), Stream(Dense(rows, classes, weights), 1), 1e-12);
    }

    [Fact]
    public void A_constant_feature_has_exactly_its_value_as_mean_and_no_variance()
    {
        var random = new Random(2);
        double[][] rows = [.. Enumerable.Range(0, 5000).Select(_ => new[] { (double)0.1f, random.NextDouble() })];
        double[] weights = [.. Enumerable.Range(0, 5000).Select(_ => (double)(float)(random.NextDouble() + 0.1))];
        foreach (var block in new[] { Dense(rows, new int[5000], weights), Sparse(rows, new int[5000], weights) })
        {
            var statistics = Stream(block, 1);
            statistics.Merge(Stream(block, 1));
            Assert.Equal((double)0.1f, statistics.Means[0]);
            Assert.Equal(0, statistics.SumsOfSquares[0]);
        }
    }

    [Theory]
    [InlineData("iris")]
    [InlineData("wine")]
    [InlineData("breast_cancer")]
    [InlineData("digits")]
    public void Tables_agree_with_two_passes(string name)
    {
        var table = SmallTables.ByName(name);
        double[][] rounded = [.. table.Features.Select(row => Array.ConvertAll(row, x => (double)(float)x))];
        var expected = TwoPass(rounded, table.Classes, table.ClassCount);

        Close(expected, Stream(table.ToBlock(), table.ClassCount), 1e-12);
        Close(expected, Stream(Sparse(rounded, table.Classes), table.ClassCount), 1e-12);
    }

    [Property(MaxTest = 60)]
    public void Streaming_equals_two_passes(int seed, byte features, bool missing, bool weighted, bool sparse)
    {
        var (rows, classes, weights) = RandomRows(seed, 1 + (features % 40), missing, weighted);
        var block = sparse ? Sparse(rows, classes, weights) : Dense(rows, classes, weights);

        Close(TwoPass(rows, classes, 4, weights), Stream(block, 4), 1e-12);
    }

    [Property(MaxTest = 40)]
    public void Chunks_and_order_change_nothing(int seed, byte cut, bool missing, bool sparse)
    {
        var (rows, classes, weights) = RandomRows(seed, 9, missing, weighted: true);
        var order = Enumerable.Range(0, rows.Length).ToArray();
        new Random(seed).Shuffle(order);
        var at = cut % (rows.Length + 1);
        var parts = new[] { order[..at], order[at..] };

        var added = new ClassStatistics(4, 9);
        var merged = new ClassStatistics(4, 9);
        foreach (var part in parts.Where(part => part.Length > 0))
        {
            var (r, c, w) = (part.Select(i => rows[i]).ToArray(), part.Select(i => classes[i]).ToArray(), part.Select(i => weights![i]).ToArray());
            var block = sparse ? Sparse(r, c, w) : Dense(r, c, w);
            added.Add(block);
            merged.Merge(Stream(block, 4));
        }

        var expected = TwoPass(rows, classes, 4, weights);
        Close(expected, added, 1e-12);
        Close(expected, merged, 1e-12);
    }

    [Property(MaxTest = 40)]
    public void Weight_two_equals_the_row_twice(int seed, bool missing, bool sparse)
    {
        var (rows, classes, _) = RandomRows(seed, 5, missing, weighted: false);
        var twos = Enumerable.Repeat(2.0, rows.Length).ToArray();
        var (doubled, doubledClasses) = (rows.Concat(rows).ToArray(), classes.Concat(classes).ToArray());

        var weighted = Stream(sparse ? Sparse(rows, classes, twos) : Dense(rows, classes, twos), 4);
        var twice = Stream(sparse ? Sparse(doubled, doubledClasses) : Dense(doubled, doubledClasses), 4);
        Close(twice.ClassWeights, weighted.ClassWeights, 0);
        Close(twice.Means, weighted.Means, 1e-12);
        Close(twice.SumsOfSquares, weighted.SumsOfSquares, 1e-12);
    }

    [Property(MaxTest = 40)]
    public void Merging_is_associative_within_rounding(int seed)
    {
        var parts = Enumerable.Range(0, 3).Select(i => RandomRows(seed + i, 6, missing: i == 1, weighted: true)).Select(p => Stream(Dense(p.Rows, p.Classes, p.Weights), 4)).ToArray();
        var left = parts[0].Clone();
        left.Merge(parts[1]);
        left.Merge(parts[2]);
        var right = parts[1].Clone();
        right.Merge(parts[2]);
        var whole = parts[0].Clone();
        whole.Merge(right);

        Close(left, whole, 1e-12);
    }

    [Fact]
    public void Merging_with_nothing_keeps_every_bit()
    {
        var (rows, classes, weights) = RandomRows(3, 7, missing: true, weighted: true);
        var statistics = Stream(Dense(rows, classes, weights), 4);
        var fromEmpty = new ClassStatistics(4, 7);
        fromEmpty.Merge(statistics);
        var withEmpty = statistics.Clone();
        withEmpty.Merge(new ClassStatistics(4, 7));

        Close(statistics, fromEmpty, 0);
        Close(statistics, withEmpty, 0);
    }

    [Fact]
    public void Dense_and_sparse_blocks_mix()
    {
        var (rows, classes, weights) = RandomRows(4, 7, missing: false, weighted: true);
        var statistics = new ClassStatistics(4, 7);
        statistics.Add(Sparse(rows, classes, weights));
        statistics.Add(Dense(rows, classes, weights));
        statistics.Add(Sparse(rows, classes, weights));

        Close(TwoPass([.. rows, .. rows, .. rows], [.. classes, .. classes, .. classes], 4, [.. weights!, .. weights!, .. weights!]), statistics, 1e-12);
    }

    [Fact]
    public void Sparse_rows_that_store_every_entry_have_no_zeros_left_by_rounding()
    {
        // N_k - stored - missing is not exactly 0 when weights differ much; so far from 0 even 1e-16 of a zero shows in S.
        // The tolerance is Welford's own rounding, some 1e-16 * (mean / deviation)^2.
        var random = new Random(6);
        double[][] rows = [.. Enumerable.Range(0, 1000).Select(i => new[] { i % 3 == 0 ? Nan : 16000000 + random.Next(8) })];
        double[] weights = [.. rows.Select(_ => (double)(float)Math.Pow(10, (12 * random.NextDouble()) - 9))];

        Close(TwoPass(rows, new int[1000], 1, weights), Stream(Sparse(rows, new int[1000], weights), 1), 1e-7);
    }

    [Fact]
    public void Sparse_rows_whose_weights_span_more_than_a_double_stay_finite()
    {
        double[][] rows = [[Nan, 1], [0, 1], [Nan, 0], [3, 0]];
        foreach (double[] weights in new double[][] { [1e17, 1, 1e17, 1e17], [1, 1e-17, 1e17, 1e-17], [1e17, 1e-3, 1, 1e-3] })
        {
            var statistics = Stream(Sparse(rows, [0, 0, 0, 0], weights), 1);

            Assert.All(statistics.Means.ToArray(), mean => Assert.InRange(mean, 0, 3));
            Assert.All(statistics.SumsOfSquares.ToArray(), squares => Assert.InRange(squares, 0, 1e18));
            Assert.All(statistics.FeatureWeights.ToArray(), weight => Assert.InRange(weight, 0, 4e17));
        }
    }

    [Fact]
    public void Blocks_that_do_not_fit_are_refused()
    {
        var statistics = new ClassStatistics(2, 3);
        Assert.Contains("3 features, got 1", Assert.Throws<ArgumentException>(() => statistics.Add(RowBlock.Dense(1, [1], [0]))).Message, StringComparison.Ordinal);
        Assert.Contains("got 2", Assert.Throws<ArgumentException>(() => statistics.Add(RowBlock.Dense(3, [1, 2, 3], [2]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => statistics.Add(RowBlock.Dense(3, [1, 2, 3])));
        Assert.Throws<ArgumentException>(() => statistics.Merge(new ClassStatistics(2, 4)));
    }

    /// <summary>Rows of 4 classes, the last one without rows; about a third zeros; values as Single holds them.</summary>
    internal static (double[][] Rows, int[] Classes, double[]? Weights) RandomRows(int seed, int featureCount, bool missing, bool weighted)
    {
        var random = new Random(seed);
        var count = random.Next(1, 300) * random.Next(1, 10);
        double Value(int j) => random.Next(3) == 0 ? 0 : missing && random.Next(40) == 0 ? Nan : (float)((j % 3) + random.NextDouble());
        return (
            [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, featureCount).Select(Value).ToArray())],
            [.. Enumerable.Range(0, count).Select(_ => random.Next(3))],
            weighted ? [.. Enumerable.Range(0, count).Select(_ => (double)(float)(0.1 + random.NextDouble()))] : null);
    }

    private static double NaiveVariance(double[] x) => x.Select(v => v * v).Average() - (x.Average() * x.Average());
}
