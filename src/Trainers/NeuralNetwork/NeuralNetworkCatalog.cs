using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace Microsoft.ML;

/// <summary>Extension methods that create a <see cref="NeuralNetworkTrainer"/>.</summary>
public static class NeuralNetworkCatalog
{
    /// <summary>Creates a neural network for a number.</summary>
    /// <param name="catalog">The regression trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, <see cref="float"/>.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="hiddenUnits">Units of every hidden layer, at least 1.</param>
    /// <param name="hiddenLayers">Number of hidden layers, at least 0.</param>
    /// <param name="epochs">Largest number of passes over the rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NeuralNetworkTrainer NeuralNetwork(
        this RegressionCatalog.RegressionTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, int hiddenUnits = 256, int hiddenLayers = 2, int epochs = 60)
        => catalog.NeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, hiddenUnits, hiddenLayers, epochs));

    /// <summary>Creates a neural network for a number.</summary>
    /// <param name="catalog">The regression trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NeuralNetworkTrainer NeuralNetwork(
        this RegressionCatalog.RegressionTrainers catalog, NeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.Regression, options);

    /// <summary>Creates a neural network for a Boolean label.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="hiddenUnits">Units of every hidden layer, at least 1.</param>
    /// <param name="hiddenLayers">Number of hidden layers, at least 0.</param>
    /// <param name="epochs">Largest number of passes over the rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NeuralNetworkTrainer NeuralNetwork(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, int hiddenUnits = 256, int hiddenLayers = 2, int epochs = 60)
        => catalog.NeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, hiddenUnits, hiddenLayers, epochs));

    /// <summary>Creates a neural network for a Boolean label.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NeuralNetworkTrainer NeuralNetwork(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, NeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.BinaryClassification, options);

    /// <summary>Creates a neural network for a key label.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, a key of known cardinality.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="hiddenUnits">Units of every hidden layer, at least 1.</param>
    /// <param name="hiddenLayers">Number of hidden layers, at least 0.</param>
    /// <param name="epochs">Largest number of passes over the rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NeuralNetworkTrainer NeuralNetwork(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, int hiddenUnits = 256, int hiddenLayers = 2, int epochs = 60)
        => catalog.NeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, hiddenUnits, hiddenLayers, epochs));

    /// <summary>Creates a neural network for a key label.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NeuralNetworkTrainer NeuralNetwork(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, NeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.MulticlassClassification, options);

    private static NeuralNetworkTrainer.Options Options(
        string labelColumnName, string featureColumnName, string? exampleWeightColumnName, int hiddenUnits, int hiddenLayers, int epochs) => new()
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
            HiddenUnits = hiddenUnits,
            HiddenLayers = hiddenLayers,
            Epochs = epochs,
        };
}
