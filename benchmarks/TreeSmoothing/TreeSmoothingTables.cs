using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Reports;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>Effective parameters and test error on public tables, and whether leverage tells where predictions fail.</summary>
internal sealed class TreeSmoothingTables : Measurement
{
    private static readonly string[] Tables = ["california_housing", "diamonds", "bike_sharing", "adult"];
    private static readonly string[] Trainers = ["FastForest", "FastTree", "LightGbm"];

    private static readonly (string Name, Func<TreeSetting, TreeSetting> Change)[] Settings =
    [
        ("100 trees, 20 leaves, rate 0.2", setting => setting), ("20 trees", setting => setting with { Trees = 20 }), ("300 trees", setting => setting with { Trees = 300 }),
        ("8 leaves", setting => setting with { Leaves = 8 }), ("60 leaves", setting => setting with { Leaves = 60 }),
        ("rate 0.05", setting => setting with { Rate = 0.05 }), ("rate 0.5", setting => setting with { Rate = 0.5 }),
    ];

    private readonly Dictionary<(string Table, string Trainer), SmoothedModel> _base = [];

    public override string Name => "tree-smoothing";

    public override string Title => "Tree smoothing: public tables";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        var parameters = string.Join('\n', Tables.Select(table => $"{table}:\n\n{Parameters(table)}"));
        return $"""
            p: effective parameters on the training / on the test rows; ± their standard error where they are estimated (more than 4,000 leaves). Error: RMSE in the units of the label; adult:
            share of wrong classes. Each row changes one setting of the first. Boosted models of adult are linearised: how their probabilities move with the labels.

            {parameters}
            Does leverage tell where predictions fail? Test rows, first setting. Spearman: rank correlation of leverage and |error|; "same score": the mean of those inside each tenth of the
            rows by score, because rows with an uncommon score may have both; "score": that of the score itself and |error|. Mean |error| in the tenth of the rows with the smallest, the fifth
            and the largest leverage, divided by the mean of all.

            {Leverage()}
            """;
    }

    public override void Draw(string folder)
    {
        if (_base.Count == 0)
            return;
        Directory.CreateDirectory(folder);
        var curves = new SvgChart("trees", "effective parameters") { LogY = true };
        foreach (var trainer in Trainers)
        {
            var curve = _base[(Tables[0], trainer)].Report.CurveOverTrees;
            curves.Line($"{trainer}, training", curve.Select(point => ((double)point.Trees, point.Train)));
            curves.Line($"{trainer}, test", curve.Select(point => ((double)point.Trees, point.Query!.Value)));
        }
        curves.Save(Path.Combine(folder, "tree-smoothing-curves.svg"));

        var errors = new SvgChart("tenth of the test rows, by leverage", "mean |error| / mean of all");
        foreach (var table in Tables)
            errors.Line($"{table}, FastTree", RelativeErrors(_base[(table, "FastTree")]).Select((error, i) => (i + 1.0, error)));
        errors.Save(Path.Combine(folder, "tree-smoothing-leverage.svg"));
    }

    private Table Parameters(string name)
    {
        MLContext ml = new(1);
        var real = RealTable.Load(ml, name);
        Table table = new(["Setting", .. Trainers.SelectMany(trainer => new[] { $"{trainer} p", "error" })]);
        foreach (var (setting, change) in Settings)
        {
            List<string> cells = [setting];
            foreach (var trainer in Trainers)
            {
                if (trainer == "FastForest" && setting.StartsWith("rate", StringComparison.Ordinal))
                {
                    cells.AddRange(["", ""]);
                    continue;
                }
                var model = SmoothedModel.Train(ml, real, change(new TreeSetting(trainer)));
                _base.TryAdd((name, trainer), model);
                cells.AddRange([Text(model.Report), ErrorText(model.Error)]);
                Progress($"{name} {trainer} {setting}: {cells[^2]}, {cells[^1]}, {model.Report.Exactness}, {model.Report.MaxRelativeError:G2}");
            }
            table.Add([.. cells]);
        }
        return table;
    }

    private Table Leverage()
    {
        Table table = new("Table", "trainer", "Spearman", "same score", "score", "smallest", "fifth", "largest");
        foreach (var ((name, trainer), model) in _base)
        {
            var relative = RelativeErrors(model);
            table.Add(
                name, trainer, Rank(Ranks.Correlation(model.Report.QueryLeverage, model.AbsoluteErrors)),
                Rank(Ranks.CorrelationWithin(model.Report.QueryLeverage, model.AbsoluteErrors, model.Scores)), Rank(Ranks.Correlation(model.Scores, model.AbsoluteErrors)),
                Rank(relative[0]), Rank(relative[4]), Rank(relative[9]));
        }
        return table;
    }

    private static double[] RelativeErrors(SmoothedModel model)
    {
        var mean = model.AbsoluteErrors.Average();
        return [.. Ranks.Tenths(model.Report.QueryLeverage).Select(rows => rows.Average(row => model.AbsoluteErrors[row]) / mean)];
    }

    private static string Text(TreeSmoothingReport report) => report.Method == SmoothingMethod.Probe
        ? $"{Number(report.EffectiveParametersTrain)} ± {Number(report.StandardErrorTrain)} / {Number(report.EffectiveParametersQuery!.Value)} ± {Number(report.StandardErrorQuery!.Value)}"
        : $"{Number(report.EffectiveParametersTrain)} / {Number(report.EffectiveParametersQuery!.Value)}";

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    private static string ErrorText(double value) => value.ToString(value < 10 ? "0.0000" : value < 1000 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    private static string Rank(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
