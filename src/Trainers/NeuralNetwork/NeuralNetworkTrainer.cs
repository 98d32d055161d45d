using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>Trains a multilayer perceptron for tables: regression, binary and multiclass classification.</summary>
/// <remarks>
/// <para>
/// Input columns: features, a known-size vector of <see cref="float"/>, dense or sparse; the label, <see cref="float"/> for regression, Boolean for binary and key for
/// multiclass classification; optionally a weight, <see cref="float"/> of at least 0. Output columns: those of ML.NET's own trainers; the multiclass <c>Score</c>
/// holds probabilities, the binary <c>Score</c> log-odds.
/// </para>
/// <para>
/// Normalisation is not needed (features and target are standardised inside), caching is not needed (the rows are read once and kept in memory), missing values are
/// replaced by means with an indicator feature (<see cref="NeuralNetworkOptions.MissingValues"/>), and the model is exported to ONNX. Training needs a libtorch package beside this
/// one; the fitted model needs none.
/// </para>
/// <para>
/// The loss is the cross-entropy, or the squared error of the standardised target; the weights of the examples are divided by their sum in every batch. A tenth of the
/// rows is held out, and the epoch that predicts them best is kept. On the CPU, with the same seed, number of threads and machine the model is the same, bit for bit.
/// </para>
/// </remarks>
[Component("", "neural-network.md", NeedsTorch = true)]
public sealed class NeuralNetworkTrainer : TrainerBase<NeuralNetworkTrainer.Options, NeuralNetworkModelParameters>
{
    internal NeuralNetworkTrainer(IHostEnvironment environment, PredictionTask task, Options options)
        : base(environment, task, options)
    {
    }

    /// <summary>Options of the neural network: those of every neural trainer.</summary>
    public sealed class Options : NeuralNetworkOptions
    {
        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);
    }

    /// <summary>Trains, and keeps the epoch with which the validation rows are predicted best.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="validation">Rows with the same columns, to choose the epoch by.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or differs between both views.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training diverged; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public PredictionTransformer<NeuralNetworkModelParameters> Fit(IDataView input, IDataView validation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(validation);
        return FitCore(input, startFrom: null, cancellationToken, validation);
    }

    /// <inheritdoc/>
    protected override NeuralNetworkModelParameters Train(TrainingData data, NeuralNetworkModelParameters? startFrom, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(context);
        using var fit = TorchFit.Begin(context, TrainerOptions);
        return TrainNetwork(data, fit, context);
    }

    // Apart, so that nothing of TorchSharp is touched before it is loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private NeuralNetworkModelParameters TrainNetwork(TrainingData data, TorchFit fit, TrainingContext context)
    {
        using var scope = NewDisposeScope();
        using var rows = NetworkRows.Read(data, TrainerOptions, context, fit.Device);
        var module = rows.CreateNetwork(TrainerOptions, fit);
        TrainableNetwork network = new(module, TrainerOptions.TrainingSettings);
        using NetworkStep step = Task == PredictionTask.Regression ? new RegressionStep(network, module) : new ClassificationStep(network, module);
        var history = new TrainingLoop(TrainerOptions.TrainingSettings, context, fit).Run(step, rows.Training, rows.Validation);
        var inLabelUnits = rows.Targets is { } targets ? history.ScaleLosses(targets.Deviation * targets.Deviation) : history;
        return new(rows.ToDense(module), rows.Targets, inLabelUnits, TrainerOptions);
    }
}
