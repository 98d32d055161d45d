using MLExtensions.Estimators.Data;

namespace MLExtensions.Trainers;

/// <summary>
/// The sufficient statistics of Gaussian naive Bayes, in double precision: for each class k and feature j the weight N_kj of the rows that have a value,
/// their mean mu_kj and their sum of squared deviations S_kj. Built in one pass over the rows; two of them merge exactly.
/// </summary>
/// <remarks>
/// Matrices are flat, row by row: element (k, j) is at <c>k * FeatureCount + j</c>. Memory is O(K d). Not thread-safe: give each worker its own and
/// merge them in a fixed order, then the result does not depend on the number of threads.
/// </remarks>
internal sealed class ClassStatistics
{
    private const int RowsPerRun = 1024;

    private readonly double[] _classWeights;
    private readonly long[] _rowCounts;
    private readonly double[] _means;
    private readonly double[] _sumsOfSquares;
    private double[]? _featureWeights;   // null while nothing is missing: then N_kj = N_k
    private DenseMoments? _dense;
    private SparseMoments? _sparse;

    /// <summary>Statistics of no rows.</summary>
    public ClassStatistics(int classCount, int featureCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        (ClassCount, FeatureCount) = (classCount, featureCount);
        _classWeights = new double[classCount];
        _rowCounts = new long[classCount];
        _means = new double[checked(classCount * featureCount)];
        _sumsOfSquares = new double[_means.Length];
    }

    private ClassStatistics(int featureCount, double[] classWeights, long[] rowCounts, double[] means, double[] sumsOfSquares, double[]? featureWeights)
    {
        (ClassCount, FeatureCount) = (classWeights.Length, featureCount);
        (_classWeights, _rowCounts, _means, _sumsOfSquares, _featureWeights) = (classWeights, rowCounts, means, sumsOfSquares, featureWeights);
    }

    /// <summary>Number of classes K, those without rows included.</summary>
    public int ClassCount { get; }

    /// <summary>Number of features d.</summary>
    public int FeatureCount { get; }

    /// <summary>N_k: total row weight of each class, K numbers.</summary>
    public ReadOnlySpan<double> ClassWeights => Settled()._classWeights;

    /// <summary>Number of rows of each class, K numbers.</summary>
    public ReadOnlySpan<long> RowCounts => _rowCounts;

    /// <summary>mu_kj: mean of each class and feature, K x d; 0 where <see cref="FeatureWeight"/> is 0.</summary>
    public ReadOnlySpan<double> Means => Settled()._means;

    /// <summary>S_kj: sum of squared deviations of each class and feature, K x d.</summary>
    public ReadOnlySpan<double> SumsOfSquares => Settled()._sumsOfSquares;

    /// <summary>N_kj where values were missing, K x d; empty while none was: then N_kj = N_k.</summary>
    public ReadOnlySpan<double> FeatureWeights => Settled()._featureWeights;

    /// <summary>N_kj: weight of the rows of class k that have a value of feature j.</summary>
    public double FeatureWeight(int classIndex, int feature)
        => Settled()._featureWeights?[(classIndex * FeatureCount) + feature] ?? _classWeights[classIndex];

    /// <summary>Statistics over given numbers, which are copied.</summary>
    /// <param name="featureCount">Number of features d.</param>
    /// <param name="classWeights">N_k, K numbers.</param>
    /// <param name="rowCounts">Rows of each class, K numbers.</param>
    /// <param name="means">mu_kj, K x d.</param>
    /// <param name="sumsOfSquares">S_kj, K x d.</param>
    /// <param name="featureWeights">N_kj, K x d, or empty when nothing is missing.</param>
    public static ClassStatistics From(
        int featureCount,
        ReadOnlySpan<double> classWeights,
        ReadOnlySpan<long> rowCounts,
        ReadOnlySpan<double> means,
        ReadOnlySpan<double> sumsOfSquares,
        ReadOnlySpan<double> featureWeights = default)
        => new(featureCount, [.. classWeights], [.. rowCounts], [.. means], [.. sumsOfSquares], featureWeights.IsEmpty ? null : [.. featureWeights]);

    /// <summary>An independent copy.</summary>
    public ClassStatistics Clone() => From(FeatureCount, ClassWeights, RowCounts, Means, SumsOfSquares, FeatureWeights);

    /// <summary>Adds the rows of a block.</summary>
    /// <exception cref="ArgumentException">The block has another number of features, or a class outside 0 to K - 1.</exception>
    public void Add(RowBlock block)
    {
        CheckBlock(block);
        CountRows(block.Classes);
        if (block.IsSparse)
        {
            _sparse ??= new(ClassCount, FeatureCount);
            _sparse.Add(block);
            return;
        }

        for (var first = 0; first < block.Count; first += RowsPerRun)
            AddDenseRun(block, first, Math.Min(first + RowsPerRun, block.Count));
    }

