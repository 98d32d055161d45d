namespace MLExtensions.Estimators.Training;

/// <summary>
/// Says why a sweep leaves an option alone. Every number, choice or switch of an options type has this or an attribute of <c>Microsoft.ML.SearchSpace</c>, so that none is
/// forgotten.
/// </summary>
/// <param name="reason">Why it keeps its value, in a few words.</param>
/// <remarks>On an options type it stands for all of its own options: of a report, say, which has nothing to tune.</remarks>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class, Inherited = false)]
internal sealed class NotSweptAttribute(string reason) : Attribute
{
    /// <summary>Why it keeps its value, in a few words.</summary>
    public string Reason => reason;
}
