// Scores with stock ML.NET what the program beside it saved, and compares.
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext();
var model = ml.Model.Load(Path.Combine(args[0], "model.zip"), out var schema);
var rows = ml.Data.LoadFromBinary(Path.Combine(args[0], "expected.idv"));
var found = model.Transform(rows).GetColumn<float>("Probability").ToArray();
var differences = found.Zip(rows.GetColumn<float>("Expected"), (a, b) => Math.Abs(a - b)).Count(difference => !(difference < 1e-6));
var pack = AppDomain.CurrentDomain.GetAssemblies().Count(assembly => assembly.GetName().Name!.StartsWith("MLExtensions", StringComparison.Ordinal));
Console.WriteLine($"{found.Length} rows scored, {differences} otherwise than expected; {pack} assemblies of the pack");
return found.Length == 300 && differences == 0 && pack == 0 && schema is not null ? 0 : 1;
