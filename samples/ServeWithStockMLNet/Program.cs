// Serves the model that samples/Quickstart saved, with stock ML.NET: nothing in this program knows MLExtensions.
// dotnet run -c Release --project samples/ServeWithStockMLNet [-- FILE]   (by default that of a Quickstart without --data)
using Microsoft.ML;
using ServeWithStockMLNet;

var path = Path.GetFullPath(args.Length > 0 ? args[0] : Path.Combine("artifacts", "quickstart", "model.zip"));
if (!File.Exists(path))
{
    Console.Error.WriteLine($"There is no model at {path}. Run this first: dotnet run -c Release --project samples/Quickstart");
    return 1;
}

var ml = new MLContext();
var model = ml.Model.Load(path, out _);
using var engine = ml.Model.CreatePredictionEngine<Customer, Prediction>(model);

Customer[] customers =
[
    new() { Name = "New, fibre, pays by electronic check", Tenure = 1, MonthlyCharges = 70.35f, TotalCharges = 70.35f },
    new() { Name = "The same, four years later", Tenure = 48, MonthlyCharges = 70.35f, TotalCharges = 3376.8f },
    new() { Name = "The same, on a two-year contract", Tenure = 48, MonthlyCharges = 70.35f, TotalCharges = 3376.8f, Contract = "Two year" },
    new() { Name = "Signed up today, nothing billed yet", Tenure = 0, MonthlyCharges = 70.35f, TotalCharges = 0 },
];
foreach (var customer in customers)
{
    var prediction = engine.Predict(customer);
    Console.WriteLine($"{customer.Name,-38} leaves: {prediction.PredictedLabel,-5}  probability {prediction.Probability:F4}");
}

return 0;
