namespace MLExtensions.Estimators.Scoring;

/// <summary>What a trainer predicts, and so which columns its model adds.</summary>
public enum PredictionTask
{
    /// <summary>A number: adds <c>Score</c>.</summary>
    Regression,

    /// <summary>One of two classes: adds <c>PredictedLabel</c> (Boolean), <c>Score</c> (log-odds) and <c>Probability</c>.</summary>
    BinaryClassification,

    /// <summary>One of K classes: adds <c>PredictedLabel</c> (key) and <c>Score</c> (K probabilities).</summary>
    MulticlassClassification,
}
