using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Optimization;

namespace MLExtensions.Benchmarks;

/// <summary>Ridge regression in closed form: ML.NET's needs Intel's MKL.</summary>
/// <param name="featureColumnName">The features, standardised.</param>
/// <param name="ridge">Added to the diagonal of the normal matrix.</param>
internal sealed class RidgeRegression(string featureColumnName, double ridge = 1)
{
    private double[] _weights = [];
    private double _offset;

    /// <summary>Fits the weights.</summary>
    public RidgeRegression Fit(IDataView rows)
    {
        var features = rows.GetColumn<float[]>(featureColumnName).ToArray();
        var labels = rows.GetColumn<float>("Label").Select(label => (double)label).ToArray();
        var size = features[0].Length;
        var means = new double[size];
        foreach (var row in features)
        {
            for (var j = 0; j < size; j++)
                means[j] += row[j] / (double)features.Length;
        }
        var labelMean = labels.Average();
        var (normal, right) = (new double[size * size], new double[size]);
        foreach (var (row, label) in features.Zip(labels))
        {
            var centred = row.Select((value, j) => value - means[j]).ToArray();
            for (var i = 0; i < size; i++)
            {
                right[i] += centred[i] * (label - labelMean);
                VectorMath.AddScaled(normal.AsSpan(i * size, i + 1), centred.AsSpan(0, i + 1), centred[i]);
            }
        }
        for (var i = 0; i < size; i++)
            normal[(i * size) + i] += ridge;
        Cholesky factor = new(normal, size);
        factor.SolveLower(right, 1);
        factor.SolveUpper(right, 1);
        (_weights, _offset) = (right, labelMean - right.Zip(means, (weight, mean) => weight * mean).Sum());
        return this;
    }

    /// <summary>The root of the mean squared error.</summary>
    public double ErrorOf(IDataView rows)
    {
        var errors = rows.GetColumn<float[]>(featureColumnName).Zip(rows.GetColumn<float>("Label"), (row, label) => _offset + row.Zip(_weights, (value, weight) => value * weight).Sum() - label);
        return Math.Sqrt(errors.Average(error => error * error));
    }
}
