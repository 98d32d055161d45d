// Trains this pack's classifiers beside ML.NET's own, saves one, loads it back and explains a prediction.
// dotnet run -c Release --project samples/Quickstart [model.zip]
using Microsoft.ML;
using Microsoft.ML.Transforms;
using MLExtensions.Trainers;
using Quickstart;

var path = Path.GetFullPath(args.Length > 0 ? args[0] : Path.Combine("artifacts", "churn-probe.zip"));
var ml = new MLContext(seed: 1);
var data = ml.Data.Cache(Churn.Load(ml));
var split = ml.Data.TrainTestSplit(data, testFraction: 0.2);

// The probe takes missing values as they are. For the others the mean stands in; logistic regression also wants its features scaled.
var encode = ml.Transforms.Categorical.OneHotEncoding([.. Churn.CategoricalColumns.Select(name => new InputOutputColumnPair(name))])
    .Append(ml.Transforms.Concatenate("Features", [.. Churn.NumericColumns, .. Churn.CategoricalColumns]));
var impute = ml.Transforms.ReplaceMissingValues(nameof(Churn.TotalCharges), replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean)
    .Append(encode);
var scale = impute.Append(ml.Transforms.NormalizeMinMax("Features"));

var trainers = ml.BinaryClassification.Trainers;
var probe = encode.Append(trainers.NaiveBayesLinearProbe());
var calibrated = encode.Append(trainers.NaiveBayesLinearProbe(new NaiveBayesLinearProbeTrainer.Options { CalibrationFraction = 0.2, Seed = 1 }));

var comparison = new Comparison(ml, split);
comparison.Add("NaiveBayesLinearProbe", probe);
comparison.Add("  with temperature", calibrated);
// Its full name is too long for a terminal of 80 columns.
comparison.Add("GradientBoostedNN", impute.Append(trainers.GradientBoostedNeuralNetwork()));
comparison.Add("LbfgsLogisticRegression", scale.Append(trainers.LbfgsLogisticRegression()));
comparison.Add("FastTree", impute.Append(trainers.FastTree()));
comparison.Add("LightGbm", impute.Append(trainers.LightGbm()));
comparison.Run();

var model = calibrated.Fit(split.TrainSet);
Directory.CreateDirectory(Path.GetDirectoryName(path)!);
ml.Model.Save(model, data.Schema, path);
var agree = SavedForms.Compare(ml, model, path, data);
Explanation.Show(model, split.TestSet);

Console.WriteLine();
Console.WriteLine("Next: serve the saved file with stock ML.NET, from a program that does not know this pack:");
Console.WriteLine("  dotnet run -c Release --project samples/ServeWithStockMLNet");
Console.WriteLine("Options, equations, missing values: docs/naive-bayes-linear-probe.md");
Console.WriteLine("Saving and serving: docs/saving-and-serving.md");
return agree ? 0 : 1;
