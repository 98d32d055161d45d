namespace MLExtensions.Trainers;

/// <summary>What a noise-robust network made of the given labels in one epoch.</summary>
/// <param name="Number">Number of the epoch, from 1.</param>
/// <param name="GivenLabelShare">
/// Share of the training rows whose given label was predicted in the epoch's forward passes, 0 to 1. If a share r of the labels is wrong and none is memorised, it stays below
/// 1 - r.
/// </param>
/// <param name="HistoryAgreement">
/// Mean of &lt;T, p&gt; / sum T over the training rows, 0 to 1: how far predictions are what they were in past epochs; <see langword="null"/> without early-learning
/// regularisation. Near 1 while <paramref name="GivenLabelShare"/> is that of a guess means that the network has locked onto early mistakes: lower lambda or the learning
/// rate.
/// </param>
public sealed record EpochLabels(int Number, double GivenLabelShare, double? HistoryAgreement);

/// <summary>The classes that a network predicted for its training rows in one epoch: whoever knows the true labels can tell from it what was memorised.</summary>
/// <param name="Number">Number of the epoch, from 1.</param>
/// <param name="Rows">Positions of the training rows in the view, from 0. Rows without a label or of weight 0, and rows that are held out, are not among them.</param>
/// <param name="PredictedClasses">Class of each of these rows, from 0, in the forward pass of its training step; -1 for a row that had none.</param>
public sealed record EpochPredictions(int Number, IReadOnlyList<long> Rows, IReadOnlyList<int> PredictedClasses);
