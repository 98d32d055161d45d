namespace MLExtensions.Transforms;

/// <summary>How a trainer computes the leaf values of its trees from the labels of the rows in them.</summary>
internal sealed record LeafRule
{
    /// <summary>Whether trees are fitted to the labels and averaged; otherwise each is fitted to what the earlier ones left over, and they add up.</summary>
    public bool IsForest { get; init; }

    /// <summary>Whether the score of a forest is the sum of its trees instead of their mean.</summary>
    public bool IsSummed { get; init; }

    /// <summary>eta: all factors on a boosted leaf together.</summary>
    public double LearningRate { get; init; } = 1;

    /// <summary>lambda: the L2 penalty on a boosted leaf.</summary>
    public double L2Regularization { get; init; }

    /// <summary>What LightGBM adds to lambda for the leaves of a categorical split that is not one against the rest.</summary>
    public double CategoricalL2Regularization { get; init; }

    /// <summary>Whether boosting starts at the mean label (logistic loss: its log-odds), which LightGBM keeps in the leaves of the first tree.</summary>
    public bool StartsAtMean { get; init; }

    /// <summary>FastTree's smoothing of leaves towards their ancestors, 0 to 1.</summary>
    public double Smoothing { get; init; }

    /// <summary>Factor of the score inside the sigmoid of the logistic loss; <see langword="null"/> for the squared loss.</summary>
    public double? Sigmoid { get; init; }

    /// <summary>Weight of the positive class in the logistic loss, beside that of the negative one; <see langword="null"/> where both follow from their counts.</summary>
    public double? PositiveWeight { get; init; } = 1;

    /// <summary>Largest magnitude of a leaf value.</summary>
    public double MaximumOutput { get; init; } = double.PositiveInfinity;

    /// <summary>Trees that share a bag; 0 without bagging.</summary>
    public int TreesPerBag { get; init; }

    /// <summary>Probability of a row to be in a bag.</summary>
    public double BagFraction { get; init; } = 1;

    /// <summary>Seed of the bags.</summary>
    public int BagSeed { get; init; }

    /// <summary>Trees that the trainer was asked for; those missing could not be grown or were cut off.</summary>
    public int RequestedTrees { get; init; }
}
