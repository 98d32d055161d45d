using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>Options of training on a part of the rows that is chosen by their difficulty: how that is measured, by which columns, and which rows are kept.</summary>
/// <remarks>
/// Keeping the hardest rows is worse than keeping random ones where labels are wrong, because wrong labels are the hardest: either drop a share of the hardest, or state that labels are
/// clean.
/// </remarks>
public sealed class PruningOptions : DifficultyOptions
{
    /// <summary>
    /// Share of the rows with a difficulty that is kept, the hardest ones of what is not dropped; above 0, at most 1. Rows that <see cref="MinimumClassFraction"/> asks for and rows without a
    /// difficulty come on top. With 1 nothing is dropped but the hardest.
    /// </summary>
    /// <value>The default value is 1.</value>
    [Range(0.2, 1.0, init: 1.0)]
    public double KeepFraction { get; set; } = 1;

    /// <summary>
    /// Share of the rows that is dropped for being the hardest, 0 up to (not including) 1: where labels may be wrong, the share of wrong ones and 0.05 more.
    /// <c>ml.Data.FitDifficultyMixture</c> suggests one.
    /// </summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 0.3, init: 0.0)]
    public double DropHardestFraction { get; set; }

    /// <summary>Whether the labels are known to be right, so that the hardest rows may be kept.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    [NotSwept("a statement about the table")]
    public bool LabelsAreClean { get; set; }

    /// <summary>
    /// Name of a column of Booleans, keys or texts in each of whose values the shares hold, the label for example; <see langword="null"/> for shares of all rows. Without it, classes that are
    /// easy shrink most. Where rows are drawn, the share that is dropped holds.
    /// </summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? StratifyBy { get; set; }

    /// <summary>
    /// Share of the rows of each class that is kept in any case, and at least one row; 0 to <see cref="KeepFraction"/>. Where rows are drawn, 0 to 1: the share that is not dropped for being
    /// hard; rows that stay for the sake of their class are not drawn and have the weight 1.
    /// </summary>
    /// <value>The default value is 0.1.</value>
    [NotSwept("a safety net for rare classes")]
    public double MinimumClassFraction { get; set; } = 0.1;

    /// <summary>
    /// Name of a weight column that the trainer reads. With it rows are drawn instead of cut off: each is kept with a probability in proportion to its difficulty, and its weight is 1 over
    /// that probability, times its weight in <see cref="TrainerOptions.ExampleWeightColumnName"/>. The weighted rows then stand for all rows, so that no statement about labels is needed.
    /// <see langword="null"/> prunes.
    /// </summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? SampleWeightColumnName { get; set; }

    /// <summary>
    /// Folds of out-of-fold scoring, at least 2: a row is scored by networks that were trained without it, so that they cannot have learned its label by heart. <see langword="null"/> for
    /// networks that were trained on all rows.
    /// </summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [NotSwept("how rows are scored, not how many are kept")]
    public int? NumberOfFolds { get; set; }

    /// <summary>A copy, so that later changes by the caller do not reach an estimator.</summary>
    internal PruningOptions Clone() => CopyOf(this);

    internal RowSelection Selection => new(KeepFraction, DropHardestFraction, MinimumClassFraction);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(KeepFraction is > 0 and <= 1, nameof(KeepFraction), "must be above 0 and at most 1", KeepFraction);
        Require(DropHardestFraction is >= 0 and < 1, nameof(DropHardestFraction), "must be at least 0 and below 1", DropHardestFraction);
        RequireMinimum();
        Require(NumberOfFolds is null or >= 2, nameof(NumberOfFolds), "must be at least 2, or null for none", NumberOfFolds);
        if (NumberOfFolds is not null && Score == DifficultyScore.Forgetting)
            throw new ArgumentException(TrainingRowScores.NoFoldsOfForgetting, nameof(NumberOfFolds));
        if (StratifyBy is not null)
            ArgumentException.ThrowIfNullOrWhiteSpace(StratifyBy);
        if (SampleWeightColumnName is not null)
            ArgumentException.ThrowIfNullOrWhiteSpace(SampleWeightColumnName);
    }

    // Draws keep rows of all classes: the minimum then is one of what the drop leaves.
    private void RequireMinimum()
    {
        if (SampleWeightColumnName is null)
            Require(MinimumClassFraction >= 0 && MinimumClassFraction <= KeepFraction, nameof(MinimumClassFraction), $"must be 0 to {nameof(KeepFraction)} ({KeepFraction})", MinimumClassFraction);
        else
            Require(MinimumClassFraction is >= 0 and <= 1, nameof(MinimumClassFraction), "must be 0 to 1", MinimumClassFraction);
    }

    /// <summary>Refuses to keep the hardest rows by default.</summary>
    /// <exception cref="ArgumentException">Rows are pruned, neither is anything dropped nor are the labels said to be clean.</exception>
    internal void RequireStatement()
    {
        if (SampleWeightColumnName is null && KeepFraction < 1 && DropHardestFraction == 0 && !LabelsAreClean)
        {
            throw new ArgumentException(
                "Keeping the hardest rows is worse than keeping random ones where labels are wrong, because wrong labels are the hardest. "
                + $"Set {nameof(DropHardestFraction)} (the share of wrong labels and 0.05 more), or state that there are none with {nameof(LabelsAreClean)} = true.", nameof(LabelsAreClean));
        }
    }
}
