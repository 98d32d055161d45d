using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>Learns features of table rows without labels: T-JEPA, a transformer over the columns of a row that is trained to predict some of them from others, as it sees them itself.</summary>
/// <remarks>
/// <para>
/// Input columns: <see cref="float"/> or known-size vectors of it (numeric columns), and keys of known cardinality (categorical columns), mixed; a missing number is NaN, a missing key 0. Output column: a vector of
/// <see cref="float"/> with slot names <c>column.position</c>; with <see cref="Options.Surprise"/> also a <see cref="float"/>, about 1 where the row's columns say no more of each other than their means do, the lower the
/// more usual the row is.
/// </para>
/// <para>
/// Normalisation is not needed, caching neither: all rows are read into memory once. Missing and unknown values have learned tokens. The model is exported to ONNX. Training needs a libtorch package beside this one; the fitted
/// model needs none.
/// </para>
/// <para>
/// Each row is split at random into context columns and, several times, target columns. A context encoder sees the context columns; a predictor guesses from its tokens what a target encoder makes of the
/// target columns when it sees the whole row. The target encoder is a moving average of the context encoder, and is what the features come from.
/// </para>
/// <para>
/// Source: H. Thimonier, J. L. De Melo Costa, F. Popineau, A. Rimmel, B.-L. Doan, "T-JEPA: Augmentation-Free Self-Supervised Learning for Tabular Data", ICLR 2025, arXiv:2410.05016. Differences: the [REG] token is always in the
/// context and never a target, and every column may be either; numbers are standardised unless <see cref="Options.Scaling"/> says otherwise; the encoder learns from the training rows alone; missing and unknown
/// values; what is kept is the last healthy epoch, or the best by a probe.
/// </para>
/// </remarks>
[Component("[Thimonier et al. 2025](https://arxiv.org/abs/2410.05016)", "t-jepa.md", NeedsTorch = true)]
public sealed partial class TJepaFeaturizer : FeaturizerBase<TJepaFeaturizer.Options, TJepaModelParameters>
{
    private const string SurpriseSuffix = ".Surprise";
    private const int FewRows = 1000;

    internal TJepaFeaturizer(IHostEnvironment environment, string outputColumnName, string[] inputColumnNames, Options options)
        : base(environment, OutputsOf(outputColumnName, options), inputColumnNames, options)
    {
        if (!string.IsNullOrEmpty(options.LabelColumnName) && inputColumnNames.Contains(options.LabelColumnName))
        {
            throw new ArgumentException(
                $"The input columns must not have the label among them: features learned from '{options.LabelColumnName}' would give it away. If it is no label, set {nameof(Options.LabelColumnName)} to another name or to null.",
                nameof(inputColumnNames));
        }
        if (inputColumnNames.Distinct().Count() < inputColumnNames.Length)
            throw new ArgumentException($"Name each input column once; got {string.Join(", ", inputColumnNames)}.", nameof(inputColumnNames));
    }

    /// <inheritdoc/>
    protected override bool NamesSlots => true;

    /// <inheritdoc/>
    protected override bool ReadsCategories => true;

