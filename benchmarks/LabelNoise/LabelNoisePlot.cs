using Microsoft.ML;
using ScottPlot;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;

namespace MLExtensions.Benchmarks;

/// <summary>How many wrong labels are memorised in each epoch.</summary>
internal sealed class LabelNoisePlot : Measurement
{
    private const int Seed = 1;

    private static readonly (string Name, Action<Options> Configure)[] Settings =
    [
        ("no defence", options => options.ElrLambda = 0),
        ("self-distillation 0.8", options => (options.ElrLambda, options.SelfDistillation) = (0, 0.8)),
        ("co-teaching, 0.36 left out", options => (options.ElrLambda, options.CoTeaching, options.ForgetRate) = (0, true, 0.36)),
        ("early learning, lambda 3", _ => { }),
    ];

    private readonly Dictionary<string, List<double>> _memorised = [];

    public override string Name => "label-noise-plot";

    public override string Title => "Wrong labels: what is memorised when";

    public override string Run()
    {
        var digits = NoisyDigits.Draw(Seed, NoisyDigits.Uniform(0.4));
        Table table = new("Epoch", "10", "20", "30", "40", "50", "60");
        foreach (var (name, configure) in Settings)
        {
            var options = LabelNoiseDigits.ToTheEnd(Seed);
            configure(options);
            List<double> memorised = [];
            new MLContext(Seed).MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(options).Fit(digits.Train, null, predictions => memorised.Add(digits.Memorised(predictions)));
            _memorised[name] = memorised;
            table.Add([name, .. Enumerable.Range(1, 6).Select(i => FormattableString.Invariant($"{memorised[(10 * i) - 1]:0.00}"))]);
        }
        return $"Share of the wrong labels that the network repeats, digits with 36 % wrong labels, one seed.\n\n{table}";
    }

    public override void Draw(string folder)
    {
        Plot plot = new();
        foreach (var (name, memorised) in _memorised)
        {
            var line = plot.Add.Scatter(Enumerable.Range(1, memorised.Count).Select(epoch => (double)epoch).ToArray(), memorised.ToArray());
            (line.LegendText, line.MarkerSize, line.LineWidth) = (name, 0, 2);
        }
        plot.XLabel("epoch");
        plot.YLabel("share of wrong labels memorised");
        plot.Axes.SetLimits(0, 60, 0, 1);
        plot.ShowLegend(Alignment.UpperLeft);
        Directory.CreateDirectory(folder);
        plot.SaveSvg(Path.Combine(folder, "noise-robust-memorised.svg"), 640, 400);
    }
}
