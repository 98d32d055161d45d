using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using Options = MLExtensions.Trainers.GradientBoostedNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>Trainers and tables for tests of every task.</summary>
internal static class Networks
{
    /// <summary>A trainer that takes its label from the column that small tables have for its task.</summary>
    public static GradientBoostedNeuralNetworkTrainer Trainer(this MLContext context, PredictionTask task, Options options)
    {
        options.LabelColumnName = task switch { PredictionTask.Regression => "Target", PredictionTask.BinaryClassification => "Positive", _ => "Label" };
        return task switch
        {
            PredictionTask.Regression => context.Regression.Trainers.GradientBoostedNeuralNetwork(options),
            PredictionTask.BinaryClassification => context.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options),
            _ => context.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(options),
        };
    }

    /// <summary>A table of the task.</summary>
    public static SmallTable Table(PredictionTask task) => task switch
    {
        PredictionTask.Regression => SmallTables.Diabetes,
        PredictionTask.BinaryClassification => SmallTables.BreastCancer,
        _ => SmallTables.Wine,
    };

    /// <summary>
    /// Trains with several numbers of threads, all work in parallel however small, on enough rows for four blocks or more in every sum: two can be added in any order.
    /// </summary>
    public static IReadOnlyDictionary<string, double[]>[] NumbersByThreads(this MLContext context, PredictionTask task, Func<Options> options)
    {
        var table = Table(task);
        var view = new SmallTable([.. Enumerable.Repeat(table.Features, 12).SelectMany(row => row)], [.. Enumerable.Repeat(table.Labels, 12).SelectMany(label => label)]).ToView(context);
        return [.. new int?[] { 1, 2, 5, null }.Select(threads =>
        {
            var chosen = options();
            (chosen.NumberOfThreads, chosen.MaximumIterations, chosen.Seed) = (threads, 10, 3);
            var trainer = context.Trainer(task, chosen);
            trainer.MinimumParallelWork = 0;
            return trainer.Fit(view).Model.GetState().Numbers;
        })];
    }
}
