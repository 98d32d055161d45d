using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>Public tables: trainers on raw columns, on T-JEPA's features, and on both, with all labels and with few.</summary>
/// <remarks>It takes hours, and goes on where it was stopped: see <see cref="ResumableResults"/>. Its parts are NAME/SEED.</remarks>
internal sealed class TJepaTables : Measurement
{
    private const string Linear = "linear";
    private const string Network = "network";
    private const string LightGbm = "LightGbm";

    private static readonly (string Name, int Seeds)[] s_tables =
        [("telco_churn", 3), ("higgs_small", 3), ("california_housing", 1), ("letter", 1), ("adult", 1), ("bank_marketing", 1)];

    private static readonly double[] s_shares = [1, 0.05, 0.01];
    private static readonly string[] s_trainers = [Linear, Network, LightGbm];
    private static readonly string[] s_features = [TJepaTable.Raw, TJepaTable.Embedding, TJepaTable.Both];

    public override string Name => "t-jepa-tables";

    public override string Title => "T-JEPA: tables";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        TJepaFeaturizer.Options options = new() { NumberOfThreads = 1, Output = TJepaOutput.Flatten };
        ResumableResults results = new(Name);
        foreach (var (name, seeds) in s_tables)
        {
            foreach (var seed in Enumerable.Range(1, seeds).Where(seed => ResumableResults.Includes($"{name}/{seed}")))
                Measure(results, name, seed);
        }
        return results.Finish(() => Write(results));
    }

    private static void Measure(ResumableResults results, string name, int seed)
    {
        // Untrained tokens are only for the linear trainer: to see what training the encoder is for.
        var wanted = s_shares.SelectMany(share => s_trainers.SelectMany(trainer => s_features.Select(features => (share, features, trainer))).Append((share, features: TJepaTable.Untrained, trainer: Linear)))
            .Where(cell => !results.Has(Key(name, seed, cell.share, cell.features, cell.trainer))).ToArray();
        if (wanted.Length == 0)
            return;
        MLContext ml = new(seed);
        var start = Stopwatch.GetTimestamp();
        TJepaFeaturizer.Options options = new() { NumberOfThreads = 1, Output = TJepaOutput.Flatten, Seed = seed };
        var table = TJepaTable.Prepare(ml, RealTable.Load(ml, name), options, results.Folder, $"{name}-{seed}");
        Progress($"{name} {seed}: encoders after {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        foreach (var group in wanted.GroupBy(cell => cell.share))
        {
            var labelled = table.Labelled(group.Key, seed);
            foreach (var (share, features, trainer) in group)
            {
                start = Stopwatch.GetTimestamp();
                var key = Key(name, seed, share, features, trainer);
                var quality = results.Get(key, () => Measure(ml, table, trainer, features, labelled, seed));
                Progress(string.Create(CultureInfo.InvariantCulture, $"{key}: {quality:0.0000}, {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s"));
            }
        }
    }

    private static string Key(string name, int seed, double share, string features, string trainer) => string.Create(CultureInfo.InvariantCulture, $"{name} {seed}, {share:P0} of the labels, {features}, {trainer}");

    private static double Measure(MLContext ml, TJepaTable table, string trainer, string features, IDataView labelled, int seed)
        => trainer == Linear && table.Task == PredictionTask.Regression
            ? new RidgeRegression(features).Fit(labelled).ErrorOf(table.Test) / table.LabelDeviation
            : table.Measure(Trainer(ml, table.Task, trainer, features, seed), labelled);

    private static IEstimator<ITransformer> Trainer(MLContext ml, PredictionTask task, string trainer, string features, int seed)
    {
        NeuralNetworkTrainer.Options network = new() { FeatureColumnName = features, Seed = seed, NumberOfThreads = 1 };
        return (trainer, task) switch
        {
            (Linear, PredictionTask.BinaryClassification) => ml.BinaryClassification.Trainers.LbfgsLogisticRegression(featureColumnName: features),
            (Linear, _) => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(featureColumnName: features),
            (Network, PredictionTask.Regression) => ml.Regression.Trainers.NeuralNetwork(network),
            (Network, PredictionTask.BinaryClassification) => ml.BinaryClassification.Trainers.NeuralNetwork(network),
            (Network, _) => ml.MulticlassClassification.Trainers.NeuralNetwork(network),
            (_, PredictionTask.Regression) => ml.Regression.Trainers.LightGbm(featureColumnName: features),
            (_, PredictionTask.BinaryClassification) => ml.BinaryClassification.Trainers.LightGbm(featureColumnName: features),
            _ => ml.MulticlassClassification.Trainers.LightGbm(featureColumnName: features),
        };
    }

    private static string Write(ResumableResults results)
    {
        Table all = new(["Table", "labels", .. s_trainers.SelectMany(trainer => s_features.Select(features => $"{trainer}, {features}")), $"{Linear}, {TJepaTable.Untrained}"]);
        foreach (var (name, seeds) in s_tables)
        {
            foreach (var share in s_shares)
            {
                string Cell(string features, string trainer)
                    => TJepaTable.Text(Enumerable.Range(1, seeds).Average(seed => results.Get(Key(name, seed, share, features, trainer), () => double.NaN)));
                all.Add([name, share.ToString("P0", CultureInfo.InvariantCulture), .. s_trainers.SelectMany(trainer => s_features.Select(features => Cell(features, trainer))), Cell(TJepaTable.Untrained, Linear)]);
            }
        }
        return "Accuracy on the test rows; for california_housing the root of the mean squared error in standard deviations of the label, where less is better. Default options, all tokens, one thread. The encoder is fitted to all training "
            + "rows, without labels; it sees no test row. Linear is `LbfgsLogisticRegression`, `LbfgsMaximumEntropy`, or ridge regression in closed form; all features standardised, tokens then divided by the root of h. \"Untrained\" are the tokens of an encoder with its "
            + $"first weights. Mean of 3 seeds for telco_churn and higgs_small, one seed otherwise.\n\n{all}";
    }
}
