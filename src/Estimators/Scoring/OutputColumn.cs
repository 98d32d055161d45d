using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>How an output column reads its value for the batch's current row from one output tensor.</summary>
internal abstract record OutputColumn(string Name, int Tensor)
{
    /// <summary>The getter, a <see cref="ValueGetter{TValue}"/> of the column's raw type.</summary>
    /// <param name="batch">The batch whose current row is shown.</param>
    public abstract Delegate CreateGetter(GraphBatch batch);
}

/// <summary>The tensor itself, flattened behind the batch axis, as a vector of <typeparamref name="T"/>.</summary>
internal sealed record VectorOutput<T>(string Name, int Tensor) : OutputColumn(Name, Tensor)
{
    public override Delegate CreateGetter(GraphBatch batch)
    {
        var buffer = (TensorBuffer<T>)batch.Outputs[Tensor];
        return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
        {
            var row = buffer.Row(batch.CurrentRow());
            var editor = VBufferEditor.Create(ref value, row.Length);
            row.CopyTo(editor.Values);
            value = editor.Commit();
        });
    }
}

/// <summary>One number of the tensor, mapped to the value of a scalar column.</summary>
internal sealed record ScalarOutput<T>(string Name, int Tensor, Func<float, T> Map) : OutputColumn(Name, Tensor)
{
    public override Delegate CreateGetter(GraphBatch batch)
    {
        var buffer = (TensorBuffer<float>)batch.Outputs[Tensor];
        return (ValueGetter<T>)((ref T value) => value = Map(buffer.Data[batch.CurrentRow()]));
    }
}
