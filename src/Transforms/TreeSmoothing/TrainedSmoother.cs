using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>A trained model as a smoother of its training labels, checked against the leaf values that the model holds.</summary>
internal sealed class TrainedSmoother
{
    private TrainedSmoother(TreeModel model, TreeRows rows, LeafValueCheck.Result check, SmoothingExactness exactness)
        => (Model, Rows, Stages, MaxRelativeError, Exactness) = (model, rows, check.Stages, check.MaxRelativeError, exactness);

    public TreeModel Model { get; }

    /// <summary>The training rows.</summary>
    public TreeRows Rows { get; }

    public Stages Stages { get; }

    public SmoothingExactness Exactness { get; }

    public double MaxRelativeError { get; }

    /// <summary>Reads the training rows and finds the rule that reproduces the leaf values.</summary>
    /// <exception cref="ArgumentException">The model is no tree ensemble of a supported kind.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type or size.</exception>
    /// <exception cref="InvalidOperationException">The leaf values do not follow from the table, or the scores are not linear in the labels.</exception>
    public static TrainedSmoother Of(ITransformer transformer, IDataView trainData, TreeSmoothingOptions options, FixedBlocks work, TrainingContext context)
    {
        var model = TreeModel.Of(transformer);
        var (rule, settings) = TrainerSettings.Read(model);
        if (settings.NotLinear.Count > 0)
            throw new InvalidOperationException($"The scores of a model trained with {string.Join(", ", settings.NotLinear)} are not linear in the labels: no smoothing weights exist.");
        rule = rule with
        {
            LearningRate = options.LearningRate ?? rule.LearningRate,
            L2Regularization = options.L2Regularization ?? rule.L2Regularization,
            // FastForest's binary score is the sum of its trees' votes, each from -1 to 1.
            IsSummed = model.Trainer == TreeTrainer.FastForestBinary && options.Scale == SmoothingScale.Score,
        };

        var rows = TreeRows.ReadTraining(model.Prepare(trainData), model, options, work, context);
        if (rows.Count == 0)
            throw new InvalidOperationException("The training data has no rows that the trainer would use; expected rows with a label and a weight above 0, without missing features.");
        if (rows.Skipped > 0)
            context.Warn($"Skipped {rows.Skipped} of {rows.Skipped + rows.Count} training rows with missing or infinite values or without weight, as the trainer does.");
        return Check(model, rows, rule, settings, options, context);
    }

    private static TrainedSmoother Check(TreeModel model, TreeRows rows, LeafRule rule, TrainerSettings settings, TreeSmoothingOptions options, TrainingContext context)
    {
        LeafValueCheck.Result Run(LeafRule rule) => LeafValueCheck.Run(model, rows, rule, options.Bags, options.Scale == SmoothingScale.Prediction, context.ThrowIfCanceled);
        var check = Run(rule);
        if (!Passes(check) && rule.StartsAtMean && Run(rule with { StartsAtMean = false }) is var fromZero && fromZero.MaxRelativeError < check.MaxRelativeError)
            check = fromZero;
        context.Log(string.Create(CultureInfo.InvariantCulture, $"Leaf values recomputed with a largest relative error of {check.MaxRelativeError:G3}."));
        if (Passes(check))
            return new TrainedSmoother(model, rows, check, rule.Sigmoid is null ? SmoothingExactness.Exact : SmoothingExactness.Linearized);

        var problem = string.Create(CultureInfo.InvariantCulture, $"The leaf values of the model do not follow from the training data: {check.Worst} (largest relative error {check.MaxRelativeError:G3}).");
        if (double.IsNaN(check.MaxRelativeError))
            throw new InvalidOperationException($"{problem} {Reasons(settings, options)}");
        if (!options.AllowApproximate)
            throw new InvalidOperationException($"{problem} {Reasons(settings, options)} Set AllowApproximate to go on regardless.");
        context.Warn(problem);
        return new TrainedSmoother(model, rows, check, SmoothingExactness.Approximate);
    }

    private static bool Passes(LeafValueCheck.Result check) => check.MaxRelativeError <= LeafValueCheck.Tolerance;

    private static string Reasons(TrainerSettings settings, TreeSmoothingOptions options) => settings.Approximate.Count > 0
        ? $"It was trained with {string.Join(", ", settings.Approximate)}, which cannot be repeated exactly."
        : "Expected the very table that it was trained on: the same rows in the same order, the same labels "
            + $"(LabelColumnName is '{options.LabelColumnName}') and weights (ExampleWeightColumnName is {(options.ExampleWeightColumnName is { } weight ? $"'{weight}'" : "not set")}).";
}
