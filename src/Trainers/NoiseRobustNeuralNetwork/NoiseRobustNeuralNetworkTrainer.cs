using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>Trains a multilayer perceptron for tables some of whose labels are wrong, and finds the labels that likely are: binary and multiclass classification.</summary>
/// <remarks>
/// <para>
/// Input columns: features, a known-size vector of <see cref="float"/>, dense or sparse; the label, Boolean for binary and key for multiclass classification; optionally
/// a weight, <see cref="float"/> of at least 0. Output columns: those of ML.NET's own trainers; the multiclass <c>Score</c> holds probabilities, the binary
/// <c>Score</c> log-odds.
/// </para>
/// <para>
/// Normalisation and caching are not needed, missing values are replaced by means with an indicator feature (<see cref="NeuralNetworkOptions.MissingValues"/>), and the
/// model is exported to ONNX, two networks as one graph. Training needs a libtorch package beside this one; the fitted model needs none.
/// </para>
/// <para>
/// Four defences, each of which can be off: early-learning regularisation (S. Liu et al., NeurIPS 2020, arXiv:2007.00151), self-distillation (K. Kim et al., ICCV 2021,
/// arXiv:2006.12000), dropout or nested dropout of features (Y. Chen et al., TNNLS 2022, arXiv:2206.13140), co-teaching (B. Han et al., NeurIPS 2018, arXiv:1804.06872). With
/// all of them off it is <see cref="NeuralNetworkTrainer"/>, bit for bit. Rows that are held out to find the best epoch have given labels too, so that the accuracies
/// reported for them are those on possibly wrong labels.
/// </para>
/// <para>
/// No method can recover classes that are confused with each other in half of the rows or more. On clean labels expect to lose up to a point of accuracy.
/// </para>
/// </remarks>
[Component(
    "[Liu et al. 2020](https://arxiv.org/abs/2007.00151), [Kim et al. 2021](https://arxiv.org/abs/2006.12000), [Chen et al. 2022](https://arxiv.org/abs/2206.13140), [Han et al. 2018](https://arxiv.org/abs/1804.06872)",
    "noise-robust-neural-network.md", NeedsTorch = true)]
public sealed partial class NoiseRobustNeuralNetworkTrainer : TrainerBase<NoiseRobustNeuralNetworkTrainer.Options, NoiseRobustNeuralNetworkModelParameters>
{
    private const int FewRows = 50;

    private readonly IHostEnvironment _environment;

    internal NoiseRobustNeuralNetworkTrainer(IHostEnvironment environment, PredictionTask task, Options options)
        : base(environment, task, options) => _environment = environment;

    private Action<EpochPredictions>? AfterEpoch { get; init; }

    /// <summary>Trains, and keeps the epoch with which the validation rows are predicted best.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="validation">Rows with the same columns, to choose the epoch by; better ones than the training rows if their labels are known to be right.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or differs between both views.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training diverged; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public PredictionTransformer<NoiseRobustNeuralNetworkModelParameters> Fit(IDataView input, IDataView validation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(validation);
        return FitCore(input, startFrom: null, cancellationToken, validation);
    }

    /// <summary>Trains, and tells after each epoch which classes were predicted for the training rows: with the true labels at hand, what was memorised.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="validation">Rows with the same columns, to choose the epoch by, or <see langword="null"/> to hold some out.</param>
    /// <param name="afterEpoch">Gets each epoch's predictions, on the thread that trains.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or differs between both views.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training diverged; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public PredictionTransformer<NoiseRobustNeuralNetworkModelParameters> Fit(
        IDataView input, IDataView? validation, Action<EpochPredictions> afterEpoch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(afterEpoch);
        // A trainer of its own: several threads may fit with this one.
        NoiseRobustNeuralNetworkTrainer told = new(_environment, Task, TrainerOptions) { AfterEpoch = afterEpoch };
        return told.FitCore(input, startFrom: null, cancellationToken, validation);
    }

    /// <summary>The name of the label column.</summary>
    internal string LabelColumnName => TrainerOptions.LabelColumnName;

    /// <inheritdoc/>
    protected override NoiseRobustNeuralNetworkModelParameters Train(TrainingData data, NoiseRobustNeuralNetworkModelParameters? startFrom, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(context);
        using var fit = TorchFit.Begin(context, TrainerOptions);
        return TrainNetworks(data, fit, context);
    }

    // Apart, so that nothing of TorchSharp is touched before it is loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private NoiseRobustNeuralNetworkModelParameters TrainNetworks(TrainingData data, TorchFit fit, TrainingContext context)
    {
        using var scope = NewDisposeScope();
        using var rows = NetworkRows.Read(data, TrainerOptions, context, fit.Device);
        if (rows.Training.Count < FewRows)
            context.Warn($"Only {rows.Training.Count} training rows: too few to tell wrong labels from rare ones; expected at least {FewRows}.");
        var options = TrainerOptions.Resolve();
        options.BatchSize = options.BatchSizeFor(rows.Training.Count);
        using LabelTrace trace = new(rows.Training) { AfterEpoch = Tell(rows) };
        using var networks = NoiseRobustNetworks.Create(rows, options, fit, trace);
        var history = new TrainingLoop(options.TrainingSettings, context, fit).Run(networks.Step, rows.Training, rows.Validation);
        var suspicions = new LabelAudit(data, rows).Run(networks.Steps, networks.RejectedShares);
        return new(networks.ToDense(rows), history, TrainerOptions)
        {
            EpochLabels = [.. trace.Epochs],
            SuspiciousLabels = suspicions,
            Classes = LabelAudit.Summarize(data, suspicions),
        };
    }

    private Action<int, long[]>? Tell(NetworkRows rows) => AfterEpoch is { } tell
        ? (epoch, predicted) => tell(new(epoch, rows.RowNumbers, Array.ConvertAll(predicted, k => (int)k)))
        : null;
}
