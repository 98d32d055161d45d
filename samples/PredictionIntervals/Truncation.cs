using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using Quickstart;
using Spectre.Console;

namespace PredictionIntervals;

/// <summary>One network at several prices: its first units only.</summary>
internal static class Truncation
{
    private static readonly double[] Shares = [0.5, 0.25, 0.1, 0.05, 0];

    public static void Print(MLContext ml, PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> network, IDataView prepared)
    {
        var rows = ml.Data.Cache(prepared, "Features", "Label");
        var count = rows.GetColumn<float>("Label").Count();
        var table = new Table().AddColumns("Units", "RMSE, dollars", "Score, ms", "Rows/s");
        foreach (var column in table.Columns)
            column.RightAligned();
        // The polished weights belong to all units together: without the last one, the network is as boosting had it.
        var all = network.Model.UnitCount;
        foreach (var units in (int[])[all, all - 1, .. Shares.Select(share => (int)(share * all))])
        {
            var cut = network.Truncate(units);
            var (_, time) = Fastest.Of(() => cut.Transform(rows).GetColumn<float>("Score").Sum());
            var error = ml.Regression.Evaluate(cut.Transform(rows)).RootMeanSquaredError;
            table.AddRow($"{cut.Model.UnitCount}{(units == all ? ", polished" : "")}", $"{error:N0}", $"{time.TotalMilliseconds:N1}", $"{count / time.TotalSeconds:N0}");
        }
        AnsiConsole.Write(table);
    }
}
