using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;
using MLExtensions.Transforms;
using TorchSharp;

namespace MLExtensions.Benchmarks;

/// <summary>The neural trainers on a GPU beside the CPU: the same accuracy, and how long it takes. Needs <c>-p:Gpu=true</c>, or libtorch's CUDA engine beside the program.</summary>
internal sealed class NeuralGpu : Measurement
{
    private const int ManyRows = 20_000;
    private const int EncoderRows = 16_384;
    private const int QualityEpochs = 10;

    private static readonly (string Name, int Units, int Batch)[] Sizes = [("2 x 256 units", 256, 256), ("2 x 256 units", 256, 4096), ("2 x 1,024 units", 1024, 4096)];

    public override string Name => "neural-gpu";

    public override string Title => "Neural networks on a GPU";

    public override string Run()
    {
        TorchLibrary.EnsureLoaded();
        if (!torch.cuda.is_available())
            return $"{NotMeasured}libtorch finds no CUDA device (build with -p:Gpu=true on a machine that has one).";
        return $"{Environment.ProcessorCount} cores and the CUDA device 0, libtorch {torch.__version__}.\n\n{Quality()}\n{Difficulty()}\n{Speed()}\n{Pretraining()}";
    }

    private static string Quality()
    {
        var letter = Tabular.Load("letter")!;
        (string Name, Func<MLContext, int?, IEstimator<ITransformer>> Make)[] trainers =
        [
            ("NeuralNetwork", (ml, gpu) => ml.MulticlassClassification.Trainers.NeuralNetwork(new() { GpuDeviceId = gpu, NumberOfThreads = 1, Epochs = QualityEpochs, PatienceEpochs = QualityEpochs, RefitOnAllRows = false })),
            ("NeuralNetwork, batch normalisation, dropout 0.1", (ml, gpu) => ml.MulticlassClassification.Trainers.NeuralNetwork(
                new() { GpuDeviceId = gpu, NumberOfThreads = 1, Epochs = QualityEpochs, PatienceEpochs = QualityEpochs, RefitOnAllRows = false, Normalization = LayerNormalization.Batch, DropoutRate = 0.1 })),
            ("NoiseRobustNeuralNetwork, EarlyLearning", (ml, gpu) => ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(
                new() { GpuDeviceId = gpu, NumberOfThreads = 1, Epochs = QualityEpochs, PatienceEpochs = QualityEpochs, RefitOnAllRows = false, Preset = NoiseRobustPreset.EarlyLearning })),
            ("NoiseRobustNeuralNetwork, HighNoise", (ml, gpu) => ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(
                new() { GpuDeviceId = gpu, NumberOfThreads = 1, Epochs = QualityEpochs, PatienceEpochs = QualityEpochs, RefitOnAllRows = false, Preset = NoiseRobustPreset.HighNoise })),
        ];
        Table table = new($"Letter, 16,000 training rows, {QualityEpochs} epochs", "accuracy, CPU", "accuracy, GPU", "accuracy, GPU again", "seconds, CPU", "seconds, GPU");
        foreach (var (name, make) in trainers)
        {
            Progress(name);
            var runs = new int?[] { 0, 0, null }.Select(gpu => Measure(letter, make, gpu)).ToArray();
            table.Add([name, .. new[] { runs[2], runs[0], runs[1] }.Select(run => Text(run.Accuracy, "0.0000")), Text(runs[2].Seconds, "0.0"), Text(runs[1].Seconds, "0.0")]);
        }
        return table.ToString();
    }

    private static (double Accuracy, double Seconds) Measure(Tabular data, Func<MLContext, int?, IEstimator<ITransformer>> make, int? gpu)
    {
        MLContext ml = new(1);
        var (train, test) = (Rows.View(ml, data.Train, data.Features, data.Classes), Rows.View(ml, data.Test, data.Features, data.Classes));
        var start = Stopwatch.GetTimestamp();
        var fitted = make(ml, gpu).Fit(train);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (ml.MulticlassClassification.Evaluate(fitted.Transform(test)).MicroAccuracy, seconds);
    }

