// Looks for better options of two trainers: random search with successive halving over cross-validation. Stop it and start it again: it goes on from its logs.
// dotnet run -c Release --project samples/Sweep [-- FOLDER_OF_LOGS]
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using MLExtensions.Trainers;
using Samples;
using Spectre.Console;
using Sweep;

const int Trials = 27;
var folder = args.Length > 0 ? args[0] : "artifacts";
var ml = new MLContext(seed: 1);
var split = ml.Data.TrainTestSplit(ml.Data.Cache(Churn.Load(ml)), testFraction: 0.2);
var train = ml.Data.Cache(ml.Data.ShuffleRows(split.TrainSet, seed: 1));
var rows = train.GetColumn<bool>(nameof(Churn.Label)).LongCount();

var trainers = ml.BinaryClassification.Trainers;
Look("NaiveBayesLinearProbe", new NaiveBayesLinearProbeTrainer.Options { Seed = 1 }, options => trainers.NaiveBayesLinearProbe(options));
Look("GradientBoostedNeuralNetwork", new GradientBoostedNeuralNetworkTrainer.Options { Seed = 1 }, options => trainers.GradientBoostedNeuralNetwork(options));

void Look<TOptions>(string name, TOptions defaults, Func<TOptions, IEstimator<ITransformer>> trainer)
    where TOptions : class
{
    // ML.NET's log-loss of binary classification is in bits.
    double LogLoss(TOptions options, long some) => Math.Log(2) * ml.BinaryClassification
        .CrossValidate(ml.Data.TakeRows(train, some), Pipeline(trainer(options)), numberOfFolds: 3, seed: 1).Average(fold => fold.Metrics.LogLoss);

    var log = Path.Combine(folder, $"sweep-{name}.jsonl");
    var halving = new SuccessiveHalving<TOptions>(defaults, LogLoss, new TrialLog(log));
    Console.WriteLine($"{name}: {Trials} sets of options, 3 folds each; log: {log}");
    var best = halving.Search(Trials, rows, Report);

    var comparison = new Table().AddColumns("On the test rows", "AUC", "Log-loss", "Accuracy");
    foreach (var (title, options) in new[] { ("Defaults", defaults), ($"Trial {best.Number}", halving.With(best.Options)) }.Take(best.Number == 0 ? 1 : 2))
    {
        var metrics = ml.BinaryClassification.Evaluate(Pipeline(trainer(options)).Fit(train).Transform(split.TestSet));
        comparison.AddRow(title, $"{metrics.AreaUnderRocCurve:F4}", $"{metrics.LogLoss * Math.Log(2):F4}", $"{metrics.Accuracy:F4}");
    }
    Console.WriteLine(best.Number == 0 ? "  No other options are better than the defaults on all rows." : $"  Best on all rows: trial {best.Number}, {Differences(best, defaults)}");
    AnsiConsole.Write(comparison);
    Console.WriteLine();
}

// What the columns need is learned in each fold anew, from its training rows only.
EstimatorChain<ITransformer> Pipeline(IEstimator<ITransformer> trainer) => ml.Transforms
    .ReplaceMissingValues(nameof(Churn.TotalCharges), replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean)
    .Append(ml.Transforms.Categorical.OneHotEncoding([.. Churn.CategoricalColumns.Select(name => new InputOutputColumnPair(name))]))
    .Append(ml.Transforms.Concatenate("Features", [.. Churn.NumericColumns, .. Churn.CategoricalColumns]))
    .Append(trainer);

static void Report(long some, IReadOnlyList<Trial> trials) => Console.WriteLine(
    $"  {some,5:N0} rows: {trials.Count,2} trials, {trials.Sum(trial => trial.Seconds),5:F1} s, log-loss {Loss(trials[0])} (trial {trials[0].Number}) to {Loss(trials[^1])}; "
    + $"defaults {Loss(trials.Single(trial => trial.Number == 0))}");

static string Loss(Trial trial) => trial.Loss?.ToString("F4") ?? "infinity";

static string Differences<TOptions>(Trial best, TOptions defaults)
{
    var before = JsonSerializer.SerializeToElement(defaults);
    return string.Join(", ", best.Options.Select(option => (option.Key, Before: Text(before.GetProperty(option.Key).ToString()), Now: Text(option.Value!.ToString())))
        .Where(option => option.Before != option.Now).Select(option => $"{option.Key} {option.Now} (default {option.Before})"));
}

static string Text(string value) => double.TryParse(value, out var number) ? $"{number:G3}" : value.ToLowerInvariant();
