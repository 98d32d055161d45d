using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// What a trainer has learned: public, inspectable parameters that can write themselves as an ONNX graph. The graph
/// is the forward pass, in memory, saved and exported.
/// </summary>
public abstract class PredictionModel : ComponentModel
{
    /// <summary>Number of features of a row, d.</summary>
    public abstract int FeatureCount { get; }

    /// <summary>
    /// Number of classes K that a classifier was made for; 0 for a model without such a number. Where it is above 0, a model of another number of classes
    /// is refused by <see cref="PredictionTransformer{TModel}.WithModel"/> and by a fit that goes on from it.
    /// </summary>
    public virtual int ClassCount => 0;

    /// <summary>
    /// Number of values of each categorical column that the model was trained with, in the order of the options; empty for a model without. Where it is not empty,
    /// the model overrides <see cref="BuildScores(OnnxGraphBuilder, OnnxValue, IReadOnlyList{OnnxValue}, PredictionTask)"/>.
    /// </summary>
    public virtual IReadOnlyList<int> CategoryCounts => [];

    /// <summary>Adds the forward pass of a model without categorical columns to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">The features, a float tensor [N, d]; NaN is a missing value.</param>
    /// <param name="task">What is predicted.</param>
    /// <returns>
    /// A float or double tensor: predictions [N, 1] for regression, log-odds of the positive class [N, 1] for binary,
    /// probabilities [N, K] for multiclass classification.
    /// </returns>
    public abstract OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task);

    /// <summary>Adds the forward pass of a model that may have categorical columns to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">The features, a float tensor [N, d]; NaN is a missing value.</param>
    /// <param name="categories">
    /// One int64 tensor [N] a categorical column, in the order of <see cref="CategoryCounts"/>: 1 to the column's count, 0 for a key that is missing or
    /// that training did not know. So each is a row of a table with count + 1 rows (<see cref="OnnxGraphBuilder.Gather"/>).
    /// </param>
    /// <param name="task">What is predicted.</param>
    /// <returns>As of <see cref="BuildScores(OnnxGraphBuilder, OnnxValue, PredictionTask)"/>.</returns>
    public virtual OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories, PredictionTask task)
        => BuildScores(graph, features, task);

    /// <summary>
    /// Gives a way to score single rows without the graph, for prediction engines: a call of ONNX Runtime costs microseconds whatever
    /// the model. Not called for a model with categorical columns. Only for models whose scores take less, and with the same numbers as the graph (the contract suite compares them).
    /// </summary>
    /// <param name="task">What is predicted.</param>
    /// <returns>A scorer with working memory of its own, for one thread; <see langword="null"/> to run the graph.</returns>
    public virtual RowScorer? CreateRowScorer(PredictionTask task) => null;
}

/// <summary>Scores one row.</summary>
/// <param name="features">The features, d numbers; NaN is a missing value.</param>
/// <param name="scores">Receives what the graph's row holds: one number, or K probabilities for multiclass classification.</param>
public delegate void RowScorer(ReadOnlySpan<float> features, Span<float> scores);
