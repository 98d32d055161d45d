// Learns features of all customers without knowing who left; then predicts who leaves from the labels of one customer in twenty, with and without these features.
// dotnet run -c Release --project samples/TJepaFeatures
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Transforms;
using Samples;
using Spectre.Console;
using TJepaFeatures;

const double LabelledShare = 0.05;
const int Draws = 20;

var ml = new MLContext(seed: 1);
var split = ml.Data.TrainTestSplit(Churn.Load(ml), testFraction: 0.2);

// The columns as any trainer takes them, and keys of the categorical ones for the encoder.
var pairs = Churn.CategoricalColumns.Select(column => new InputOutputColumnPair("Key" + column, column)).ToArray();
var oneHot = Churn.CategoricalColumns.Select(column => new InputOutputColumnPair("OneHot" + column, column)).ToArray();
var columns = ml.Transforms.Conversion.MapValueToKey(pairs)
    .Append(ml.Transforms.Categorical.OneHotEncoding(oneHot))
    .Append(ml.Transforms.Concatenate("Numbers", Churn.NumericColumns))
    .Append(ml.Transforms.ReplaceMissingValues("FilledNumbers", "Numbers"))
    .Append(ml.Transforms.NormalizeMeanVariance("FilledNumbers", fixZero: false))
    .Append(ml.Transforms.Concatenate("Raw", ["FilledNumbers", .. oneHot.Select(pair => pair.OutputColumnName)]))
    .Fit(split.TrainSet);

// The encoder sees all training customers, but neither their labels nor the test customers.
var start = Stopwatch.GetTimestamp();
var encoder = ml.Transforms.TJepa("Embedding", ["Numbers", .. pairs.Select(pair => pair.OutputColumnName)], new TJepaFeaturizer.Options())
    .Fit(columns.Transform(split.TrainSet));
var last = encoder.Model.History[^1];
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{encoder.Model.Columns.Count} columns, {encoder.Model.History.Count} epochs in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} seconds; normalised loss {last.NormalizedLoss:0.00}, smallest deviation {last.SmallestDeviation:0.00}."));

// A token of 32 numbers is to weigh as much as a column: few labels are soon known by heart otherwise.
var features = ml.Transforms.NormalizeMeanVariance("Embedding", fixZero: false)
    .Append(ml.Transforms.Expression("Embedding", "x => x / sqrt(32f)", "Embedding"))
    .Append(ml.Transforms.Concatenate("Both", "Raw", "Embedding"))
    .Fit(encoder.Transform(columns.Transform(split.TrainSet)));
IDataView Prepare(IDataView rows) => ml.Data.Cache(features.Transform(encoder.Transform(columns.Transform(rows))), "Raw", "Embedding", "Both", "Label");
var (train, test) = (Prepare(split.TrainSet), Prepare(split.TestSet));

var table = new Table().AddColumns("Features", "AUC, 5 % of the labels", "standard deviation", "AUC, all labels");
foreach (var column in new[] { "Raw", "Embedding", "Both" })
{
    double Measure(IDataView labelled)
    {
        var model = ml.BinaryClassification.Trainers.LbfgsLogisticRegression(featureColumnName: column).Fit(labelled);
        return ml.BinaryClassification.Evaluate(model.Transform(test)).AreaUnderRocCurve;
    }
    var few = Enumerable.Range(1, Draws).Select(draw => Measure(Labelled.Draw(ml, train, LabelledShare, seed: draw))).ToArray();
    var deviation = Math.Sqrt(few.Average(auc => (auc - few.Average()) * (auc - few.Average())));
    table.AddRow(column, Text(few.Average()), Text(deviation), Text(Measure(train)));
}
AnsiConsole.Write(table);
Console.WriteLine($"Logistic regression on {train.GetColumn<bool>("Label").Count():N0} customers or about one in twenty of them ({Draws} draws), measured on {test.GetColumn<bool>("Label").Count():N0} others.");

static string Text(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
