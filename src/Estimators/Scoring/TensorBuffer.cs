using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>The values of one graph input or output for a batch of rows, in memory that ONNX Runtime reads or writes in place.</summary>
internal abstract class TensorBuffer(string name, long[] rowShape) : IDisposable
{
    private OrtValue? _value;
    private int _valueRows = -1;

    public string Name => name;

    /// <summary>Number of values of a row: the product of the dimensions behind the batch axis.</summary>
    public int Width { get; } = checked((int)rowShape.Aggregate(1L, (product, size) => product * size));

    /// <summary>Makes room for <paramref name="rows"/> rows; the content is lost.</summary>
    public void Reserve(int rows)
    {
        Release();
        Allocate(checked(rows * Width));
    }

    /// <summary>The first <paramref name="rows"/> rows as a tensor.</summary>
    public OrtValue Tensor(int rows)
    {
        if (_valueRows == rows && _value is not null)
            return _value;
        Release();
        _value = CreateTensor(checked(rows * Width), [rows, .. rowShape]);
        _valueRows = rows;
        return _value;
    }

    /// <summary>Sets all values to 0 or empty.</summary>
    public abstract void Clear();

    public void Dispose() => Release();

    public static TensorBuffer Create(string name, OnnxElementType type, long[] rowShape) => type switch
    {
        OnnxElementType.Float => new TensorBuffer<float>(name, rowShape),
        OnnxElementType.Double => new TensorBuffer<double>(name, rowShape),
        OnnxElementType.Int64 => new TensorBuffer<long>(name, rowShape),
        OnnxElementType.Int32 => new TensorBuffer<int>(name, rowShape),
        OnnxElementType.Int16 => new TensorBuffer<short>(name, rowShape),
        OnnxElementType.Int8 => new TensorBuffer<sbyte>(name, rowShape),
        OnnxElementType.UInt64 => new TensorBuffer<ulong>(name, rowShape),
        OnnxElementType.UInt32 => new TensorBuffer<uint>(name, rowShape),
        OnnxElementType.UInt16 => new TensorBuffer<ushort>(name, rowShape),
        OnnxElementType.UInt8 => new TensorBuffer<byte>(name, rowShape),
        OnnxElementType.Bool => new TensorBuffer<bool>(name, rowShape),
        OnnxElementType.String => new TextTensorBuffer(name, rowShape),
        _ => throw new NotSupportedException($"Tensor '{name}' holds {type} values, which ML.NET has no column type for."),
    };

    protected abstract void Allocate(int length);

    protected abstract OrtValue CreateTensor(int length, long[] shape);

    private void Release()
    {
        _value?.Dispose();
        _value = null;
    }
}

/// <summary>A buffer of values that ML.NET and ONNX Runtime lay out alike.</summary>
internal sealed class TensorBuffer<T>(string name, long[] rowShape) : TensorBuffer(name, rowShape)
    where T : unmanaged
{
    /// <summary>The values, row by row.</summary>
    public T[] Data { get; private set; } = [];

    public override void Clear() => Array.Clear(Data);

    // Pinned for as long as it lives, so that no row and no batch pays for a GC handle.
    protected override void Allocate(int length) => Data = GC.AllocateUninitializedArray<T>(length, pinned: true);

    protected override OrtValue CreateTensor(int length, long[] shape)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, Data.AsMemory(0, length), shape);
}

/// <summary>A buffer of texts, which ONNX Runtime keeps on its own side.</summary>
internal sealed class TextTensorBuffer(string name, long[] rowShape) : TensorBuffer(name, rowShape)
{
    private OrtValue? _tensor;

    /// <summary>The texts, row by row.</summary>
    public ReadOnlyMemory<char>[] Data { get; private set; } = [];

    /// <summary>Copies the texts into the tensor, before a run that reads it.</summary>
    public void Push(int rows)
    {
        for (var i = 0; i < rows * Width; i++)
            _tensor!.StringTensorSetElementAt(Data[i].Span, i);
    }

    /// <summary>Copies the texts out of the tensor, after a run that wrote it.</summary>
    public void Pull(int rows)
    {
        for (var i = 0; i < rows * Width; i++)
            Data[i] = _tensor!.GetStringElement(i).AsMemory();
    }

    public override void Clear() => Array.Clear(Data);

    protected override void Allocate(int length) => Data = new ReadOnlyMemory<char>[length];

    protected override OrtValue CreateTensor(int length, long[] shape)
        => _tensor = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
}
