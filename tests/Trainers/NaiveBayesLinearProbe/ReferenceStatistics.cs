using MLExtensions.Estimators.Data;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

/// <summary>Brute force in double precision: two passes over the rows, no streaming, NaN skipped.</summary>
internal static class ReferenceStatistics
{
    public static ClassStatistics TwoPass(double[][] rows, int[] classes, int classCount, double[]? weights = null)
    {
        var featureCount = rows[0].Length;
        var (n, mean, squares) = (new double[classCount * featureCount], new double[classCount * featureCount], new double[classCount * featureCount]);
        var (classWeights, rowCounts) = (new double[classCount], new long[classCount]);
        for (var i = 0; i < rows.Length; i++)
        {
            classWeights[classes[i]] += weights?[i] ?? 1;
            rowCounts[classes[i]]++;
        }

        for (var k = 0; k < classCount; k++)
        {
            for (var j = 0; j < featureCount; j++)
            {
                var seen = Enumerable.Range(0, rows.Length).Where(i => classes[i] == k && !double.IsNaN(rows[i][j])).Select(i => (X: rows[i][j], W: weights?[i] ?? 1)).ToArray();
                var index = (k * featureCount) + j;
                n[index] = seen.Sum(v => v.W);
                mean[index] = seen.Length == 0 ? 0 : seen.Sum(v => v.W * v.X) / n[index];
                squares[index] = seen.Sum(v => v.W * (v.X - mean[index]) * (v.X - mean[index]));
            }
        }

        var anyMissing = rows.Any(row => row.Any(double.IsNaN));
        return ClassStatistics.From(featureCount, classWeights, rowCounts, mean, squares, anyMissing ? n : default);
    }

    public static ClassStatistics Stream(RowBlock block, int classCount)
    {
        var statistics = new ClassStatistics(classCount, block.FeatureCount);
        statistics.Add(block);
        return statistics;
    }

    public static RowBlock Dense(double[][] rows, int[] classes, double[]? weights = null)
        => RowBlock.Dense(rows[0].Length, [.. rows.SelectMany(row => row).Select(x => (float)x)], classes, weights: weights is null ? null : Array.ConvertAll(weights, w => (float)w));

    /// <summary>The same rows with zeros not stored; NaN is stored.</summary>
    public static RowBlock Sparse(double[][] rows, int[] classes, double[]? weights = null)
    {
        var (starts, indices, values) = (new List<int> { 0 }, new List<int>(), new List<float>());
        foreach (var row in rows)
        {
            for (var j = 0; j < row.Length; j++)
            {
                if (row[j] != 0)
                {
                    indices.Add(j);
                    values.Add((float)row[j]);
                }
            }

            starts.Add(indices.Count);
        }

        return RowBlock.Sparse(rows[0].Length, [.. starts], [.. indices], [.. values], classes, weights: weights is null ? null : Array.ConvertAll(weights, w => (float)w));
    }

    /// <summary>Asserts |expected - actual| &lt;= tolerance * max(1, |expected|), element by element.</summary>
    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])) || expected[i].Equals(actual[i]),
                $"Element {i}: expected {expected[i]:R}, got {actual[i]:R}.");
        }
    }

    public static void Close(ClassStatistics expected, ClassStatistics actual, double tolerance)
    {
        Close(expected.ClassWeights, actual.ClassWeights, tolerance);
        Assert.Equal(expected.RowCounts.ToArray(), actual.RowCounts.ToArray());
        Close(expected.Means, actual.Means, tolerance);
        Close(expected.SumsOfSquares, actual.SumsOfSquares, tolerance);
        for (var i = 0; i < expected.Means.Length; i++)
        {
            var (k, j) = (i / expected.FeatureCount, i % expected.FeatureCount);
            Assert.Equal(expected.FeatureWeight(k, j), actual.FeatureWeight(k, j), tolerance * Math.Max(1, expected.FeatureWeight(k, j)));
        }
    }
}
