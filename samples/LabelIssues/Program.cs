// Scores how hard each customer of a churn table is to small networks early in their training, and prints those whose label is most doubtful.
// dotnet run -c Release --project samples/LabelIssues
using System.Globalization;
using LabelIssues;
using Microsoft.ML;
using MLExtensions.Transforms;
using Samples;

var ml = new MLContext(seed: 1);
var data = ml.Data.Cache(Churn.Load(ml));

// Texts become keys, which the networks embed; the column Contract stays readable beside its key.
string Key(string column) => $"{column}Key";
var pipeline = ml.Transforms.Conversion.MapValueToKey([.. Churn.CategoricalColumns.Select(name => new InputOutputColumnPair(Key(name), name))])
    .Append(ml.Transforms.Concatenate("Features", Churn.NumericColumns))
    .Append(ml.Transforms.ExampleDifficulty(new ExampleDifficultyEstimator.Options { CategoricalColumnNames = [.. Churn.CategoricalColumns.Select(Key)] }));
var scored = pipeline.Fit(data).Transform(data);    // the same rows, with Difficulty, DifficultyStd, SuggestedLabel, SuggestedLabelProbability

var mixture = ml.Data.FitDifficultyMixture(scored);
var issues = ml.Data.FindLabelIssues(scored, top: 10);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
    {data.GetRowCount():N0} customers. Another label is suggested for {ml.Data.FindLabelIssues(scored, top: int.MaxValue).GetRowCount():N0}; by their difficulty {mixture.NoisyShare:P1} of all labels look wrong.
    The ten most doubtful; where people decide, hard is not wrong, so read them:
    """));

foreach (var row in ml.Data.CreateEnumerable<Suspect>(issues, reuseRowObject: false))
    Console.WriteLine(row);
