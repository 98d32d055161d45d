// Gives some letters a wrong name on purpose, lets a noise-robust network find them, and counts how often it is right.
// dotnet run -c Release --project samples/AuditLabels
using System.Globalization;
using AuditLabels;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Trainers;
using Spectre.Console;

var ml = new MLContext(seed: 1);
var rows = Letter.LoadWithErrors(ml, share: 0.05, seed: 1);
var wrong = rows.Count(row => row.Name != row.TrueName);
var data = ml.Data.LoadFromEnumerable(rows);
var labelled = ml.Transforms.Conversion.MapValueToKey("Label", nameof(Letter.Name)).Fit(data).Transform(data);

var trainer = ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(preset: NoiseRobustPreset.EarlyLearning, epochs: 30);
var audited = ml.Data.AuditLabels(labelled, trainer);   // the same rows, with the columns SuggestedLabel and Suspicion

// Read back as text, the suggestion is a name again.
var named = ml.Transforms.Conversion.MapKeyToValue("SuggestedLabel").Fit(audited).Transform(audited);
var found = named.GetColumn<float>("Suspicion").Zip(named.GetColumn<ReadOnlyMemory<char>>("SuggestedLabel"), rows)
    .OrderByDescending(row => row.First).Select(row => (Suspicion: row.First, Suggestion: row.Second.ToString(), Row: row.Third)).ToArray();

var table = new Table().AddColumns("Most suspicious rows", "Wrong among them", "Precision", "Suggested rightly");
foreach (var k in new[] { 100, 250, 500, wrong, 2 * wrong })
{
    var top = found[..k];
    var hits = top.Count(row => row.Row.Name != row.Row.TrueName);
    table.AddRow(Text(k), Text(hits), (hits / (double)k).ToString("P1", CultureInfo.InvariantCulture), Text(top.Count(row => row.Suggestion == row.Row.TrueName)));
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows.Length:N0} letters, {wrong:N0} of them with a wrong name."));
AnsiConsole.Write(table);
foreach (var (suspicion, suggestion, row) in found[..5])
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"named {row.Name}, suggested {suggestion}, truly {row.TrueName}; suspicion {suspicion:F3}"));

static string Text(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
