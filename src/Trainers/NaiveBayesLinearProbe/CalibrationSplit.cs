using MLExtensions.Estimators.Data;

namespace MLExtensions.Trainers;

/// <summary>Holds rows out for calibration: which ones depends on the seed and the row's number only, not on blocks or threads.</summary>
internal sealed class CalibrationSplit(double fraction, int seed)
{
    /// <summary>Share of the rows that is held out, 0 to 1.</summary>
    public double Fraction => fraction;

    /// <summary>The rows of a block that are not held out.</summary>
    public RowBlock Fitted(RowBlock block) => block.Where(row => !IsHeldOut(row));

    /// <summary>The rows of a block that are held out.</summary>
    public RowBlock HeldOut(RowBlock block) => block.Where(IsHeldOut);

    /// <summary>The temperature at which a model, fitted to the other rows, predicts the held-out rows best.</summary>
    public double FitTemperature(TrainingData data, NaiveBayesLinearProbeModelParameters model)
    {
        List<double> logLikelihoods = [];
        List<int> classes = [];
        List<float> weights = [];
        var scores = new double[model.ClassCount];
        foreach (var block in data.Read())
        {
            var rows = HeldOut(block);
            classes.AddRange(rows.Classes);
            weights.AddRange(rows.Weights);
            var features = new double[rows.FeatureCount];
            for (var i = 0; i < rows.Count; i++)
            {
                rows.CopyRow(i, features);
                model.LogLikelihoods(features, scores);
                logLikelihoods.AddRange(scores);
            }
        }

        return 1 / TemperatureCalibration.FitInverseTemperature([.. logLikelihoods], model.LogPriors, [.. classes], [.. weights]);
    }

    // A finaliser of 64 bits (SplitMix64's) spreads consecutive row numbers evenly.
    private bool IsHeldOut(long row)
    {
        var hash = (ulong)row + ((ulong)(uint)seed << 32);
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        hash ^= hash >> 31;
        return (hash >> 11) * (1.0 / (1ul << 53)) < fraction;
    }
}
