using MLExtensions.Estimators.Data;

namespace MLExtensions.Trainers;

/// <summary>
/// Weight, mean and sum of squared deviations per class and feature of sparse rows: only stored entries are touched (Welford's update),
/// and the zeros enter when the result is read, as one block of mean 0 and S = 0 merged into the stored entries.
/// </summary>
internal sealed class SparseMoments
{
    private readonly int _featureCount;
    private readonly double[] _classWeights;
    private readonly long[] _rowCounts;
    private readonly double[] _weights;      // of the stored entries that are not missing
    private readonly int[] _entryCounts;     // stored entries, missing ones included: tells "no zeros" without rounding
    private readonly double[] _means;
    private readonly double[] _sumsOfSquares;
    private double[]? _missingWeights;

    public SparseMoments(int classCount, int featureCount)
    {
        _featureCount = featureCount;
        _classWeights = new double[classCount];
        _rowCounts = new long[classCount];
        _weights = new double[checked(classCount * featureCount)];
        _entryCounts = new int[_weights.Length];
        _means = new double[_weights.Length];
        _sumsOfSquares = new double[_weights.Length];
    }

    /// <summary>Whether a stored entry was NaN.</summary>
    public bool HasMissing => _missingWeights is not null;

    /// <summary>Total weight of the rows of a class.</summary>
    public double ClassWeight(int classIndex) => _classWeights[classIndex];

    public void Add(RowBlock block)
    {
        for (var row = 0; row < block.Count; row++)
        {
            var k = block.Classes[row];
            var weight = block.Weights.IsEmpty ? 1 : (double)block.Weights[row];
            _classWeights[k] += weight;
            _rowCounts[k]++;
            for (var entry = block.RowStarts[row]; entry < block.RowStarts[row + 1]; entry++)
                AddEntry((k * _featureCount) + block.Indices[entry], block.Values[entry], weight);
        }
    }

    /// <summary>Weight of the rows of a class that have a value, stored or 0, its mean, and its sum of squared deviations.</summary>
    public (double Weight, double Mean, double SumOfSquares) Read(int classIndex, int feature)
    {
        var i = (classIndex * _featureCount) + feature;
        var stored = _weights[i];
        if (_entryCounts[i] == _rowCounts[classIndex])
            return (stored, _means[i], _sumsOfSquares[i]);

        // Weights that differ by more than the 16 digits of a double may leave nothing, or less, for the zeros.
        var zeros = Math.Max(0, _classWeights[classIndex] - stored - (_missingWeights?[i] ?? 0));
        var total = stored + zeros;
        if (total == 0)
            return default;
        return (total, _means[i] * (stored / total), _sumsOfSquares[i] + (_means[i] * _means[i] * (stored * zeros / total)));
    }

    private void AddEntry(int i, double x, double weight)
    {
        _entryCounts[i]++;
        if (double.IsNaN(x))
        {
            _missingWeights ??= new double[_weights.Length];
            _missingWeights[i] += weight;
            return;
        }

        Welford.Add(x, weight, ref _weights[i], ref _means[i], ref _sumsOfSquares[i]);
    }
}
