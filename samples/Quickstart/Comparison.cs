using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace Quickstart;

/// <summary>Trains pipelines on one split and prints them side by side.</summary>
internal sealed class Comparison(MLContext ml, DataOperationsCatalog.TrainTestData split)
{
    private readonly List<(string Name, IEstimator<ITransformer> Pipeline)> _contenders = [];

    public void Add(string name, IEstimator<ITransformer> pipeline) => _contenders.Add((name, pipeline));

    public void Run()
    {
        var table = new Table().AddColumns("Trainer", "AUC", "Log-loss", "F1", "Fit, ms", "Score, ms");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        AnsiConsole.Status().Start("Training", status =>
        {
            foreach (var (name, pipeline) in _contenders)
            {
                status.Status($"Training {name.Trim()}");
                table.AddRow([name, .. Measure(pipeline)]);
            }
        });
        AnsiConsole.Write(table);
        Console.WriteLine($"{CountRows(split.TrainSet):N0} training rows, {CountRows(split.TestSet):N0} test rows, one split.");
        Console.WriteLine("Log-loss in nats, less is better (ML.NET reports bits: here times ln 2).");
        Console.WriteLine($"Times: whole pipeline, rows in memory, the fastest of at least {Fastest.LeastRuns} runs.");
    }

    private string[] Measure(IEstimator<ITransformer> pipeline)
    {
        var (model, fit) = Fastest.Of(() => pipeline.Fit(split.TrainSet));
        var (_, score) = Fastest.Of(() => model.Transform(split.TestSet).GetColumn<float>("Probability").Sum());
        var metrics = ml.BinaryClassification.Evaluate(model.Transform(split.TestSet));
        return
        [
            $"{metrics.AreaUnderRocCurve:F4}", $"{metrics.LogLoss * Math.Log(2):F4}", $"{metrics.F1Score:F4}",
            $"{fit.TotalMilliseconds:N1}", $"{score.TotalMilliseconds:N1}",
        ];
    }

    private static int CountRows(IDataView view) => view.GetColumn<bool>(nameof(Churn.Label)).Count();
}
