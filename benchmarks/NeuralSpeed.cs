using System.Globalization;
using Microsoft.ML;
using MLExtensions.Trainers;
using TorchSharp;

namespace MLExtensions.Benchmarks;

/// <summary>How many rows a second the neural network is trained on, and scores.</summary>
internal sealed class NeuralSpeed : Measurement
{
    private const int RowCount = 12 * ScoredPerRun;
    private const int Features = 54;
    private const int Classes = 7;
    private const int ScoredPerRun = 1024;

    public override string Name => "neural-speed";

    public override string Title => "Neural network: training and scoring";

    public override string Run()
    {
        var ml = new MLContext(1);
        var view = ml.Data.Cache(Rows.View(ml, Rows.Create(RowCount, Features, Classes), Features, Classes));
        Rows.Read(view, "Features", "Label");
        return $"{RowCount:N0} rows of {Features} features, {Classes} classes, the default network (two hidden layers of 256).\n\n{Training(ml, view)}\n{Scoring(ml, view)}";
    }

    private static string Training(MLContext ml, IDataView view)
    {
        Progress("training");
        const int Epochs = 3;
        (int Batch, int Threads)[] settings = [(64, 1), (64, 2), (256, 1), (256, 2)];
        // The second half of each pair is a fit of one epoch more than the first: reading and preparing the rows cancel.
        Action Fit(int batch, int threads, int epochs, int units = 256)
            => () => Trainer(ml, new() { BatchSize = batch, NumberOfThreads = threads, Epochs = epochs, HiddenUnits = units }).Fit(view);
        var samples = Samples.Measure(3, [.. settings.SelectMany(setting => new[] { Fit(setting.Batch, setting.Threads, 1), Fit(setting.Batch, setting.Threads, 1 + Epochs) }),
            Fit(64, 1, 1, units: 1), Fit(64, 1, 1 + Epochs, units: 1)]);
        double Step(int pair, int batch) => (samples.Median((2 * pair) + 1) - samples.Median(2 * pair)) / (Epochs * (RowCount / batch));
        // With one unit a layer next to nothing is left to compute: what such a step takes is the cost of the calls.
        var calls = Step(settings.Length, 64);
        Table table = new("Rows per step", "threads", "microseconds a step", "rows a second", "share of a step that is computing");
        for (var i = 0; i < settings.Length; i++)
        {
            var (batch, threads) = settings[i];
            var step = Step(i, batch);
            table.Add($"{batch}", $"{threads}", Text(step * 1e6, "0"), Text(batch / step, "N0"), Text(1 - (calls / step), "0 %"));
        }
        return table.ToString();
    }

    private static string Scoring(MLContext ml, IDataView view)
    {
        Progress("scoring");
        var scored = Trainer(ml, new() { Epochs = 1 }).Fit(view).Transform(view);
        using var network = torch.nn.Sequential(
            torch.nn.Linear(Features, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, Classes), torch.nn.Softmax(1));
        using var rows = torch.randn(RowCount, Features);
        var samples = Samples.Measure(5, () => Rows.Read(scored, "Score"), () => Forward(network, rows));
        Table table = new("Scoring", "microseconds a row", "rows a second");
        table.Add("the fitted model over a view", Text(samples.Median(0) / RowCount * 1e6, "0.00"), Text(RowCount / samples.Median(0), "N0"));
        table.Add($"TorchSharp's forward pass over tensors of {ScoredPerRun:N0} rows", Text(samples.Median(1) / RowCount * 1e6, "0.00"), Text(RowCount / samples.Median(1), "N0"));
        return table.ToString();
    }

    private static void Forward(torch.nn.Module<torch.Tensor, torch.Tensor> network, torch.Tensor rows)
    {
        using var noGradient = torch.no_grad();
        for (var first = 0; first < RowCount; first += ScoredPerRun)
        {
            using var scope = torch.NewDisposeScope();
            network.forward(rows.narrow(0, first, ScoredPerRun));
        }
    }

    private static NeuralNetworkTrainer Trainer(MLContext ml, NeuralNetworkTrainer.Options options)
    {
        (options.Seed, options.ValidationFraction, options.LearningRateDecay) = (1, 0, LearningRateDecay.None);
        return ml.MulticlassClassification.Trainers.NeuralNetwork(options);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
