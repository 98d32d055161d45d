using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using MLExtensions.Transforms;
using ScottPlot;

namespace MLExtensions.Benchmarks;

/// <summary>A table whose columns depend on three hidden factors: does the encoder learn, does it collapse, and are the factors in its tokens?</summary>
internal sealed class TJepaSynthetic : Measurement
{
    private const int TrainingRows = 5000;

    private static readonly (string Name, Action<TJepaFeaturizer.Options> Set)[] s_settings =
    [
        ("defaults, 20 epochs", _ => { }),
        ("no [REG] token", options => options.RegTokens = 0),
        ("three [REG] tokens", options => options.RegTokens = 3),
        ("masks as in the published code", options => options.ReferenceIndexing = true),
        ("first weights as in the paper", options => options.ValueDeviation = null),
        ("first weights and scaling as in the paper", options => (options.ValueDeviation, options.Scaling) = (null, NumericScaling.MinMax)),
        ("learning rate 0.03", options => options.LearningRate = 0.03),
        ("learning rate 0.03, variance floor", options => (options.LearningRate, options.VarianceFloor) = (0.03, true)),
        ("100 epochs", options => options.Epochs = 100),
    ];

    private readonly Dictionary<string, IReadOnlyList<TJepaEpoch>> _histories = [];

    public override string Name => "t-jepa-synthetic";

    public override string Title => "T-JEPA: a table of three factors";

    public override string Run()
    {
        MLContext ml = new(1);
        var (train, test) = (SyntheticTable.View(ml, TrainingRows, seed: 1), SyntheticTable.View(ml, 2000, seed: 2));
        Table table = new("Setting", "normalised loss", "smallest deviation", "explained share", "uniformity", "effective rank", "error of A", "B", "C", "seconds");
        table.Add(["raw columns", "", "", "", "", "", .. SyntheticTable.Factors.Select(factor => Error(ml, train, test, "Values", factor)), ""]);
        TJepaFeaturizer.Options first = new() { Epochs = 1, LearningRate = 1e-12 };
        Add("an encoder with its first weights", first, train, test, table);
        foreach (var (name, set) in s_settings)
        {
            Progress(name);
            TJepaFeaturizer.Options options = new() { Epochs = 20 };
            set(options);
            _histories[name] = Add(name, options, train, test, table);
        }
        return $"{TrainingRows:N0} training rows of 10 columns, nonlinear functions of the factors A, B and C (standard deviation 1) with noise of 0.1. Errors are those of a ridge regression of the factor on raw columns, or on all tokens, "
            + $"root of the mean squared error on 2,000 other rows. One seed, one thread.\n\n{table}\n{Noise(ml, train)}";
    }

    // Do the tokens of columns that go with others differ more from row to row?
    private static string Noise(MLContext ml, IDataView train)
    {
        Progress("columns of noise");
        var columns = ml.Transforms.TJepa("Tokens", ["Values", "Noise"], new TJepaFeaturizer.Options { Seed = 1, NumberOfThreads = 1 }).Fit(train).Model.Columns.Select(column => column.Deviation).ToArray();
        string Range(IEnumerable<double> deviations) => $"{Text(deviations.Min())} to {Text(deviations.Max())}, mean {Text(deviations.Average())}";
        return $"With {SyntheticTable.NoiseColumns} columns of noise beside them, {new TJepaFeaturizer.Options().Epochs} epochs: deviations of the tokens of the ten columns {Range(columns.Take(SyntheticTable.Columns))}; of those of noise {Range(columns.Skip(SyntheticTable.Columns))}.";
    }

    public override void Draw(string folder)
    {
        Plot plot = new();
        foreach (var name in new[] { "100 epochs", "first weights and scaling as in the paper" })
            Add(plot, name, _histories[name]);
        plot.XLabel("epoch");
        plot.ShowLegend(Alignment.UpperRight);
        plot.Axes.SetLimits(0, 100, 0, 2);
        Directory.CreateDirectory(folder);
        plot.SaveSvg(Path.Combine(folder, "t-jepa-training.svg"), 720, 400);
    }

    private static void Add(Plot plot, string name, IReadOnlyList<TJepaEpoch> history)
    {
        void Line(string what, Func<TJepaEpoch, double> value, LinePattern pattern)
        {
            var line = plot.Add.Scatter(history.Select(epoch => (double)epoch.Number).ToArray(), history.Select(value).ToArray());
            (line.LegendText, line.MarkerSize, line.LineWidth, line.LinePattern) = ($"{what}, {name}", 0, 2, pattern);
        }
        Line("loss", epoch => epoch.Loss, LinePattern.Dotted);
        Line("normalised loss", epoch => epoch.NormalizedLoss, LinePattern.Solid);
        Line("smallest deviation", epoch => epoch.SmallestDeviation, LinePattern.Dashed);
    }

    private static IReadOnlyList<TJepaEpoch> Add(string name, TJepaFeaturizer.Options options, IDataView train, IDataView test, Table table)
    {
        MLContext ml = new(1);
        (options.Seed, options.NumberOfThreads) = (1, 1);
        var start = Stopwatch.GetTimestamp();
        var fitted = ml.Transforms.TJepa("Tokens", ["Values"], options).Fit(train);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var normalized = ml.Transforms.NormalizeMeanVariance("Tokens", fixZero: false).Fit(fitted.Transform(train));
        IDataView Encode(IDataView rows) => normalized.Transform(fitted.Transform(rows));
        var last = fitted.Model.History[^1];
        table.Add(
        [
            name, Text(last.NormalizedLoss), Text(last.SmallestDeviation), Text(last.ExplainedShare), Text(last.Uniformity), Text(last.EffectiveRank),
            .. SyntheticTable.Factors.Select(factor => Error(ml, Encode(train), Encode(test), "Tokens", factor)), seconds.ToString("0", CultureInfo.InvariantCulture),
        ]);
        return fitted.Model.History;
    }

    private static string Error(MLContext ml, IDataView train, IDataView test, string features, string factor)
    {
        IDataView WithLabel(IDataView rows) => ml.Transforms.CopyColumns("Label", factor).Fit(rows).Transform(rows);
        return Text(new RidgeRegression(features).Fit(WithLabel(train)).ErrorOf(WithLabel(test)));
    }

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
