using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Transforms;

/// <summary>Columns of a scored view in memory.</summary>
internal static class ScoredRows
{
    private const string GroupTypes = "Boolean, a key or String";

    /// <summary>A column of numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static float[] Numbers(IDataView view, string role, string name)
    {
        var column = view.Schema.Require(role, name);
        return column.Type.Equals(NumberDataViewType.Single) ? [.. view.GetColumn<float>(column)] : throw Mismatch(role, column, "Single");
    }

    /// <summary>The group of each row, from 0, by a column of Booleans, keys or texts; -1 for a missing key.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static int[] Groups(IDataView view, string role, string name)
    {
        var column = view.Schema.Require(role, name);
        if (column.Type is not (BooleanDataViewType or KeyDataViewType or TextDataViewType))
            throw Mismatch(role, column, GroupTypes);
        using var cursor = view.GetRowCursor([column]);
        var read = GroupReader(cursor, column);
        List<int> groups = [];
        while (cursor.MoveNext())
            groups.Add(read());
        return [.. groups];
    }

    /// <summary>Checks before training that <see cref="Groups"/> can read a column.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static void RequireGroups(SchemaShape shape, string role, string name)
    {
        var found = shape.FirstOrDefault(column => column.Name == name);
        if (found.Name is null)
            throw SchemaErrors.NotFound(role, name);
        if (found.Kind != SchemaShape.Column.VectorKind.Scalar || !(found.IsKey || found.ItemType is BooleanDataViewType or TextDataViewType))
            throw SchemaErrors.Mismatch(role, name, GroupTypes, found.Describe());
    }

    /// <summary>What gives the group of the current row, as <see cref="Groups"/> does.</summary>
    public static Func<int> GroupReader(DataViewRow row, DataViewSchema.Column column)
    {
        switch (column.Type)
        {
            case BooleanDataViewType:
                var truth = row.GetGetter<bool>(column);
                var value = false;
                return () =>
                {
                    truth(ref value);
                    return value ? 1 : 0;
                };
            case KeyDataViewType key:
                var category = CategoryReader.Create(row, column, (int)Math.Min(key.Count, int.MaxValue));
                return () => category() - 1;
            default:
                var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
                ReadOnlyMemory<char> text = default;
                Dictionary<string, int> numbers = [];
                return () =>
                {
                    getter(ref text);
                    numbers.TryAdd(text.ToString(), numbers.Count);
                    return numbers[text.ToString()];
                };
        }
    }

    private static ArgumentOutOfRangeException Mismatch(string role, DataViewSchema.Column column, string expected)
        => SchemaErrors.Mismatch(role, column.Name, expected, column.Type.ToString()!);
}
