namespace MLExtensions.Trainers;

/// <summary>How likely the label of a row is wrong, as far as a noise-robust network can tell.</summary>
/// <param name="Row">Position of the row in the view that was trained on, from 0; rows that training skipped are counted.</param>
/// <param name="GivenClass">Index of the class that the row is labelled with, from 0; for a Boolean label 1 is true.</param>
/// <param name="GivenLabel">Name of that class: the text of its key value, or true or false.</param>
/// <param name="SuggestedClass">Index of the class that the network would label it with.</param>
/// <param name="SuggestedLabel">Name of that class.</param>
/// <param name="Score">0 to 1; higher = more likely wrong.</param>
/// <param name="IsHeldOut">
/// Whether the row was held out to find the best epoch: it has no history, and its score is 1 less the probability that the fitted network gives its label.
/// </param>
public sealed record LabelSuspicion(long Row, int GivenClass, string GivenLabel, int SuggestedClass, string SuggestedLabel, double Score, bool IsHeldOut);

/// <summary>The labels of one class, as a noise-robust network sees them.</summary>
/// <param name="Label">Name of the class.</param>
/// <param name="Rows">Number of rows that are labelled with it.</param>
/// <param name="SuggestedRows">Number of rows that the network would label with it.</param>
/// <param name="Recall">Share of the rows labelled with it for which it is suggested too, 0 to 1; NaN without rows. Near 0 for a small class means that the class was given up.</param>
/// <param name="MeanSuspicion">Mean score of the rows labelled with it, 0 to 1; NaN without rows.</param>
public sealed record ClassLabels(string Label, int Rows, int SuggestedRows, double Recall, double MeanSuspicion);
