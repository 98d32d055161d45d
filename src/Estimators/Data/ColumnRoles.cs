namespace MLExtensions.Estimators.Data;

/// <summary>Names of the columns that a component learns from; a role that it does not have is <see langword="null"/>.</summary>
internal sealed record ColumnRoles(string Features, string? Label = null, string? Weight = null);
