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
        ("early learning, two networks", options => (options.CoTeaching, options.ForgetRate) = (true, 0)),
        ("early learning, co-teaching, 0.1 left out", options => (options.CoTeaching, options.ForgetRate) = (true, 0.1)),
        ("early learning, co-teaching, 0.2 left out", options => (options.CoTeaching, options.ForgetRate) = (true, 0.2)),
        ("early learning, co-teaching, estimated share left out", options => options.CoTeaching = true),
        ("co-teaching, estimated share left out", options => (options.ElrLambda, options.CoTeaching) = (0, true)),
        ("early learning, dropout 0.1", options => options.DropoutRate = 0.1),
    ];

    public override string Name => "label-noise-tuning";

    public override string Title => "Wrong labels: choice of settings";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        var tables = LabelNoiseTables.Noisy.Where(entry => entry.Table != "adult").ToArray();
        Table table = new(["Setting", .. tables.Select(entry => $"{entry.Table}, {entry.Labels ?? "true"}")]);
        var rows = Settings.ToDictionary(setting => setting.Name, _ => new List<string>());
        foreach (var (name, labels) in tables)
        {
            MLContext ml = new(1);
            var real = RealTable.Load(ml, name, labels, forTuning: true);
            foreach (var (setting, configure) in Settings)
            {
                Options options = new() { Seed = 1 };
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
