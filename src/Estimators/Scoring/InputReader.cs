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
        if (buffer is TextTensorBuffer texts)
            return Create(source, column, texts.Data.GetType().GetElementType()!, buffer);
        return Create(source, column, column.Type is VectorDataViewType vector ? vector.ItemType.RawType : column.Type.RawType, buffer);
    }

    private static InputReader Create(DataViewRow source, DataViewSchema.Column column, Type itemType, TensorBuffer buffer)
    {
        var reader = column.Type is VectorDataViewType ? typeof(VectorReader<>) : typeof(ScalarReader<>);
        return (InputReader)Activator.CreateInstance(reader.MakeGenericType(itemType), source, column, buffer)!;
    }

    /// <summary>The values of a buffer, whatever its kind, as seen by a column of <typeparamref name="T"/>.</summary>
    internal static Func<T[]> DataOf<T>(TensorBuffer buffer) => buffer switch
    {
        TextTensorBuffer texts => () => (T[])(object)texts.Data,
        _ => DataOfUnmanaged<T>(buffer),
    };

    private static Func<T[]> DataOfUnmanaged<T>(TensorBuffer buffer)
    {
        // TensorBuffer<T> asks for unmanaged T, which an unconstrained T cannot promise.
        var data = buffer.GetType().GetProperty(nameof(TensorBuffer<>.Data))!.GetGetMethod()!;
        return data.CreateDelegate<Func<T[]>>(buffer);
    }

    private sealed class ScalarReader<T>(DataViewRow source, DataViewSchema.Column column, TensorBuffer buffer) : InputReader
    {
        private readonly ValueGetter<T> _getter = source.GetGetter<T>(column);
        private readonly Func<T[]> _data = DataOf<T>(buffer);

        public override void Read(int row) => _getter(ref _data()[row]);
    }

    private sealed class VectorReader<T>(DataViewRow source, DataViewSchema.Column column, TensorBuffer buffer) : InputReader
    {
        private readonly ValueGetter<VBuffer<T>> _getter = source.GetGetter<VBuffer<T>>(column);
        private readonly Func<T[]> _data = DataOf<T>(buffer);
        private readonly int _width = buffer.Width;
        private VBuffer<T> _value;

        public override void Read(int row)
        {
            _getter(ref _value);
            if (_value.Length != _width)
                throw new InvalidOperationException($"Column '{column.Name}' holds a vector of {_value.Length} values in row {source.Position}; expected {_width}.");
            _value.CopyTo(_data().AsSpan(row * _width, _width));
        }
    }
}
