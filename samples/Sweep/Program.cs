// Looks for better options of a trainer: random search with successive halving over cross-validation. Stop it and start it again: it goes on from its log.
// dotnet run -c Release --project samples/Sweep [-- LOG [TRIALS]]
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using MLExtensions.Trainers;
using Quickstart;
using Spectre.Console;
using Sweep;

var path = args.Length > 0 ? args[0] : Path.Combine("artifacts", "sweep.jsonl");
var count = args.Length > 1 ? int.Parse(args[1]) : 27;
var ml = new MLContext(seed: 1);
var split = ml.Data.TrainTestSplit(ml.Data.Cache(Churn.Load(ml)), testFraction: 0.2);
var train = ml.Data.Cache(ml.Data.ShuffleRows(split.TrainSet, seed: 1));
var rows = train.GetColumn<bool>(nameof(Churn.Label)).LongCount();

// What the columns need is learned in each fold anew, from its training rows only.
IEstimator<ITransformer> Pipeline(GradientBoostedNeuralNetworkTrainer.Options options) => ml.Transforms
    .ReplaceMissingValues(nameof(Churn.TotalCharges), replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean)
    .Append(ml.Transforms.Categorical.OneHotEncoding([.. Churn.CategoricalColumns.Select(name => new InputOutputColumnPair(name))]))
    .Append(ml.Transforms.Concatenate("Features", [.. Churn.NumericColumns, .. Churn.CategoricalColumns]))
    .Append(ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options));

// ML.NET's log-loss of binary classification is in bits.
double LogLoss(GradientBoostedNeuralNetworkTrainer.Options options, long some) => Math.Log(2) * ml.BinaryClassification
    .CrossValidate(ml.Data.TakeRows(train, some), Pipeline(options), numberOfFolds: 3, seed: 1).Average(fold => fold.Metrics.LogLoss);

var halving = new SuccessiveHalving<GradientBoostedNeuralNetworkTrainer.Options>(new() { Seed = 1 }, LogLoss, new TrialLog(path));
Console.WriteLine($"{count} sets of options of the gradient-boosted neural network, 3 folds each; log: {path}");
var best = halving.Search(count, rows, (some, trials) => Console.WriteLine(
    $"{some,5:N0} rows: {trials.Count,2} trials, {trials.Sum(trial => trial.Seconds),3:F0} s, log-loss {trials[0].Loss:F4} (trial {trials[0].Number}) to "
    + $"{trials[^1].Loss?.ToString("F4") ?? "infinity"}, defaults {trials.Single(trial => trial.Number == 0).Loss:F4}"));

var found = new Table().AddColumns("Option", "Default", "Found");
using (var defaults = JsonSerializer.SerializeToDocument(halving.With([])))
{
    foreach (var (option, value) in best.Options)
        found.AddRow(option, Text(defaults.RootElement.GetProperty(option).ToString()), Text(value!.ToString()));
}
Console.WriteLine();
Console.WriteLine(best.Number == 0 ? "Nothing better than the defaults was found." : $"Trial {best.Number} is the best one on all rows:");
AnsiConsole.Write(found);

var comparison = new Table().AddColumns("On the test rows", "AUC", "Log-loss", "Accuracy");
foreach (var (name, options) in new[] { ("Defaults", halving.With([])), ("Found", halving.With(best.Options)) })
{
    var metrics = ml.BinaryClassification.Evaluate(Pipeline(options).Fit(train).Transform(split.TestSet));
    comparison.AddRow(name, $"{metrics.AreaUnderRocCurve:F4}", $"{metrics.LogLoss * Math.Log(2):F4}", $"{metrics.Accuracy:F4}");
}
AnsiConsole.Write(comparison);

static string Text(string value) => double.TryParse(value, out var number) ? $"{number:G3}" : value.ToLowerInvariant();