    /// <summary>Goes on training a model with further rows, or the same ones; the learning rate rises and falls as in a new fit.</summary>
    /// <param name="input">The training rows, with the columns that the model was trained with.</param>
    /// <param name="startFrom">The model; it has the sizes of these options, and stays as it is. Scaling and categories are its own.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or differs from that of the model; keys must stand for the same values.</exception>
    /// <exception cref="ArgumentException">The model has other sizes than the options.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be learned from; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public FeatureTransformer<TJepaModelParameters> Fit(IDataView input, TJepaModelParameters startFrom, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(startFrom);
        CheckSizes(startFrom);
        return FitCore(input, (data, inputs, context) => Train(data, inputs, context, startFrom), cancellationToken);
    }

    /// <summary>Fits the encoder of a model to a label: a linear model of its features and, at a tenth of its learning rate, the encoder itself are trained to predict the label.</summary>
    /// <param name="input">The labelled rows, with the columns that the model was trained with and <see cref="Options.LabelColumnName"/>: Boolean, key or Single. Rows without a label are skipped.</param>
    /// <param name="startFrom">The pre-trained model; it has the sizes of these options, and stays as it is.</param>
    /// <param name="epochs">Largest number of passes over the rows, at least 1. A tenth of the rows is held out to find the best epoch; training ends ten epochs after it.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <returns>The features of the tuned encoder; the linear model goes, and a fit that goes on from here begins with the tuned encoder. With few labels it soon knows them by heart: compare with the model that it started from.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, has another type, or differs from that of the model; keys must stand for the same values.</exception>
    /// <exception cref="ArgumentException">The model has other sizes than the options, or gives <see cref="Options.Surprise"/>, which the tuned encoder has no predictor for.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be learned from; the message names column and row.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public FeatureTransformer<TJepaModelParameters> FineTune(IDataView input, TJepaModelParameters startFrom, int epochs = 30, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(startFrom);
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        ArgumentException.ThrowIfNullOrWhiteSpace(FeaturizerOptions.LabelColumnName, nameof(Options.LabelColumnName));
        CheckSizes(startFrom);
        if (FeaturizerOptions.Surprise)
            throw new ArgumentException($"Fine-tuning changes the encoder that {nameof(Options.Surprise)} measures rows with: set it to false.", nameof(startFrom));
        return FitCore(input, (data, inputs, context) => FineTune(data, inputs, context, startFrom, epochs), cancellationToken);
    }

    /// <inheritdoc/>
    protected override bool IsScalar(string outputColumnName) => outputColumnName != OutputColumnNames[0];

    /// <inheritdoc/>
    protected override TJepaModelParameters Train(TrainingData data, IReadOnlyList<FeatureInput> inputs, TrainingContext context) => Train(data, inputs, context, startFrom: null);

    private TJepaModelParameters Train(TrainingData data, IReadOnlyList<FeatureInput> inputs, TrainingContext context, TJepaModelParameters? startFrom)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(context);
        CheckColumns(data, inputs, startFrom);
        using var fit = TorchFit.Begin(context, FeaturizerOptions.NumberOfThreads, FeaturizerOptions.GpuDeviceId, FeaturizerOptions.FallbackToCpu);
        return Pretrain(data, inputs, fit, context, startFrom);
    }

    private TJepaModelParameters FineTune(TrainingData data, IReadOnlyList<FeatureInput> inputs, TrainingContext context, TJepaModelParameters startFrom, int epochs)
    {
        CheckColumns(data, inputs, startFrom);
        using var fit = TorchFit.Begin(context, FeaturizerOptions.NumberOfThreads, FeaturizerOptions.GpuDeviceId, FeaturizerOptions.FallbackToCpu);
        return FineTune(data.WithLabel(FeaturizerOptions.LabelColumnName!), inputs, fit, context, startFrom, epochs);
    }

    // Apart, so that nothing of TorchSharp is touched before it is loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TJepaModelParameters Pretrain(TrainingData data, IReadOnlyList<FeatureInput> inputs, TorchFit fit, TrainingContext context, TJepaModelParameters? startFrom)
    {
        using var scope = NewDisposeScope();
        var rows = data.ReadAll();
        if (rows.Count < 2)
            throw new InvalidOperationException($"The training data has {rows.Count} row; expected at least 2, and better {FewRows}.");
        var columns = startFrom?.Table ?? TJepaColumns.Of(data, rows, FeaturizerOptions, context);
        if (FeaturizerOptions.ReferenceIndexing && columns.Constant.Count > 0)
        {
            throw new InvalidOperationException(
                $"Column '{columns.Names[columns.Constant[0]]}' never varies in the training rows: with {nameof(Options.ReferenceIndexing)} expected columns that all do, since its masks do not tell columns from their neighbours. Leave the column out, or set {nameof(Options.ReferenceIndexing)} to false.");
        }
        if (rows.Count < FewRows)
            context.Warn($"Only {rows.Count} rows to learn features from: expect little of them with fewer than {FewRows}.");
        using var table = columns.Table(rows, fit.Device);
        using var step = new TJepaStep(Setting(data, rows, columns, table, fit, context));
        if (startFrom is not null)
            step.GoOnFrom(startFrom.Weights);
        new TrainingLoop(FeaturizerOptions.TrainingSettings, context, fit).Run(step, table, validation: null);

        var statistics = step.Setting.Monitor.StatisticsOf(step.Setting.Target);
        TJepaWeights weights = new(
            ModuleWeights.Of(step.Setting.Target), ModuleWeights.Of(step.Setting.Module.Encoder), ModuleWeights.Of(step.Setting.Module.Predictor), statistics.Deviations, statistics.Variances);
        var before = startFrom?.History ?? [];
        return ModelOf(inputs, columns, weights, [.. before, .. step.Epochs.Select(epoch => epoch with { Number = before.Count + epoch.Number })], before.Count + step.BestEpoch);
    }

    // What is to be disposed is made last: nothing fails behind it.
    private TJepaSetting Setting(TrainingData data, RowBlock rows, TJepaColumns columns, TrainingTable table, TorchFit fit, TrainingContext context)
    {
        var probe = FeaturizerOptions.SelectByProbe ? ProbeOf(data, columns, fit) : null;
        var sizes = TJepaModelParameters.MaskSizesOf(columns, FeaturizerOptions);
        MaskSampler Masks(int number) => new(columns.Layout, columns.Varying, sizes, FeaturizerOptions.TargetMasks, fit.Numbers(RandomUse.Masks, number)) { ReferenceIndexing = FeaturizerOptions.ReferenceIndexing };
        CollapseMonitor monitor = new(table, Masks(1), columns.Varying, fit.Generator(RandomUse.Validation));
        var hiding = fit.Generator(RandomUse.HiddenValues);

        var module = TJepaNetwork.Create(columns.Layout, FeaturizerOptions, fit);
        TrainableNetwork network = new(module, FeaturizerOptions.TrainingSettings);
        var target = TJepaNetwork.CreateEncoder(columns.Layout, FeaturizerOptions, fit);
        return new(FeaturizerOptions, module, network, new(target, module.Encoder), target, Masks(0), monitor, context, hiding)
        {
            Probe = probe,
            Output = OutputOf(columns),
            HasMissing = rows.HasMissing,
        };
    }

    private LinearProbe ProbeOf(TrainingData data, TJepaColumns columns, TorchFit fit)
    {
        var labelled = data.WithLabel(FeaturizerOptions.LabelColumnName!);
        var rows = labelled.ReadAll();
        if (rows.Count < LinearProbe.FewestRows)
            throw new InvalidOperationException($"Label column '{FeaturizerOptions.LabelColumnName}' has {rows.Count} labels; expected at least {LinearProbe.FewestRows} to choose the epoch by.");
        using var table = columns.Table(rows, fit.Device, LabelsOf(rows, targets: null));
        return new(table, labelled.ClassCount, fit.Generator(RandomUse.Validation, network: 1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TJepaModelParameters FineTune(TrainingData labelled, IReadOnlyList<FeatureInput> inputs, TorchFit fit, TrainingContext context, TJepaModelParameters startFrom, int epochs)
    {
        using var scope = NewDisposeScope();
        var (training, heldOut) = HeldOutRows.Split(labelled.ReadAll(), fraction: 0.1, context);
        var columns = startFrom.Table;
        var targets = labelled.ClassCount == 0 ? TargetScaling.Of(training) : null;
        using var table = columns.Table(training, fit.Device, LabelsOf(training, targets));
        using var validation = heldOut is null ? null : columns.Table(heldOut, fit.Device, LabelsOf(heldOut, targets));
        var encoder = TJepaNetwork.CreateEncoder(columns.Layout, FeaturizerOptions, fit);
        startFrom.Weights.Target.CopyTo(encoder);
        using var step = FineTuneStep.Create(encoder, OutputOf(columns), Math.Max(1, labelled.ClassCount), FeaturizerOptions, fit);
        new TrainingLoop(FineTuneStep.SettingsOf(FeaturizerOptions, epochs), context, fit).Run(step, table, validation);

        var statistics = TokenStatistics.Of(FineTuneStep.ColumnsOf(encoder, table));
        // The tuned encoder is the context encoder as well: a fit that goes on from the model would lead back to the old one.
        var tuned = ModuleWeights.Of(encoder);
        var weights = startFrom.Weights with { Target = tuned, Context = tuned, Deviations = statistics.Deviations, Variances = statistics.Variances };
        return ModelOf(inputs, columns, weights, startFrom.History, startFrom.BestEpoch);
    }

    private TJepaModelParameters ModelOf(IReadOnlyList<FeatureInput> inputs, TJepaColumns columns, TJepaWeights weights, IReadOnlyList<TJepaEpoch> history, int bestEpoch)
    {
        var output = OutputOf(columns);
        string[] slots = [.. output.HasRaw() ? columns.RawNames : [], .. TokenPooling.SlotNames(output, FeaturizerOptions.RegTokens, columns.Names, FeaturizerOptions.HiddenSize)];
        FeatureOutput features = new(OutputColumnNames[0], slots.Length, slots);
        return new(FeaturizerOptions, inputs, FeaturizerOptions.Surprise ? [features, new(OutputColumnNames[1], null)] : [features], columns, weights, history, bestEpoch);
    }

    private TJepaOutput OutputOf(TJepaColumns columns)
        => FeaturizerOptions.Output ?? TokenPooling.DefaultOf(columns.Layout.TokenCount, FeaturizerOptions.HiddenSize, FeaturizerOptions.RegTokens);

    private static Tensor LabelsOf(RowBlock rows, TargetScaling? targets) => rows.Targets.IsEmpty
        ? tensor(Array.ConvertAll(rows.Classes.ToArray(), label => (long)label))
        : tensor(targets?.Apply(rows.Targets) ?? rows.Targets.ToArray());

    private static string[] OutputsOf(string outputColumnName, Options options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(outputColumnName);
        ArgumentNullException.ThrowIfNull(options);
        return options.Surprise ? [outputColumnName, outputColumnName + SurpriseSuffix] : [outputColumnName];
    }

    private void CheckSizes(TJepaModelParameters model)
    {
        var (own, other) = (FeaturizerOptions, model.GetOptions());
        void Check<T>(string option, T value, T expected)
        {
            if (!Equals(value, expected))
                throw new ArgumentException($"{option} is {value}; expected {expected}, as in the model to go on from.", nameof(model));
        }
        Check(nameof(Options.HiddenSize), own.HiddenSize, other.HiddenSize);
        Check(nameof(Options.Layers), own.Layers, other.Layers);
        Check(nameof(Options.Heads), own.Heads, other.Heads);
        Check(nameof(Options.FeedForwardSize), own.FeedForwardSize, other.FeedForwardSize);
        Check(nameof(Options.PredictorSize), own.PredictorSize, other.PredictorSize);
        Check(nameof(Options.PredictorLayers), own.PredictorLayers, other.PredictorLayers);
        Check(nameof(Options.PredictorHeads), own.PredictorHeads, other.PredictorHeads);
        Check(nameof(Options.PredictorFeedForwardSize), own.PredictorFeedForwardSize, other.PredictorFeedForwardSize);
        Check(nameof(Options.RegTokens), own.RegTokens, other.RegTokens);
        Check(nameof(Options.TypeEmbedding), own.TypeEmbedding, other.TypeEmbedding);
        Check(nameof(Options.ColumnEmbedding), own.ColumnEmbedding, other.ColumnEmbedding);
        Check(nameof(Options.Scaling), own.Scaling, other.Scaling);
    }

    private static void CheckColumns(TrainingData data, IReadOnlyList<FeatureInput> inputs, TJepaModelParameters? model)
    {
        if (model is null)
            return;
        if (!inputs.Select(input => input.Name).SequenceEqual(model.Inputs.Select(input => input.Name)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(inputs), $"The input columns are {string.Join(", ", inputs.Select(input => input.Name))}; expected {string.Join(", ", model.Inputs.Select(input => input.Name))}, as in the model to go on from.");
        }
        foreach (var (input, expected) in inputs.Zip(model.Inputs))
        {
            if (input != expected)
                throw SchemaErrorOf(input, expected);
        }
        foreach (var (column, categories) in data.CategoricalColumns.Zip(model.Table.Categories))
            categories.CheckValuesOf(column);
    }

    private static ArgumentOutOfRangeException SchemaErrorOf(FeatureInput input, FeatureInput expected)
    {
        static string Describe(FeatureInput column) => column.CategoryCount is { } count ? $"Key<{column.ElementType}> of {count} values" : column.VectorSize is { } size ? $"Vector<Single, {size}>" : "Single";
        return SchemaErrors.Mismatch("input", input.Name, $"{Describe(expected)}, as in the model to go on from", Describe(input));
    }
}
