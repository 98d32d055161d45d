using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace Microsoft.ML;

/// <summary>Extension methods that create a <see cref="NoiseRobustNeuralNetworkTrainer"/>, and that audit labels with it.</summary>
public static class NoiseRobustNeuralNetworkCatalog
{
    /// <summary>Creates a neural network for a Boolean label that may be wrong.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="preset">The defences.</param>
    /// <param name="epochs">Largest number of passes over the rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NoiseRobustNeuralNetworkTrainer NoiseRobustNeuralNetwork(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, NoiseRobustPreset preset = NoiseRobustPreset.EarlyLearning, int epochs = 60)
        => catalog.NoiseRobustNeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, preset, epochs));

    /// <summary>Creates a neural network for a Boolean label that may be wrong.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NoiseRobustNeuralNetworkTrainer NoiseRobustNeuralNetwork(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, NoiseRobustNeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.BinaryClassification, options);

    /// <summary>Creates a neural network for a key label that may be wrong.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, a key of known cardinality.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="preset">The defences.</param>
    /// <param name="epochs">Largest number of passes over the rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NoiseRobustNeuralNetworkTrainer NoiseRobustNeuralNetwork(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, NoiseRobustPreset preset = NoiseRobustPreset.EarlyLearning, int epochs = 60)
        => catalog.NoiseRobustNeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, preset, epochs));

    /// <summary>Creates a neural network for a key label that may be wrong.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NoiseRobustNeuralNetworkTrainer NoiseRobustNeuralNetwork(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, NoiseRobustNeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.MulticlassClassification, options);

    /// <summary>Trains on rows and adds, to each of them, the label that the network would give it and how likely its own label is wrong.</summary>
    /// <param name="catalog">The data operations of an <see cref="MLContext"/>.</param>
    /// <param name="input">The rows, in an order that is the same whenever they are read.</param>
    /// <param name="trainer">The trainer; it is fitted to the rows here.</param>
    /// <param name="suggestedLabelColumnName">Name of the first column to add, of the label's type.</param>
    /// <param name="suspicionColumnName">
    /// Name of the second column to add, <see cref="float"/>: <see cref="LabelSuspicion.Score"/>, 0 to 1, higher = more likely wrong. NaN for rows that training skips, those without a
    /// label or of weight 0; their suggested label is the fitted network's prediction.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message names column and row.</exception>
    public static IDataView AuditLabels(
        this DataOperationsCatalog catalog, IDataView input, NoiseRobustNeuralNetworkTrainer trainer,
        string suggestedLabelColumnName = "SuggestedLabel", string suspicionColumnName = "Suspicion")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentException.ThrowIfNullOrWhiteSpace(suggestedLabelColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(suspicionColumnName);
        return AuditedRows.Create(input, trainer, suggestedLabelColumnName, suspicionColumnName);
    }

    private static NoiseRobustNeuralNetworkTrainer.Options Options(
        string labelColumnName, string featureColumnName, string? exampleWeightColumnName, NoiseRobustPreset preset, int epochs) => new()
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
            Preset = preset,
            Epochs = epochs,
        };
}
