using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>The rows of a fit as a network is trained on them: read, split, standardised, on the device.</summary>
internal sealed class NetworkRows : IDisposable
{
    private readonly Func<NetworkRows>? _withHeldOutRows;

    private NetworkRows(TrainingData data, RowBlock training, RowBlock? validation, FeatureScaling scaling, TargetScaling? targets, Device device, Func<NetworkRows>? withHeldOutRows = null)
    {
        _withHeldOutRows = withHeldOutRows;
        Outputs = Math.Max(1, data.ClassCount);
        AbsentClasses = [.. Enumerable.Range(0, data.ClassCount).Except(training.Classes.ToArray())];
        CategoryWeights = [.. data.CategoricalColumns.Select((column, i) => CountsOf(training, i, column.Count))];
        (Scaling, Targets, RowNumbers) = (scaling, targets, training.RowNumbers.ToArray());
        HeldOutRowNumbers = data.Validation is null && validation is not null ? validation.RowNumbers.ToArray() : [];
        Training = TrainingTable.From(training, scaling, device, targets);
        try
        {
            Validation = validation is null ? null : TrainingTable.From(validation, scaling, device, targets);
        }
        catch
        {
            Training.Dispose();
            throw;
        }
    }

    /// <summary>How features become inputs.</summary>
    public FeatureScaling Scaling { get; }

    /// <summary>How targets are standardised; <see langword="null"/> for classification.</summary>
    public TargetScaling? Targets { get; }

    /// <summary>Number of outputs of a network: classes, or 1 for a regression.</summary>
    public int Outputs { get; }

    /// <summary>For each categorical column the weight of the training rows of each category, one number more than the column has values.</summary>
    public IReadOnlyList<double[]> CategoryWeights { get; }

    /// <summary>Classes without a training row: a network learns nothing about them, and its model never predicts them.</summary>
    public IReadOnlyCollection<int> AbsentClasses { get; }

    /// <summary>Positions of the training rows in the view they were read from.</summary>
    public IReadOnlyList<long> RowNumbers { get; }

    /// <summary>Positions of the validation rows in the view of the training rows; none when the user gave a validation view.</summary>
    public IReadOnlyList<long> HeldOutRowNumbers { get; }

    /// <summary>The training rows.</summary>
    public TrainingTable Training { get; }

    /// <summary>The validation rows: the user's, or those that were held out; <see langword="null"/> for none.</summary>
    public TrainingTable? Validation { get; }

    /// <summary>Makes a network for these rows: their inputs, categorical columns and outputs.</summary>
    /// <param name="options">The network's options.</param>
    /// <param name="fit">Device and random numbers.</param>
    /// <param name="network">Number of the network among those of the fit, each of which starts from weights of its own.</param>
    public TabularNetwork CreateNetwork(NeuralNetworkOptions options, TorchFit fit, int network = 0)
        => new(Scaling.InputCount, [.. CategoryWeights.Select(weights => weights.Length - 1)], Outputs, options, fit, network);

    /// <summary>Makes several networks for these rows that are trained side by side.</summary>
    /// <param name="hidden">Their hidden layers.</param>
    /// <param name="fit">Device and random numbers.</param>
    /// <param name="numbers">Numbers of the networks among those of the fit, each of which starts from weights of its own.</param>
    public ParallelNetworks CreateNetworks(HiddenShape hidden, TorchFit fit, IReadOnlyList<int> numbers)
        => new(Scaling.InputCount, [.. CategoryWeights.Select(weights => weights.Length - 1)], Outputs, hidden, fit, numbers);

    /// <summary>Reads the rows of a fit.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="options">Share of validation rows, the rule for missing features, and how inputs are clipped.</param>
    /// <param name="context">Seed and log.</param>
    /// <param name="device">The device that trains.</param>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    public static NetworkRows Read(TrainingData data, NeuralNetworkOptions options, TrainingContext context, Device device)
    {
        var (training, validation) = ReadAll(data, options.MissingValues);
        NetworkRows Make(RowBlock trained, RowBlock? validated, Func<NetworkRows>? withHeldOutRows = null)
            => Create(data, trained, validated, FeatureScaling.Of(trained, options.MissingValues, options.SmoothClipping), device, withHeldOutRows);
        if (validation is not null)
            return Make(training, validation);
        var (trained, heldOut) = HeldOutRows.Split(training, options.ValidationFraction, context);
        return Make(trained, heldOut, heldOut is not null && options.RefitsWith(training.Count) ? () => Make(training, null) : null);
    }

    /// <summary>Reads the rows of a fit that holds none out.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="missingValues">The rule for missing features.</param>
    /// <param name="device">The device that trains.</param>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    public static NetworkRows Read(TrainingData data, MissingValueRule missingValues, Device device)
    {
        var (training, validation) = ReadAll(data, missingValues);
        return Create(data, training, validation, FeatureScaling.Of(training, missingValues), device);
    }

    private static (RowBlock Training, RowBlock? Validation) ReadAll(TrainingData data, MissingValueRule missingValues)
    {
        var (training, validation) = (data.ReadAll(), data.Validation?.ReadAll());
        foreach (var rows in new[] { training, validation })
        {
            if (rows is not null && missingValues == MissingValueRule.Error)
                MissingFeatures.Refuse(rows, data.Roles.Features!, data.FeatureName);
        }
        return (training, validation);
    }

    /// <summary>
    /// The rows of the fit with none held out, for the training that follows when the best epoch is known; <see langword="null"/> where there is none: the caller disposes them.
    /// </summary>
    public NetworkRows? WithHeldOutRows() => _withHeldOutRows?.Invoke();

    /// <summary>A network of these rows as plain numbers.</summary>
    public DenseNetwork ToDense(TabularNetwork module)
        => ToDense([.. module.Embeddings.Zip(CategoryWeights, (table, weights) => table.ToPlain(weights))], module.ToLayers());

    /// <summary>One of several networks of these rows as plain numbers.</summary>
    /// <param name="module">The networks.</param>
    /// <param name="network">Position of the network among them, from 0.</param>
    public DenseNetwork ToDense(ParallelNetworks module, int network) => ToDense(module.ToEmbeddings(network, CategoryWeights), module.ToLayers(network));

    private DenseNetwork ToDense(EmbeddingTable[] embeddings, DenseLayer[] layers)
    {
        layers[^1] = layers[^1].Silence(AbsentClasses);
        return new(Scaling, embeddings, layers);
    }

    private static NetworkRows Create(TrainingData data, RowBlock training, RowBlock? validation, FeatureScaling scaling, Device device, Func<NetworkRows>? withHeldOutRows = null)
        => new(data, training, validation, scaling, data.Task == PredictionTask.Regression ? TargetScaling.Of(training) : null, device, withHeldOutRows);

    private static double[] CountsOf(RowBlock rows, int column, int values)
    {
        var weights = new double[values + 1];
        for (var i = 0; i < rows.Count; i++)
            weights[rows.Categories(column)[i]] += rows.Weights.IsEmpty ? 1 : rows.Weights[i];
        return weights;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Training.Dispose();
        Validation?.Dispose();
    }
}
