using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>From a view to networks that score it.</summary>
/// <param name="host">The host of the fit.</param>
/// <param name="options">The options, valid.</param>
internal sealed class DifficultyTraining(IHost host, ExampleDifficultyEstimator.Options options)
{
    /// <summary>Trains the networks.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or too many runs diverged; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public Result Fit(IDataView input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var shape = MlNetAccess.ShapeOf(input.Schema);
        DifficultyColumns.After(shape, options);
        var task = DifficultyColumns.TaskOf(shape, options.LabelColumnName);
        TrainingColumns.CheckSizes(input.Schema, task, options);

        using var channel = host.Start("Training");
        TrainingContext context = new(host, channel, options.Seed, cancellationToken);
        context.ThrowIfCanceled();
        ColumnRoles roles = new(options.FeatureColumnName, options.LabelColumnName, options.ExampleWeightColumnName) { Categorical = options.CategoricalColumns };
        TrainingData data = new(input, task, roles, context, needsTwoClasses: true);
        using var fit = TorchFit.Begin(context, numberOfThreads: 1, options.GpuDeviceId, options.FallbackToCpu);
        var (rowNumbers, runs) = Train(data, fit, context);
        ExampleDifficultyModel model = new(options, DifficultyColumns.Inputs(data), DifficultyColumns.Outputs(options), [.. runs.Select(run => (run.Number, run.LearningRate, run.Networks.ToArray()))]);
        return new(new(host, model, input.Schema, data.Labels), rowNumbers, [.. runs.Select(run => run.ForgettingEvents).OfType<int[]>()]);
    }

    // Apart, so that nothing of TorchSharp is touched before it is loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private (IReadOnlyList<long> RowNumbers, IReadOnlyList<ScoringRun> Runs) Train(TrainingData data, TorchFit fit, TrainingContext context)
    {
        using var rows = NetworkRows.Read(data, options.MissingValues, fit.Device);
        if (rows.Training.Count < data.ClassCount)
            context.Warn($"Only {rows.Training.Count} training rows for {data.ClassCount} classes: scores of so few rows mean little.");
        return (rows.RowNumbers, new ScoringRuns(rows, options, context, fit).Train());
    }

    /// <summary>What a training gives.</summary>
    /// <param name="Transformer">What scores rows.</param>
    /// <param name="RowNumbers">Positions of the training rows in the view; rows without a label or of weight 0 are not among them.</param>
    /// <param name="ForgettingEvents">For each run what was counted for each training row; empty unless the score is <see cref="DifficultyScore.Forgetting"/>.</param>
    public sealed record Result(FeatureTransformer<ExampleDifficultyModel> Transformer, IReadOnlyList<long> RowNumbers, IReadOnlyList<int[]> ForgettingEvents);
}