    /// <summary>Adds what another one has seen. The other is not changed.</summary>
    /// <exception cref="ArgumentException">The other has another number of classes or features.</exception>
    public void Merge(ClassStatistics other)
    {
        if (other.ClassCount != ClassCount || other.FeatureCount != FeatureCount)
        {
            throw new ArgumentException(
                $"Cannot merge statistics of {ClassCount} classes and {FeatureCount} features with those of {other.ClassCount} classes and {other.FeatureCount} features.", nameof(other));
        }

        Settle();
        other.Settle();
        if (other._featureWeights is not null)
            TrackFeatureWeights();

        for (var k = 0; k < ClassCount; k++)
        {
            for (var j = 0; j < FeatureCount; j++)
            {
                var i = (k * FeatureCount) + j;
                MergeFeature(k, i, other._featureWeights?[i] ?? other._classWeights[k], other._means[i], other._sumsOfSquares[i]);
            }

            _classWeights[k] += other._classWeights[k];
            _rowCounts[k] += other._rowCounts[k];
        }
    }

    private void AddDenseRun(RowBlock block, int first, int end)
    {
        _dense ??= new(ClassCount, FeatureCount);
        var someMissing = _dense.Read(block, first, end);
        for (var k = 0; k < ClassCount; k++)
        {
            var weight = _dense.Weight(k);
            if (weight == 0)
                continue;

            for (var j = 0; j < FeatureCount; j++)
                MergeFeature(k, (k * FeatureCount) + j, weight, _dense.Mean(k, j), _dense.SumOfSquares(k, j));

            _classWeights[k] += weight;
        }

        if (someMissing)
        {
            TrackFeatureWeights();
            AddIncompleteRows(block, first, end);
        }
    }

    private void AddIncompleteRows(RowBlock block, int first, int end)
    {
        for (var row = first; row < end; row++)
        {
            var values = block.Values.Slice(row * FeatureCount, FeatureCount);
            if (DenseMoments.HasMissing(values))
                AddIncompleteRow(values, block.Classes[row], block.Weights.IsEmpty ? 1 : block.Weights[row]);
        }
    }

    private void AddIncompleteRow(ReadOnlySpan<float> values, int classIndex, double weight)
    {
        _classWeights[classIndex] += weight;
        for (var j = 0; j < values.Length; j++)
        {
            if (!float.IsNaN(values[j]))
            {
                var i = (classIndex * FeatureCount) + j;
                Welford.Add(values[j], weight, ref _featureWeights![i], ref _means[i], ref _sumsOfSquares[i]);
            }
        }
    }

    /// <summary>Merges one triple into element i of class k; the caller adds the class weight afterwards.</summary>
    private void MergeFeature(int classIndex, int i, double weight, double mean, double sumOfSquares)
    {
        Welford.Merge(_featureWeights?[i] ?? _classWeights[classIndex], ref _means[i], ref _sumsOfSquares[i], weight, mean, sumOfSquares);
        if (_featureWeights is not null)
            _featureWeights[i] += weight;
    }

    private ClassStatistics Settled()
    {
        Settle();
        return this;
    }

    /// <summary>Merges the sparse rows, their zeros included, into the triples.</summary>
    private void Settle()
    {
        if (_sparse is not { } sparse)
            return;

        _sparse = null;
        if (sparse.HasMissing)
            TrackFeatureWeights();

        for (var k = 0; k < ClassCount; k++)
        {
            var classWeight = sparse.ClassWeight(k);
            for (var j = 0; j < FeatureCount && classWeight > 0; j++)
            {
                var (weight, mean, sumOfSquares) = sparse.Read(k, j);
                MergeFeature(k, (k * FeatureCount) + j, sparse.HasMissing ? weight : classWeight, mean, sumOfSquares);
            }

            _classWeights[k] += classWeight;
        }
    }

    private void TrackFeatureWeights()
    {
        if (_featureWeights is not null)
            return;

        _featureWeights = new double[_means.Length];
        for (var k = 0; k < ClassCount; k++)
            _featureWeights.AsSpan(k * FeatureCount, FeatureCount).Fill(_classWeights[k]);
    }

    private void CountRows(ReadOnlySpan<int> classes)
    {
        foreach (var k in classes)
            _rowCounts[k]++;
    }

    private void CheckBlock(RowBlock block)
    {
        if (block.FeatureCount != FeatureCount)
            throw new ArgumentException($"Expected rows of {FeatureCount} features, got {block.FeatureCount}.", nameof(block));

        if (block.Classes.Length != block.Count)
            throw new ArgumentException("Expected a class for every row.", nameof(block));

        foreach (var k in block.Classes)
        {
            if ((uint)k >= (uint)ClassCount)
                throw new ArgumentException($"Expected classes from 0 to {ClassCount - 1}, got {k}.", nameof(block));
        }
    }
}
