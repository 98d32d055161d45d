// Trains with the packages, saves, loads, and writes rows with the probabilities that the program beside it must find, too.
using Microsoft.ML;
using Microsoft.ML.Data;

var (model, expected, onnx) = (Path.Combine(args[0], "model.zip"), Path.Combine(args[0], "expected.idv"), Path.Combine(args[0], "model.onnx"));
var ml = new MLContext(seed: 1);
var random = new Random(1);
var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 300).Select(i => new Row
{
    Label = i % 3 == 0,
    Features = [(i % 3 == 0 ? 2 : 0) + random.NextSingle(), random.NextSingle(), random.NextSingle()],
}).ToArray());

foreach (var trainer in new IEstimator<ITransformer>[] { ml.BinaryClassification.Trainers.NaiveBayesLinearProbe(), ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork() })
{
    var pipeline = ml.Transforms.NormalizeMeanVariance("Features").Append(trainer);
    var fitted = pipeline.Fit(data);
    ml.Model.Save(fitted, data.Schema, model);
    var loaded = ml.Model.LoadAccelerated(model, out _);
    Require(Probabilities(fitted, data).SequenceEqual(Probabilities(loaded, data)), "The loaded model predicts what the fitted one does.");
    Require(ml.BinaryClassification.Evaluate(loaded.Transform(data)).AreaUnderRocCurve > 0.99, "The model has learned.");
}

// The second package: the exported graph of the boosted network, as any ONNX model.
var boosted = ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork().Fit(data);
boosted.SaveAsOnnx(onnx);
var batches = ml.Transforms.ApplyOnnxModelInBatches(["Probability"], ["Features"], onnx).Fit(data);
Require(batches.Transform(data).GetColumn<float[]>("Probability").Zip(Probabilities(boosted, data)).All(pair => Math.Abs(pair.First[0] - pair.Second) < 1e-6), "The ONNX file gives the same.");

var scored = ml.Model.LoadAccelerated(model, out _).Transform(data);
using (var file = File.Create(expected))
    ml.Data.SaveAsBinary(ml.Data.LoadFromEnumerable(scored.GetColumn<float>("Probability").Zip(data.GetColumn<float[]>("Features"), (probability, features) => new Scored { Features = features, Expected = probability })), file);
Console.WriteLine("trained, saved, loaded");
return 0;

static float[] Probabilities(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float>("Probability")];

static void Require(bool holds, string what)
{
    if (!holds)
        throw new InvalidOperationException($"Not so: {what}");
}

internal class Row
{
    public bool Label { get; set; }

    [VectorType(3)]
    public float[] Features { get; set; } = [];
}

internal sealed class Scored : Row
{
    public float Expected { get; set; }
}
