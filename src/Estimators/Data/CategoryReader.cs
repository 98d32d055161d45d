using System.Numerics;
using Microsoft.ML;

namespace MLExtensions.Estimators.Data;

/// <summary>Reads the categories of a key column, whatever unsigned integers its keys are.</summary>
internal static class CategoryReader
{
    /// <param name="row">The row or cursor to read from.</param>
    /// <param name="column">The key column.</param>
    /// <param name="count">Number of values; keys above are missing.</param>
    /// <returns>What gives the category of the current row, 0 to <paramref name="count"/>.</returns>
    public static Func<int> Create(DataViewRow row, DataViewSchema.Column column, int count) => Type.GetTypeCode(column.Type.RawType) switch
    {
        TypeCode.Byte => Create<byte>(row, column, count),
        TypeCode.UInt16 => Create<ushort>(row, column, count),
        TypeCode.UInt32 => Create<uint>(row, column, count),
        _ => Create<ulong>(row, column, count),
    };

    private static Func<int> Create<T>(DataViewRow row, DataViewSchema.Column column, int count)
        where T : IUnsignedNumber<T>
    {
        var getter = row.GetGetter<T>(column);
        var key = T.Zero;
        return () =>
        {
            getter(ref key);
            var category = ulong.CreateChecked(key);
            return category <= (ulong)count ? (int)category : 0;
        };
    }
}
