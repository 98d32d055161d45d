namespace MLExtensions.Estimators.Catalogs;

/// <summary>Names of ML.NET's annotations, which are internal there.</summary>
internal static class AnnotationKinds
{
    public const string SlotNames = "SlotNames";

    public const string KeyValues = "KeyValues";
}
