using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>How an output column reads its value for the batch's current row from one output tensor.</summary>
internal abstract record OutputColumn(string Name, int Tensor)
{
    /// <summary>The getter, a <see cref="ValueGetter{TValue}"/> of the column's raw type.</summary>
    /// <param name="batch">The batch whose current row is shown.</param>
    /// <param name="prepare">Called before a value is read; scores a single row, or checks that a cursor stands on a row.</param>
    public abstract Delegate CreateGetter(GraphBatch batch, Action prepare);
}

/// <summary>The tensor itself, flattened behind the batch axis, as a vector of <typeparamref name="T"/>.</summary>
internal sealed record VectorOutput<T>(string Name, int Tensor) : OutputColumn(Name, Tensor)
{
    public override Delegate CreateGetter(GraphBatch batch, Action prepare)
    {
        var buffer = batch.Outputs[Tensor];
        var data = InputReader.DataOf<T>(buffer);
        var width = buffer.Width;
        return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
        {
            prepare();
            var editor = VBufferEditor.Create(ref value, width);
            data().AsSpan(batch.Current * width, width).CopyTo(editor.Values);
            value = editor.Commit();
        });
    }
}

/// <summary>One number of the tensor, mapped to the value of a scalar column.</summary>
internal sealed record ScalarOutput<T>(string Name, int Tensor, Func<float, T> Map) : OutputColumn(Name, Tensor)
{
    public override Delegate CreateGetter(GraphBatch batch, Action prepare)
    {
        var buffer = (TensorBuffer<float>)batch.Outputs[Tensor];
        return (ValueGetter<T>)((ref T value) =>
        {
            prepare();
            value = Map(buffer.Data[batch.Current]);
        });
    }
}
