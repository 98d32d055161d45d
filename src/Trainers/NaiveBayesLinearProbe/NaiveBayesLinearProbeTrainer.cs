using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>Trains a classifier in closed form, in one pass over the rows: Gaussian naive Bayes as a linear (or quadratic) probe.</summary>
/// <remarks>
/// <para>
/// Input columns: features, a known-size vector of <see cref="float"/>, dense or sparse, NaN where a value is missing; the label, Boolean for binary and key for
/// multiclass classification; optionally a weight, <see cref="float"/> of at least 0. Output columns: those of ML.NET's own trainers; the multiclass <c>Score</c> holds the
/// posterior probabilities of the classes, the binary <c>Score</c> the log-odds of <see langword="true"/>.
/// </para>
/// <para>
/// Normalisation is not needed (tied variances are invariant to any affine change of a feature), caching is not needed (one pass, memory in the order of
/// classes times features), missing values are left out of the likelihood exactly, the model is exported to ONNX, and no other package is needed to train.
/// </para>
/// <para>
/// Use it as the baseline beside logistic regression, which usually predicts better, and where a model has to be retrained in milliseconds, goes on with new rows or is
/// merged from several places (<see cref="NaiveBayesLinearProbeModelParameters.Merge"/>). Correlated features make it overconfident:
/// <see cref="Options.CalibrationFraction"/> fits a temperature, for which the rows are read twice and K numbers are kept for each of at most 50,000 held-out rows.
/// </para>
/// <para>
/// Source: C. Zheng, G. Wu, F. Bao, Y. Cao, C. Li, J. Zhu, "Revisiting Discriminative vs. Generative Classifiers: Theory and Implications", ICML 2023,
/// <see href="https://arxiv.org/abs/2302.02334">arXiv:2302.02334</see>. Differences: variances are smoothed relative to each feature's own variance, classes
/// come from the key type, and missing values, weights and per-class variances are supported.
/// </para>
/// </remarks>
[Component("[Zheng et al. 2023](https://arxiv.org/abs/2302.02334)", "naive-bayes-linear-probe.md")]
public sealed partial class NaiveBayesLinearProbeTrainer : TrainerBase<NaiveBayesLinearProbeTrainer.Options, NaiveBayesLinearProbeModelParameters>
{
    // Sums of one block of rows are worth merging when the block is several times longer than the sums are wide.
    private const int MinRowsPerBlock = 4096;
    private const int MaxRowsPerBlock = 65536;
    private const int SumsPerRow = 16;

    internal NaiveBayesLinearProbeTrainer(IHostEnvironment environment, PredictionTask task, Options options)
        : base(environment, task, options)
    {
    }

    /// <summary>Goes on from an earlier model: the result is the model of the earlier and the new rows together, exactly.</summary>
    /// <param name="input">The new training rows. They need not hold every class.</param>
    /// <param name="startFrom">A model with the same classes, in the same order, and the same features.</param>
    /// <param name="cancellationToken">Stops the fit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or another size than in the earlier model.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    public PredictionTransformer<NaiveBayesLinearProbeModelParameters> Fit(
        IDataView input, NaiveBayesLinearProbeModelParameters startFrom, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(startFrom);
        return FitCore(input, startFrom, cancellationToken);
    }

    /// <inheritdoc/>
    protected override NaiveBayesLinearProbeModelParameters Train(TrainingData data, NaiveBayesLinearProbeModelParameters? startFrom, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(context);
        var calibration = TrainerOptions.CalibrationFraction > 0 ? new CalibrationSplit(TrainerOptions.CalibrationFraction, context.Seed) : null;
        var (fitted, heldOut) = ReadStatistics(data, calibration);
        if (startFrom is not null)
            fitted = Merged(startFrom.Statistics, fitted);

        var temperature = startFrom?.Temperature ?? 1;
        if (calibration is not null)
            temperature = FitTemperature(data, fitted, heldOut, calibration, temperature, context);
        var statistics = Merged(fitted, heldOut);
        return new NaiveBayesLinearProbeModelParameters(statistics, TrainerOptions, temperature, startFrom?.PriorOverride);
    }

    private static (ClassStatistics Fitted, ClassStatistics HeldOut) ReadStatistics(TrainingData data, CalibrationSplit? calibration)
    {
        var sums = (long)data.ClassCount * data.FeatureCount;
        var rowsPerBlock = (int)Math.Clamp(sums / SumsPerRow, MinRowsPerBlock, MaxRowsPerBlock);
        ClassStatistics Empty() => new(data.ClassCount, data.FeatureCount);
        if (calibration is null)
        {
            var all = data.Aggregate(Empty, (statistics, block) => statistics.Add(block), (total, next) => total.Merge(next), rowsPerBlock);
            return (all, Empty());
        }

        var parts = data.Aggregate(
            () => new[] { Empty(), Empty() },
            (statistics, block) =>
            {
                statistics[0].Add(calibration.Fitted(block));
                statistics[1].Add(calibration.HeldOut(block));
            },
            (total, next) =>
            {
                total[0].Merge(next[0]);
                total[1].Merge(next[1]);
            },
            rowsPerBlock);
        return (parts[0], parts[1]);
    }

    // The temperature that the held-out rows ask for, or the one so far when they cannot tell.
    private double FitTemperature(
        TrainingData data, ClassStatistics fitted, ClassStatistics heldOut, CalibrationSplit calibration, double temperature, TrainingContext context)
    {
        double Keep(string reason)
        {
            context.Warn($"No temperature could be fitted, it stays {temperature:G4}: {reason}.");
            return temperature;
        }

        var heldOutRows = TensorPrimitives.Sum(heldOut.RowCounts);
        if (heldOutRows == 0)
            return Keep($"no row was held out by CalibrationFraction {calibration.Fraction:G4}");
        if (fitted.RowCounts.ToArray().Count(rows => rows > 0) < 2)
            return Keep($"the rows that are not held out by CalibrationFraction {calibration.Fraction:G4} have fewer than two classes");

        var (found, rows) = calibration.FitTemperature(data, new NaiveBayesLinearProbeModelParameters(fitted, TrainerOptions), heldOutRows);
        if (found is null)
            return Keep($"the true class is the likeliest in all {rows} held-out rows, or none of them is of a class with other rows");
        context.Info($"Fitted the temperature {found:G4} on {rows} held-out rows.");
        return found.Value;
    }

    private static ClassStatistics Merged(ClassStatistics first, ClassStatistics second)
    {
        var merged = first.Clone();
        merged.Merge(second);
        return merged;
    }
}
