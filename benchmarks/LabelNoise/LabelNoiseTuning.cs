using System.Globalization;
using Microsoft.ML;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;

namespace MLExtensions.Benchmarks;

/// <summary>How the settings for <see cref="LabelNoiseTables"/> were chosen: by accuracy on given, partly wrong labels of training rows that were kept back.</summary>
internal sealed class LabelNoiseTuning : Measurement
{
    private static readonly (string Name, Action<Options> Configure)[] Settings =
    [
        ("no defence", options => options.ElrLambda = 0),
        ("early learning", _ => { }),
        ("early learning, lambda 7", options => options.ElrLambda = 7),
        ("early learning, dropout 0.3", options => options.DropoutRate = 0.3),
        ("early learning, co-teaching", options => options.CoTeaching = true),
        ("early learning, co-teaching, dropout 0.3", options => (options.CoTeaching, options.DropoutRate) = (true, 0.3)),
        ("early learning, co-teaching, 0.4 left out", options => (options.CoTeaching, options.ForgetRate) = (true, 0.4)),
    ];

    public override string Name => "label-noise-tuning";

    public override string Title => "Wrong labels: choice of settings";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        var tables = LabelNoiseTables.Noisy.Where(entry => entry is { Table: "optdigits" or "music_genre", Labels: "sym40" or "crowd_single" or "crowd_majority" }).ToArray();
        Table table = new(["Setting", .. tables.Select(entry => $"{entry.Table}, {entry.Labels}")]);
        var rows = Settings.ToDictionary(setting => setting.Name, _ => new List<string>());
        foreach (var (name, labels) in tables)
        {
            MLContext ml = new(1);
            var real = RealTable.Load(ml, name, labels, forTuning: true);
            foreach (var (setting, configure) in Settings)
            {
                Options options = new() { Seed = 1, NumberOfThreads = 1 };
                configure(options);
                var result = Evaluation.Of(ml, real, LabelNoiseTables.Trainer(ml, real, options));
                rows[setting].Add(result.Accuracy!.Value.ToString("0.0000", CultureInfo.InvariantCulture));
                Progress($"{name} {labels} {setting}: {rows[setting][^1]}, {result.FitSeconds:0} s");
            }
        }
        foreach (var (setting, cells) in rows)
            table.Add([setting, .. cells]);
        return $"Accuracy on the given labels of every fifth training row; the others were trained on.\n\n{table}";
    }
}
