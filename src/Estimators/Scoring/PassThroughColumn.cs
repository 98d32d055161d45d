using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>Keeps the values of one source column for the rows of a batch.</summary>
internal abstract class PassThroughColumn
{
    /// <summary>Bytes that the value of one row takes, roughly; a vector of unknown size counts as one value.</summary>
    public abstract int RowBytes { get; }

    /// <summary>Makes room for <paramref name="rows"/> rows.</summary>
    public abstract void Reserve(int rows);

    /// <summary>Keeps the value of the source's current row as row <paramref name="row"/> of the batch.</summary>
    public abstract void Capture(int row);

    /// <summary>A getter that shows the kept value of a row of the batch.</summary>
    /// <param name="currentRow">Which row that is now.</param>
    public abstract Delegate CreateGetter(Func<int> currentRow);

    public static PassThroughColumn Create(DataViewRow source, DataViewSchema.Column column)
    {
        var (kind, valueType) = column.Type is VectorDataViewType vector
            ? (typeof(Vectors<>), vector.ItemType.RawType)
            : (typeof(Scalars<>), column.Type.RawType);
        return kind.MakeGenericType(valueType).New<PassThroughColumn>(source, column);
    }

    private sealed class Scalars<T>(DataViewRow source, DataViewSchema.Column column) : PassThroughColumn
    {
        private readonly ValueGetter<T> _getter = source.GetGetter<T>(column);
        private T[] _values = [];

        public override int RowBytes => Unsafe.SizeOf<T>();

        public override void Reserve(int rows) => Array.Resize(ref _values, rows);

        public override void Capture(int row)
        {
            // A getter may reuse an object it is handed (an image, say): each row of the batch needs its own.
            if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
                _values[row] = default!;
            _getter(ref _values[row]);
        }

        public override Delegate CreateGetter(Func<int> currentRow) => (ValueGetter<T>)((ref T value) => value = _values[currentRow()]);
    }

    private sealed class Vectors<T>(DataViewRow source, DataViewSchema.Column column) : PassThroughColumn
    {
        private readonly ValueGetter<VBuffer<T>> _getter = source.GetGetter<VBuffer<T>>(column);
        private VBuffer<T>[] _values = [];

        public override int RowBytes => Unsafe.SizeOf<T>() * Math.Max(1, ((VectorDataViewType)column.Type).Size);

        public override void Reserve(int rows) => Array.Resize(ref _values, rows);

        public override void Capture(int row) => _getter(ref _values[row]);

        public override Delegate CreateGetter(Func<int> currentRow) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[currentRow()].CopyTo(ref value));
    }
}
