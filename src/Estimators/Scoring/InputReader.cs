using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>Copies one input column of a source row into a tensor.</summary>
internal abstract class InputReader
{
    /// <summary>Copies the value of the source's current row into row <paramref name="row"/> of the tensor.</summary>
    public abstract void Read(int row);

    public static InputReader Create(DataViewRow source, GraphInput input, TensorBuffer buffer)
    {
        var column = source.Schema[input.ColumnName];
        var (reader, itemType) = column.Type is VectorDataViewType vector
            ? (typeof(VectorReader<>), vector.ItemType.RawType)
            : (typeof(ScalarReader<>), column.Type.RawType);
        return reader.MakeGenericType(itemType).New<InputReader>(source, column, buffer);
    }

    private sealed class ScalarReader<T>(DataViewRow source, DataViewSchema.Column column, TensorBuffer<T> buffer) : InputReader
    {
        private readonly ValueGetter<T> _getter = source.GetGetter<T>(column);

        public override void Read(int row) => _getter(ref buffer.Data[row]);
    }

    private sealed class VectorReader<T>(DataViewRow source, DataViewSchema.Column column, TensorBuffer<T> buffer) : InputReader
    {
        private readonly ValueGetter<VBuffer<T>> _getter = source.GetGetter<VBuffer<T>>(column);
        private VBuffer<T> _value;

        public override void Read(int row)
        {
            _getter(ref _value);
            if (_value.Length != buffer.Width)
                throw new InvalidOperationException($"Column '{column.Name}' holds a vector of {_value.Length} values in row {source.Position}; expected {buffer.Width}.");
            _value.CopyTo(buffer.Row(row));
        }
    }
}
