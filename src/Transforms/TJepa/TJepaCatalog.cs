using MLExtensions.Estimators.Catalogs;
using MLExtensions.Transforms;

namespace Microsoft.ML;

/// <summary>Extension methods that create a <see cref="TJepaFeaturizer"/>.</summary>
public static class TJepaCatalog
{
    /// <summary>Creates a featurizer that learns features of rows without labels.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Name of the column to add, a vector of <see cref="float"/>.</param>
    /// <param name="inputColumnNames">Names of the columns to learn from: <see cref="float"/>, known-size vectors of it, and keys. The label must not be among them.</param>
    /// <param name="hiddenSize">Numbers a token, even and a multiple of 4.</param>
    /// <param name="layers">Blocks of the encoder, at least 1.</param>
    /// <param name="epochs">Passes over the rows, at least 1.</param>
    /// <param name="output">What is given of a row; <see langword="null"/> for all tokens, or their mean and [REG] where that would be more than 2,048 numbers.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the columns cannot be these.</exception>
    public static TJepaFeaturizer TJepa(
        this TransformsCatalog catalog, string outputColumnName, string[] inputColumnNames, int hiddenSize = 32, int layers = 2, int epochs = 50, TJepaOutput? output = null)
        => catalog.TJepa(outputColumnName, inputColumnNames, new TJepaFeaturizer.Options { HiddenSize = hiddenSize, Layers = layers, Epochs = epochs, Output = output });

    /// <summary>Creates a featurizer that learns features of rows without labels.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Name of the column to add, a vector of <see cref="float"/>.</param>
    /// <param name="inputColumnNames">Names of the columns to learn from: <see cref="float"/>, known-size vectors of it, and keys. The label must not be among them.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the columns cannot be these.</exception>
    public static TJepaFeaturizer TJepa(this TransformsCatalog catalog, string outputColumnName, string[] inputColumnNames, TJepaFeaturizer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(inputColumnNames);
        return new(MlNetAccess.EnvironmentOf(catalog), outputColumnName, inputColumnNames, options);
    }
}
