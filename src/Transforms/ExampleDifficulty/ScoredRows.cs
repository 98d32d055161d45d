using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Transforms;

/// <summary>Columns of a scored view in memory.</summary>
internal static class ScoredRows
{
    /// <summary>A column of numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static float[] Numbers(IDataView view, string role, string name)
    {
        var column = view.Schema.Require(role, name);
        return column.Type.Equals(NumberDataViewType.Single) ? Read<float, float>(view, column, value => value) : throw Mismatch(role, column, "Single");
    }

    /// <summary>The group of each row, from 0, by a column of Booleans, keys or texts; -1 for a missing key.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static int[] Groups(IDataView view, string role, string name)
    {
        var column = view.Schema.Require(role, name);
        switch (column.Type)
        {
            case BooleanDataViewType:
                return Read<bool, int>(view, column, value => value ? 1 : 0);
            case KeyDataViewType key:
                using (var cursor = view.GetRowCursor([column]))
                {
                    var read = CategoryReader.Create(cursor, column, (int)Math.Min(key.Count, int.MaxValue));
                    List<int> groups = [];
                    while (cursor.MoveNext())
                        groups.Add(read() - 1);
                    return [.. groups];
                }
            case TextDataViewType:
                Dictionary<string, int> numbers = [];
                return Read<ReadOnlyMemory<char>, int>(view, column, text =>
                {
                    var value = text.ToString();
                    if (!numbers.TryGetValue(value, out var number))
                        numbers[value] = number = numbers.Count;
                    return number;
                });
            default:
                throw Mismatch(role, column, "Boolean, a key or String");
        }
    }

    /// <summary>A column as it is.</summary>
    public static TOut[] Read<TIn, TOut>(IDataView view, DataViewSchema.Column column, Func<TIn, TOut> convert)
    {
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<TIn>(column);
        List<TOut> values = [];
        TIn value = default!;
        while (cursor.MoveNext())
        {
            getter(ref value);
            values.Add(convert(value));
        }
        return [.. values];
    }

    private static ArgumentOutOfRangeException Mismatch(string role, DataViewSchema.Column column, string expected)
        => SchemaErrors.Mismatch(role, column.Name, expected, column.Type.ToString()!);
}
