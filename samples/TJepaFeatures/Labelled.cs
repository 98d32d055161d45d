using Microsoft.ML;

namespace TJepaFeatures;

/// <summary>Draws the rows whose label is known.</summary>
internal static class Labelled
{
    /// <summary>A share of the rows.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="share">Share of the rows, 0 to 1.</param>
    /// <param name="seed">Another seed, another choice.</param>
    public static IDataView Draw(MLContext ml, IDataView rows, double share, int seed) => ml.Data.TrainTestSplit(rows, share, seed: seed).TestSet;
}
