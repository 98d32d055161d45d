using MLExtensions.Estimators.Catalogs;
using MLExtensions.Transforms;

namespace Microsoft.ML;

/// <summary>Extension methods that create an <see cref="ExampleDifficultyEstimator"/>.</summary>
public static class ExampleDifficultyCatalog
{
    /// <summary>Scores how difficult labelled rows are to small networks early in their training, and says how those would label them.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="labelColumnName">Name of the label column, Boolean or a key of known cardinality.</param>
    /// <param name="featureColumnName">Name of the feature column, a known-size vector of <see cref="float"/>.</param>
    /// <param name="exampleWeightColumnName">Name of the weight column, <see cref="float"/>, or <see langword="null"/>; weights count in training, not in scores.</param>
    /// <param name="score">How difficulty is measured.</param>
    /// <param name="runs">Number of networks, at least 1; the score is the mean of theirs.</param>
    /// <param name="epochs">Passes over the rows after which a network is frozen, at least 1.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the score is <see cref="DifficultyScore.Forgetting"/>.</exception>
    public static ExampleDifficultyEstimator ExampleDifficulty(
        this TransformsCatalog catalog, string labelColumnName = "Label", string featureColumnName = "Features", string? exampleWeightColumnName = null,
        DifficultyScore score = DifficultyScore.EL2N, int runs = 10, int epochs = 5)
        => catalog.ExampleDifficulty(new ExampleDifficultyEstimator.Options
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
            Score = score,
            Runs = runs,
            Epochs = epochs,
        });

    /// <summary>Scores how difficult labelled rows are to small networks early in their training, and says how those would label them.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the score is <see cref="DifficultyScore.Forgetting"/>.</exception>
    public static ExampleDifficultyEstimator ExampleDifficulty(this TransformsCatalog catalog, ExampleDifficultyEstimator.Options options)
        => new(MlNetAccess.EnvironmentOf(catalog), options);
}
