using MLExtensions.Estimators.Catalogs;
using MLExtensions.Transforms;

namespace Microsoft.ML;

/// <summary>Extension methods that train any estimator on a part of the rows.</summary>
public static class PrunedTrainingCatalog
{
    /// <summary>Trains an estimator, a trainer most often, on a part of the rows that is chosen by their difficulty. The fitted transformer is the estimator's own.</summary>
    /// <typeparam name="TTransformer">What the estimator gives.</typeparam>
    /// <param name="estimator">The estimator.</param>
    /// <param name="mlContext">The context, which gives log, seed and device.</param>
    /// <param name="options">How difficulty is measured, and which rows are kept.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or neither is anything dropped nor are the labels said to be clean.</exception>
    public static PrunedTrainingEstimator<TTransformer> WithPrunedTraining<TTransformer>(this IEstimator<TTransformer> estimator, MLContext mlContext, PruningOptions options)
        where TTransformer : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(estimator);
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(options);
        return new(MlNetAccess.EnvironmentOf(mlContext.Transforms), estimator, options);
    }
}
