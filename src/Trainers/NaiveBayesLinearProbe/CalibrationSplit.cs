using System.Runtime.InteropServices;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>Holds rows out for calibration: which ones depends on the seed and the row's number only, not on blocks or threads.</summary>
internal sealed class CalibrationSplit(double fraction, int seed)
{
    /// <summary>Most held-out rows that the temperature is fitted to, so that memory is bounded: one scalar needs no more.</summary>
    public const int DefaultMaxRows = 50_000;

    private const int ValuesPerBlock = 1 << 20;
    private const int MaxRowsPerBlock = 4096;

    /// <summary>Most held-out rows that the temperature is fitted to.</summary>
    public int MaxRows { get; init; } = DefaultMaxRows;

    /// <summary>Share of the rows that is held out, 0 to 1.</summary>
    public double Fraction => fraction;

    /// <summary>The rows of a block that are not held out.</summary>
    public RowBlock Fitted(RowBlock block) => block.Where(row => !IsHeldOut(row));

    /// <summary>The rows of a block that are held out.</summary>
    public RowBlock HeldOut(RowBlock block) => block.Where(IsHeldOut);

    /// <summary>Fits the temperature at which a model, fitted to the other rows, predicts the held-out rows best.</summary>
    /// <param name="data">The rows, which are read once more.</param>
    /// <param name="model">A model of temperature 1.</param>
    /// <param name="heldOutRows">How many rows are held out in all; of more than <see cref="MaxRows"/> about that many are drawn, by the same hash.</param>
    /// <returns>The temperature, <see langword="null"/> when the rows cannot tell one; and the number of rows that were asked.</returns>
    public (double? Temperature, int Rows) FitTemperature(TrainingData data, NaiveBayesLinearProbeModelParameters model, long heldOutRows)
    {
        var share = fraction * Math.Min(1, (double)MaxRows / heldOutRows);
        List<double> logLikelihoods = [];
        List<int> classes = [];
        List<float> weights = [];
        var features = new double[model.FeatureCount];
        var scores = new double[model.ClassCount];
        var ofZeros = new double[model.ClassCount];
        model.LogLikelihoods(features, ofZeros);
        foreach (var block in data.Read(Math.Clamp(ValuesPerBlock / model.FeatureCount, 1, MaxRowsPerBlock)))
        {
            for (var row = 0; row < block.Count; row++)
            {
                if (Hash(block.RowNumbers[row]) >= share || classes.Count == MaxRows)
                    continue;
                Score(block, row, model, features, ofZeros, scores);
                logLikelihoods.AddRange(scores);
                classes.Add(block.Classes[row]);
                if (!block.Weights.IsEmpty)
                    weights.Add(block.Weights[row]);
            }
        }
        var inverse = TemperatureCalibration.FitInverseTemperature(
            CollectionsMarshal.AsSpan(logLikelihoods), model.LogPriors, CollectionsMarshal.AsSpan(classes), CollectionsMarshal.AsSpan(weights));
        return (1 / inverse, classes.Count);
    }

    private static void Score(
        RowBlock block, int row, NaiveBayesLinearProbeModelParameters model, double[] features, double[] ofZeros, double[] scores)
    {
        if (block.IsSparse)
        {
            var stored = block.RowStarts[row]..block.RowStarts[row + 1];
            model.Coefficients.LogLikelihoods(block.Indices[stored], block.Values[stored], ofZeros, scores);
            return;
        }
        block.CopyRow(row, features);
        model.LogLikelihoods(features, scores);
    }

    private bool IsHeldOut(long row) => Hash(row) < fraction;

    // From 0 to 1, by the row's number and the seed alone.
    private double Hash(long row) => SplitMix64.Draw((ulong)row + ((ulong)(uint)seed << 32));
}
