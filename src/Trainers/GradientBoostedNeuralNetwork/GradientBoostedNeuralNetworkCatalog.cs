using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace Microsoft.ML;

/// <summary>Extension methods that create a <see cref="GradientBoostedNeuralNetworkTrainer"/>, and cut what it has trained.</summary>
public static class GradientBoostedNeuralNetworkCatalog
{
    /// <summary>Creates a gradient-boosted neural network for a number.</summary>
    /// <param name="catalog">The regression trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, <see cref="float"/>.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="numberOfUnits">Hidden units of the whole network, at least 1.</param>
    /// <param name="unitsPerStep">Hidden units that are trained together in one step.</param>
    /// <param name="learningRate">Shrinkage of every step, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static GradientBoostedNeuralNetworkTrainer GradientBoostedNeuralNetwork(
        this RegressionCatalog.RegressionTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, int numberOfUnits = 200, int unitsPerStep = 1, double learningRate = 0.1)
        => catalog.GradientBoostedNeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, numberOfUnits, unitsPerStep, learningRate));

    /// <summary>Creates a gradient-boosted neural network for a number.</summary>
    /// <param name="catalog">The regression trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static GradientBoostedNeuralNetworkTrainer GradientBoostedNeuralNetwork(
        this RegressionCatalog.RegressionTrainers catalog, GradientBoostedNeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.Regression, options);

    /// <summary>Creates a gradient-boosted neural network for a Boolean label.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="numberOfUnits">Hidden units of the whole network, at least 1.</param>
    /// <param name="unitsPerStep">Hidden units that are trained together in one step.</param>
    /// <param name="learningRate">Shrinkage of every step, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static GradientBoostedNeuralNetworkTrainer GradientBoostedNeuralNetwork(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, int numberOfUnits = 200, int unitsPerStep = 1, double learningRate = 0.1)
        => catalog.GradientBoostedNeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, numberOfUnits, unitsPerStep, learningRate));

    /// <summary>Creates a gradient-boosted neural network for a Boolean label.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static GradientBoostedNeuralNetworkTrainer GradientBoostedNeuralNetwork(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, GradientBoostedNeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.BinaryClassification, options);

    /// <summary>Creates a gradient-boosted neural network for a key label.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, a key of known cardinality.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="numberOfUnits">Hidden units of the whole network, at least 1.</param>
    /// <param name="unitsPerStep">Hidden units that are trained together in one step.</param>
    /// <param name="learningRate">Shrinkage of every step, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static GradientBoostedNeuralNetworkTrainer GradientBoostedNeuralNetwork(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, int numberOfUnits = 200, int unitsPerStep = 1, double learningRate = 0.1)
        => catalog.GradientBoostedNeuralNetwork(Options(labelColumnName, featureColumnName, exampleWeightColumnName, numberOfUnits, unitsPerStep, learningRate));

    /// <summary>Creates a gradient-boosted neural network for a key label.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static GradientBoostedNeuralNetworkTrainer GradientBoostedNeuralNetwork(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, GradientBoostedNeuralNetworkTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.MulticlassClassification, options);

    /// <summary>The same columns from fewer hidden units: less accurate and as much faster; saved and scored like any other model.</summary>
    /// <param name="fitted">A fitted network.</param>
    /// <param name="units">Largest number of units to keep, at least 0. Units of one step stay together.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="units"/> is negative.</exception>
    public static PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> Truncate(
        this PredictionTransformer<GradientBoostedNeuralNetworkModelParameters> fitted, int units)
    {
        ArgumentNullException.ThrowIfNull(fitted);
        return fitted.WithModel(fitted.Model.Truncate(units));
    }

    private static GradientBoostedNeuralNetworkTrainer.Options Options(
        string labelColumnName, string featureColumnName, string? exampleWeightColumnName, int numberOfUnits, int unitsPerStep, double learningRate) => new()
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
            NumberOfUnits = numberOfUnits,
            UnitsPerStep = unitsPerStep,
            LearningRate = learningRate,
        };
}
