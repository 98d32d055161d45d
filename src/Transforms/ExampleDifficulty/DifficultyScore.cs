using System.Text.Json.Serialization;

namespace MLExtensions.Transforms;

/// <summary>How difficult a labelled row is to a network in training; p are its probabilities for the K classes, y is the labelled one. Higher = more difficult.</summary>
/// <remarks>
/// Scores are means over runs; scores of different epochs, networks or numbers of classes are not comparable, ranks are. Source unless named: M. Paul, S. Ganguli,
/// G. K. Dziugaite, "Deep Learning on a Data Diet: Finding Important Examples Early in Training", NeurIPS 2021, arXiv:2107.07075, and its published code.
/// </remarks>
[JsonConverter(typeof(JsonStringEnumConverter<DifficultyScore>))]
public enum DifficultyScore
{
    /// <summary>Length of the error vector, ||p - e_y||: 0 to sqrt(2); a guess among K classes has sqrt(1 - 1/K).</summary>
    EL2N,

    /// <summary>Length of the gradient of the row's cross-entropy over all weights, biases and embeddings: at least 0. It grows with the inputs of the row, which are standardised.</summary>
    GraNd,

    /// <summary>Length of that gradient over the weights and biases of the last layer alone: EL2N sqrt(||a||^2 + 1) with the outputs a of the last hidden layer.</summary>
    GraNdLastLayer,

    /// <summary>Sum of the absolute errors, |p - e_y|: 0 to 2.</summary>
    EL1N,

    /// <summary>Largest other probability less that of the label, max p_k - p_y: -1 to 1.</summary>
    MaxMargin,

    /// <summary>Sum of the differences of all other probabilities and that of the label, sum (p_k - p_y): 1 - K to 1.</summary>
    SumMargin,

    /// <summary>-ln p_y in nats: 0 to 103.3, which stands for a probability below the smallest <see cref="float"/>.</summary>
    CrossEntropy,

    /// <summary>
    /// How often the row was forgotten in a full training: predicted as labelled when it was last trained on, and not any more. Rows that were never predicted as labelled come above all
    /// others: the order is by the share of runs in which that is so, then by the mean count. Only for the rows of the training, and so for
    /// <c>ml.Data.ScoreTrainingRows</c> and pruned training.
    /// Source: M. Toneva et al., "An Empirical Study of Example Forgetting during Deep Neural Network Learning", ICLR 2019, arXiv:1812.05159.
    /// </summary>
    Forgetting,
}
