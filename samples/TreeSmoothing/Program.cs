// How many parameters do a forest and a boosted model of the prices of diamonds really have, and where are their predictions supported by few diamonds?
// dotnet run -c Release --project samples/TreeSmoothing
using Microsoft.ML;
using Samples;
using TreeSmoothing;

var ml = new MLContext(seed: 1);
var (train, test) = Diamond.Load(ml);
var prepare = ml.Transforms.Categorical.OneHotEncoding([.. Diamond.CategoricalColumns.Select(name => new InputOutputColumnPair(name))])
    .Append(ml.Transforms.Concatenate("Features", [.. Diamond.NumericColumns, .. Diamond.CategoricalColumns]));

// Whole pipelines, as one saves them: their views are the raw tables.
var forest = prepare.Append(ml.Regression.Trainers.FastForest()).Fit(train);
var boosting = prepare.Append(ml.Regression.Trainers.FastTree()).Fit(train);

Console.WriteLine("One table for both, on the diamonds that they were trained on and on those that they were not:");
var comparison = ml.Model.CompareTreeSmoothing(("forest", forest), ("boosting", boosting), train, test);
Console.WriteLine(comparison);
var output = Directory.CreateDirectory(Path.Combine("artifacts", "tree-smoothing")).FullName;
comparison.SaveAsHtml(Path.Combine(output, "comparison.html"));
var report = comparison.Reports[1].Report;
report.SaveAsHtml(Path.Combine(output, "smoothing.html"));
Console.WriteLine($"Plots: {Path.Combine(output, "comparison.html")}, {Path.Combine(output, "smoothing.html")}");

Console.WriteLine();
Console.WriteLine("The price in doubt most, and the diamonds that made it:");
LeastSupported.Print(ml, report, boosting, train, test);

Console.WriteLine();
Console.WriteLine("Errors by leverage, a column of a pipeline that gives the price and its support:");
var support = ml.Transforms.TreeSmoothing(boosting.LastTransformer, boosting.Transform(train)).Fit(boosting.Transform(test));
var supported = boosting.Append(support);
ml.Model.Save(supported, train.Schema, Path.Combine(output, "supported.zip"));
ErrorsByLeverage.Print(supported.Transform(test));
