namespace MLExtensions.Estimators.Training;

/// <summary>
/// What the table of components says of an estimator and its types do not tell. <c>eng/update-components.sh</c> writes the table; the contract tests check all but the paper and the page.
/// </summary>
/// <param name="paper">The paper in a few words, as a Markdown link, or empty.</param>
/// <param name="page">File name of the component's page in <c>docs</c>, with an anchor where it is a section.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class ComponentAttribute(string paper, string page) : Attribute
{
    /// <summary>The paper in a few words, as a Markdown link, or empty.</summary>
    public string Paper => paper;

    /// <summary>File name of the component's page in <c>docs</c>, with an anchor where it is a section.</summary>
    public string Page => page;

    /// <summary>Whether, with its default options, it learns from features that are NaN; otherwise it refuses them with column and row.</summary>
    public bool TrainsOnMissingValues { get; init; } = true;

    /// <summary>Whether sparse and dense vectors are the same to it; otherwise it refuses sparse ones.</summary>
    public bool AcceptsSparse { get; init; } = true;

    /// <summary>What it fits, where its type only tells that this is some transformer; <see langword="null"/> otherwise.</summary>
    public Type? Transformer { get; init; }

    /// <summary>Whether training needs libtorch.</summary>
    public bool NeedsTorch { get; init; }
}
