using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>Trains a network with one hidden layer unit by unit, by gradient boosting: regression, binary and multiclass classification.</summary>
/// <remarks>
/// <para>
/// Input columns: features, a known-size vector of <see cref="float"/>, dense or sparse; the label, <see cref="float"/> for regression, Boolean for binary and key for
/// multiclass classification; optionally a weight, <see cref="float"/> of at least 0. Output columns: those of ML.NET's own trainers; the multiclass <c>Score</c>
/// holds probabilities, the binary <c>Score</c> log-odds.
/// </para>
/// <para>
/// Normalisation is not needed (features and target are standardised inside, and the model does not depend on their units), caching is not needed (one pass, then 6
/// to 10 bytes a value in memory), missing values are refused or replaced by means (<see cref="Options.MissingValues"/>), the model is exported to ONNX as
/// Gemm, Sigmoid, Gemm (and Exp for Poisson loss), and no other package is needed to train. The model is the same, bit for bit, for any number of threads.
/// </para>
/// <para>
/// Each step fits J hidden units to the residuals of the network so far by L-BFGS, on a share of the rows, and adds them times learning rate times the best step length
/// for the loss. At the end all steps are one dense network, which can be cut at any of them (<see cref="GradientBoostedNeuralNetworkModelParameters.Truncate"/>).
/// A regression predicts means, means without outliers, quantiles, or means of counts (<see cref="Options.Loss"/>); the output weights can be fitted once more together
/// (<see cref="Options.PolishOutputWeights"/>). Use it for smooth relations on small and medium tables; where they are rough, boosted trees are better.
/// </para>
/// <para>
/// Source: S. Emami, G. Martinez-Munoz, "Sequential Training of Neural Networks With Gradient Boosting", IEEE Access 11 (2023) 42738-42750,
/// <see href="https://doi.org/10.1109/ACCESS.2023.3271515">doi 10.1109/ACCESS.2023.3271515</see>, <see href="https://arxiv.org/abs/1909.12098">arXiv:1909.12098</see>.
/// Differences from the published code: targets are standardised, the multiclass start is the centred log-prior and its step length uses the exact curvature, the step
/// of regression is a line search, and steps that would raise the training loss are shortened or rejected.
/// </para>
/// </remarks>
[Component("[Emami, Martinez-Munoz 2023](https://arxiv.org/abs/1909.12098)", "gradient-boosted-neural-network.md", TrainsOnMissingValues = false)]
public sealed partial class GradientBoostedNeuralNetworkTrainer
    : TrainerBase<GradientBoostedNeuralNetworkTrainer.Options, GradientBoostedNeuralNetworkModelParameters>
{
    internal GradientBoostedNeuralNetworkTrainer(IHostEnvironment environment, PredictionTask task, Options options)
        : base(environment, task, options)
        => options.ValidateFor(task);

    /// <summary>Multiplications from which on work is done in parallel: tests let small tables be so, too.</summary>
    internal long MinimumParallelWork { get; set; } = FixedBlocks.MinimumParallelWork;

    /// <summary>Trains, and keeps the number of steps with which the validation rows are predicted best.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="validation">Rows with the same columns, to choose the number of steps by.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or differs between both views.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> Fit(IDataView input, IDataView validation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(validation);
        return FitCore(input, startFrom: null, cancellationToken, validation);
    }

    /// <summary>Goes on from an earlier model: appends units to it that are fitted to what it leaves over on the rows.</summary>
    /// <param name="input">The training rows: the same, more or other ones. They need not hold every class.</param>
    /// <param name="startFrom">
    /// A model of the same task, features, classes, activation and loss. A polish of its output weights is left out: units are appended to the boosted ones. Where it replaces
    /// missing values, the new model does so too and by the same numbers; otherwise <see cref="Options.MissingValues"/> decides.
    /// </param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or another size than in the earlier model, or its task or an option differs.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> Fit(
        IDataView input, GradientBoostedNeuralNetworkModelParameters startFrom, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(startFrom);
        return FitCore(input, startFrom, cancellationToken);
    }

    /// <inheritdoc/>
    protected override GradientBoostedNeuralNetworkModelParameters Train(
        TrainingData data, GradientBoostedNeuralNetworkModelParameters? startFrom, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(context);
        var outputs = Task == PredictionTask.MulticlassClassification ? data.ClassCount : 1;
        CheckStart(startFrom, outputs);
        var (training, validation) = ReadRows(data, context);
        FixedBlocks blocks = new(TrainerOptions.NumberOfThreads ?? Environment.ProcessorCount, MinimumParallelWork);
        NetworkGrowth growth = new(Task, TrainerOptions, outputs, context, blocks);
        return growth.Grow(training, validation, startFrom);
    }

    private void CheckStart(GradientBoostedNeuralNetworkModelParameters? startFrom, int outputs)
    {
        if (startFrom is null)
            return;
        // A regression and a binary classification both have one output, in different units.
        if (startFrom.Parts().Task != Task)
            throw new ArgumentOutOfRangeException(nameof(startFrom), $"The model to go on from was trained for {startFrom.Parts().Task}; expected {Task}, as this trainer.");
        if (startFrom.OutputCount != outputs)
            throw new ArgumentOutOfRangeException(nameof(startFrom), $"Label column '{TrainerOptions.LabelColumnName}' has {outputs} classes; expected {startFrom.OutputCount}, as in the model to go on from.");
        if (Task == PredictionTask.Regression && (startFrom.GetOptions() is var earlier) && (earlier.Loss, QuantileOf(earlier)) != (TrainerOptions.Loss, QuantileOf(TrainerOptions)))
            throw new ArgumentOutOfRangeException(nameof(startFrom), $"The option Loss is {NameOf(TrainerOptions)}; expected {NameOf(earlier)}, as in the model to go on from.");
        if (startFrom.Activation != TrainerOptions.Activation && startFrom.UnitCount > 0)
            throw new ArgumentOutOfRangeException(nameof(startFrom), $"The option Activation is {TrainerOptions.Activation}; expected {startFrom.Activation}, as in the model to go on from.");
    }

    private static double? QuantileOf(Options options) => options.Loss == RegressionLoss.Quantile ? options.Quantile : null;

    private static string NameOf(Options options)
        => QuantileOf(options) is { } quantile ? string.Create(CultureInfo.InvariantCulture, $"{options.Loss} {quantile}") : $"{options.Loss}";

    private (RowBlock Training, RowBlock? Validation) ReadRows(TrainingData data, TrainingContext context)
    {
        var (training, validation) = (data.ReadAll(), data.Validation?.ReadAll());
        if (validation is null)
            (training, validation) = HeldOutRows.Split(training, TrainerOptions.ValidationFraction, context);
        foreach (var rows in new[] { training, validation })
        {
            if (rows is not null && TrainerOptions.MissingValues == MissingValueRule.Error)
                MissingFeatures.Refuse(rows, TrainerOptions.FeatureColumnName, data.FeatureName);
            if (rows is not null && TrainerOptions.Loss == RegressionLoss.Poisson)
                RefuseNegativeTargets(rows);
        }
        return (training, validation);
    }

    private void RefuseNegativeTargets(RowBlock rows)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows.Targets[row] < 0)
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Label column '{TrainerOptions.LabelColumnName}' holds {rows.Targets[row]} in row {rows.RowNumbers[row]}; expected numbers of at least 0, as the option {nameof(Options.Loss)} is {RegressionLoss.Poisson}."));
        }
    }
}
