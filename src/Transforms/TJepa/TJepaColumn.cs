namespace MLExtensions.Transforms;

/// <summary>A column as a <see cref="TJepaFeaturizer"/> sees it.</summary>
/// <param name="Name">Name of the column; for a number of a vector column followed by a dot and the name, or the position, of its slot.</param>
/// <param name="Token">Position of its token.</param>
/// <param name="IsConstant">Whether it never varied in the training rows.</param>
/// <param name="Deviation">Standard deviation of its token from row to row, averaged over the numbers of the token: how much the encoder makes of the column.</param>
public sealed record TJepaColumn(string Name, int Token, bool IsConstant, double Deviation);
