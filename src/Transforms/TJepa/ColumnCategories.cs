using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Transforms;

/// <summary>Which values of a categorical column have a category of their own: those that training rows have, or the most frequent ones of a column of very many.</summary>
/// <param name="ValueCount">Number of values of the key in training.</param>
/// <param name="Kept">The values that have a category of their own, as keys from 1, ascending; <see langword="null"/> when all have.</param>
/// <param name="Names">Names of the values that have a category of their own.</param>
internal sealed record ColumnCategories(int ValueCount, int[]? Kept, string[] Names)
{
    /// <summary>Number of categories, that of missing, unknown and rare values included.</summary>
    public int Count => (Kept?.Length ?? ValueCount) + 1;

    /// <summary>Counts the values of a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="keys">The key of each row, from 1; 0 where it is missing.</param>
    /// <param name="most">Largest number of values with a category of their own.</param>
    /// <param name="found">Number of values that the rows have.</param>
    public static ColumnCategories Of(CategoricalColumn column, ReadOnlySpan<int> keys, int most, out int found)
    {
        var counts = new int[column.Count + 1];
        foreach (var key in keys)
            counts[key]++;
        // Nothing is learned of a value without a row: with a category of its own it would score as the random numbers that it began with.
        int[] values = [.. Enumerable.Range(1, column.Count).Where(key => counts[key] > 0)];
        found = values.Length;
        int[] kept = [.. values.OrderByDescending(key => counts[key]).Take(most).Order()];
        return new(column.Count, kept.Length == column.Count ? null : kept, Array.ConvertAll(kept, column.ValueName));
    }

    /// <summary>Checks that the keys of a column stand for the same values.</summary>
    /// <param name="column">A column with as many values.</param>
    /// <exception cref="ArgumentOutOfRangeException">A key that has a category of its own stands for another value.</exception>
    public void CheckValuesOf(CategoricalColumn column)
    {
        foreach (var (key, name) in (Kept ?? Enumerable.Range(1, ValueCount)).Zip(Names))
        {
            if (column.ValueName(key) is var found && found != name)
                throw SchemaErrors.Mismatch("input", column.Name, $"'{name}' as key {key}, as in the model to go on from", $"'{found}': take the key mapping that the model was trained with");
        }
    }

    /// <summary>The categories of keys, from 1, in their order; 0 for those without one.</summary>
    public int[] Apply(ReadOnlySpan<int> keys)
    {
        if (Kept is null)
            return keys.ToArray();
        var categories = Table();
        return Array.ConvertAll(keys.ToArray(), key => (int)categories[key]);
    }

    /// <summary>Adds the categories to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="keys">The keys, int64 [N], 0 to <see cref="ValueCount"/>.</param>
    /// <returns>The categories, int64 [N].</returns>
    public OnnxValue Build(OnnxGraphBuilder graph, OnnxValue keys) => Kept is null ? keys : graph.Gather(graph.Constant(Table(), ValueCount + 1), keys);

    private long[] Table()
    {
        var categories = new long[ValueCount + 1];
        for (var i = 0; i < Kept!.Length; i++)
            categories[Kept[i]] = i + 1;
        return categories;
    }
}
