using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>How norms of the smoother are computed.</summary>
public enum SmoothingMethod
{
    /// <summary>In the space of the leaves where there are at most 4,000 of them (6,000 of a forest); otherwise row by row where that takes less than about half a minute, and by probes for the rest.</summary>
    Auto,

    /// <summary>Exactly, with matrices over pairs of leaves: at most 6,000 leaves in all trees together.</summary>
    LeafSpace,

    /// <summary>Estimated from random sign vectors, with a standard error; any size.</summary>
    Probe,

    /// <summary>
    /// Exactly, for any number of leaves: for forests from lists of the rows in each leaf, in a time that grows with the size of leaves; for boosted models by a replay for each training
    /// row, in a time that grows with the square of their number.
    /// </summary>
    RowWise,
}

/// <summary>Where it comes from which training rows each tree has seen.</summary>
public enum BagSource
{
    /// <summary>The trainer's draws are repeated from the seed that the model keeps.</summary>
    Replay,

    /// <summary>Every tree has seen every row, whatever the model says.</summary>
    None,

    /// <summary>The column <see cref="TreeSmoothingOptions.BagColumnName"/> holds the counts.</summary>
    Supplied,
}

/// <summary>What the weights of training labels add up to.</summary>
public enum SmoothingScale
{
    /// <summary>
    /// The prediction: the score of regression models, the mean of the trees' votes of FastForest's binary models, and the probability of the positive class of log-loss models, whose
    /// labels are 1 and 0.
    /// </summary>
    Prediction,

    /// <summary>The raw score, as in the column Score: the sum of the votes of FastForest's binary models, the log-odds (times a factor) of log-loss models.</summary>
    Score,
}

/// <summary>How to analyse the smoothing of a tree ensemble.</summary>
[NotSwept("a report, which has nothing to tune")]
public sealed class TreeSmoothingOptions : ComponentOptions
{
    /// <summary>Name of the label column that the model was trained with: Single for regression, Boolean for binary classification.</summary>
    /// <value>The default value is <c>Label</c>.</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Name of the example weight column that the model was trained with, <see cref="float"/>; <see langword="null"/> where it had none.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>How norms are computed.</summary>
    /// <value>The default value is <see cref="SmoothingMethod.Auto"/>.</value>
    public SmoothingMethod Method { get; set; } = SmoothingMethod.Auto;

    /// <summary>What the weights of training labels add up to. It makes a difference for binary classification only.</summary>
    /// <value>The default value is <see cref="SmoothingScale.Prediction"/>.</value>
    public SmoothingScale Scale { get; set; } = SmoothingScale.Prediction;

    /// <summary>Random sign vectors of the method <see cref="SmoothingMethod.Probe"/>, 16 to 512, rounded up to a multiple of 8. Four times as many halve the standard error.</summary>
    /// <value>The default value is 64.</value>
    public int ProbeCount { get; set; } = 64;

    /// <summary>Where it comes from which rows each tree has seen.</summary>
    /// <value>The default value is <see cref="BagSource.Replay"/>.</value>
    public BagSource Bags { get; set; } = BagSource.Replay;

    /// <summary>Name of a vector column of <see cref="float"/> that tells, for each tree, how often the row is in its bag; needed for <see cref="BagSource.Supplied"/>.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? BagColumnName { get; set; }

    /// <summary>Whether to go on where the leaf values of the model cannot be recomputed from the training table; the report then says how large the error is.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool AllowApproximate { get; set; }

    /// <summary>Whether to give effective parameters after 1, 2, ... trees as well.</summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool Curve { get; set; } = true;

    /// <summary>Variance of the label's noise, in squared units of the label, above 0: adds the variance of predictions, this times the leverage. <see langword="null"/> for none.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public double? NoiseVariance { get; set; }

    /// <summary>How many training rows to name for each row: those with the largest weights in its score, by magnitude. 0 for none.</summary>
    /// <value>The default value is 0.</value>
    public int NumberOfTopRows { get; set; }

    /// <summary>All factors on a boosted leaf together, above 0; <see langword="null"/> takes what the model keeps. Needed for LightGBM models that were imported from a file.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public double? LearningRate { get; set; }

    /// <summary>LightGBM's L2 penalty on leaf values, at least 0; <see langword="null"/> takes what the model keeps.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public double? L2Regularization { get; set; }

    /// <summary>Threads to use, at least 1; <see langword="null"/> for all cores. Results are the same, bit for bit, for any number.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public int? NumberOfThreads { get; set; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        ArgumentException.ThrowIfNullOrWhiteSpace(LabelColumnName);
        Require(Enum.IsDefined(Method), nameof(Method), "must be Auto, LeafSpace, Probe or RowWise", Method);
        Require(Enum.IsDefined(Scale), nameof(Scale), "must be Prediction or Score", Scale);
        Require(ProbeCount is >= 16 and <= 512, nameof(ProbeCount), "must be between 16 and 512", ProbeCount);
        Require(Enum.IsDefined(Bags), nameof(Bags), "must be Replay, None or Supplied", Bags);
        Require(Bags != BagSource.Supplied || !string.IsNullOrWhiteSpace(BagColumnName), nameof(BagColumnName), "must name the column of the counts when Bags is Supplied", BagColumnName);
        Require(NoiseVariance is null || (double.IsFinite(NoiseVariance.Value) && NoiseVariance > 0), nameof(NoiseVariance), "must be above 0 and finite, or null", NoiseVariance);
        Require(NumberOfTopRows >= 0, nameof(NumberOfTopRows), "must be at least 0", NumberOfTopRows);
        Require(LearningRate is null || (double.IsFinite(LearningRate.Value) && LearningRate > 0), nameof(LearningRate), "must be above 0 and finite, or null", LearningRate);
        Require(L2Regularization is null || (double.IsFinite(L2Regularization.Value) && L2Regularization >= 0), nameof(L2Regularization), "must be at least 0 and finite, or null", L2Regularization);
        Require(NumberOfThreads is null or >= 1, nameof(NumberOfThreads), "must be at least 1, or null for all cores", NumberOfThreads);
    }
}
