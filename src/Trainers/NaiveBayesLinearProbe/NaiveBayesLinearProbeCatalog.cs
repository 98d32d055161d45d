using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace Microsoft.ML;

/// <summary>Extension methods of the classification catalogs that create a <see cref="NaiveBayesLinearProbeTrainer"/>.</summary>
public static class NaiveBayesLinearProbeCatalog
{
    /// <summary>Creates a Gaussian naive Bayes linear probe for a Boolean label.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="covariance">Whether the classes share one variance per feature.</param>
    /// <param name="varianceSmoothing">Share of each feature's own variance that is added to it, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NaiveBayesLinearProbeTrainer NaiveBayesLinearProbe(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, CovarianceKind covariance = CovarianceKind.Tied, double varianceSmoothing = 1e-3)
        => catalog.NaiveBayesLinearProbe(Options(labelColumnName, featureColumnName, exampleWeightColumnName, covariance, varianceSmoothing));

    /// <summary>Creates a Gaussian naive Bayes linear probe for a Boolean label.</summary>
    /// <param name="catalog">The binary classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NaiveBayesLinearProbeTrainer NaiveBayesLinearProbe(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, NaiveBayesLinearProbeTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.BinaryClassification, options);

    /// <summary>Creates a Gaussian naive Bayes linear probe for a key label.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, a key of known cardinality.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>.</param>
    /// <param name="covariance">Whether the classes share one variance per feature.</param>
    /// <param name="varianceSmoothing">Share of each feature's own variance that is added to it, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NaiveBayesLinearProbeTrainer NaiveBayesLinearProbe(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features",
        string? exampleWeightColumnName = null, CovarianceKind covariance = CovarianceKind.Tied, double varianceSmoothing = 1e-3)
        => catalog.NaiveBayesLinearProbe(Options(labelColumnName, featureColumnName, exampleWeightColumnName, covariance, varianceSmoothing));

    /// <summary>Creates a Gaussian naive Bayes linear probe for a key label.</summary>
    /// <param name="catalog">The multiclass classification trainers of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static NaiveBayesLinearProbeTrainer NaiveBayesLinearProbe(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, NaiveBayesLinearProbeTrainer.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), PredictionTask.MulticlassClassification, options);

    private static NaiveBayesLinearProbeTrainer.Options Options(
        string labelColumnName, string featureColumnName, string? exampleWeightColumnName, CovarianceKind covariance, double varianceSmoothing) => new()
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
            Covariance = covariance,
            VarianceSmoothing = varianceSmoothing,
        };
}
