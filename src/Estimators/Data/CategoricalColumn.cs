using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Data;

/// <summary>A column of categories that a trainer reads beside the features: a scalar key.</summary>
/// <remarks>
/// A row's category is what its key is to ML.NET: 1 to <see cref="Count"/> for a value, 0 for a missing one.
/// A table with one entry a category, an embedding say, has <see cref="Count"/> + 1 entries.
/// </remarks>
public sealed class CategoricalColumn
{
    // A key may have millions of values; most trainers never ask for one.
    private readonly Lazy<KeyValues> _values;

    internal CategoricalColumn(DataViewSchema.Column column)
    {
        Name = column.Name;
        Type = (KeyDataViewType)column.Type;
        Count = checked((int)Type.Count);
        _values = new(() => KeyValues.Of(column));
    }

    /// <summary>Name of the column.</summary>
    public string Name { get; }

    /// <summary>Number of values: the cardinality of the key.</summary>
    public int Count { get; }

    internal KeyDataViewType Type { get; }

    /// <summary>A readable name of a category: its key value where the key has them, <c>key 3</c> and the like otherwise, and <c>missing</c> for 0.</summary>
    /// <param name="category">The category, 0 to <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such category.</exception>
    public string ValueName(int category)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(category);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(category, Count);
        return category == 0 ? "missing" : _values.Value.NameOf(category - 1);
    }

    /// <summary>Whether the categories that both columns have are the same values.</summary>
    internal bool HasValuesOf(CategoricalColumn other)
        => Enumerable.Range(1, Math.Min(Count, other.Count)).All(category => ValueName(category) == other.ValueName(category));
}