    private static string Speed()
    {
        MLContext ml = new(1);
        var view = ml.Data.Cache(Rows.View(ml, Rows.Create(ManyRows, 54, 7), 54, 7));
        Rows.Read(view, "Features", "Label");
        Table table = new($"{ManyRows:N0} rows of 54 features", "rows a step", "rows/s, CPU, 1 thread", "rows/s, GPU");
        foreach (var (name, units, batch) in Sizes)
        {
            Progress($"{name}, {batch} rows a step");
            string Rate(int? gpu)
            {
                NeuralNetworkTrainer.Options options = new() { HiddenUnits = units, BatchSize = batch, GpuDeviceId = gpu, NumberOfThreads = 1, ValidationFraction = 0, Seed = 1 };
                // The difference of two fits: reading, copying and warming up cancel.
                var epochs = gpu is null ? 2 : 11;
                var first = Seconds(ml, view, options, 1);
                return Text(ManyRows * (epochs - 1) / (Seconds(ml, view, options, epochs) - first), "N0");
            }
            table.Add(name, $"{batch:N0}", Rate(null), Rate(0));
        }
        return table.ToString();
    }

    private static string Difficulty()
    {
        Progress("EL2N");
        var letter = Tabular.Load("letter")!;
        (float[] Scores, double Seconds) Score(int? gpu)
        {
            MLContext ml = new(1);
            var start = Stopwatch.GetTimestamp();
            var scored = ml.Data.ScoreTrainingRows(Rows.View(ml, letter.Train, letter.Features, letter.Classes), new ExampleDifficultyEstimator.Options { GpuDeviceId = gpu, Seed = 1 });
            return ([.. scored.GetColumn<float>("Difficulty")], Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        Score(0);
        var (cpu, gpu) = (Score(null), Score(0));
        var correlation = Ranks.Correlation([.. cpu.Scores.Select(score => (double)score)], [.. gpu.Scores.Select(score => (double)score)]);
        return $"EL2N of the same rows: rank correlation of CPU and GPU {Text(correlation, "0.0000")}; {Text(cpu.Seconds, "0.0")} s and {Text(gpu.Seconds, "0.0")} s.\n";
    }

    private static string Pretraining()
    {
        MLContext ml = new(1);
        var view = ml.Data.Cache(Rows.View(ml, Rows.Create(EncoderRows, 14, 7), 14, 7));
        Rows.Read(view, "Features");
        Table table = new($"T-JEPA, {EncoderRows:N0} rows of 14 columns, rows a step", "rows/s, CPU, 1 thread", "rows/s, GPU");
        foreach (var batch in new[] { 256, 1024, 4096 })
        {
            Progress($"T-JEPA, {batch} rows a step");
            string Rate(int? gpu)
            {
                double Seconds(int epochs)
                {
                    var start = Stopwatch.GetTimestamp();
                    ml.Transforms.TJepa("Tokens", ["Features"], new TJepaFeaturizer.Options { BatchSize = batch, GpuDeviceId = gpu, NumberOfThreads = 1, Epochs = epochs, Seed = 1 }).Fit(view);
                    return Stopwatch.GetElapsedTime(start).TotalSeconds;
                }
                var first = Seconds(1);
                var epochs = gpu is null ? 2 : 6;
                return Text(EncoderRows * (epochs - 1) / (Seconds(epochs) - first), "N0");
            }
            table.Add($"{batch:N0}", Rate(null), Rate(0));
        }
        return table.ToString();
    }

    private static double Seconds(MLContext ml, IDataView view, NeuralNetworkTrainer.Options options, int epochs)
    {
        options.Epochs = epochs;
        var start = Stopwatch.GetTimestamp();
        ml.MulticlassClassification.Trainers.NeuralNetwork(options).Fit(view);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
