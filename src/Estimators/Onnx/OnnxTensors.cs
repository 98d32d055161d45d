using System.Runtime.InteropServices;
using Google.Protobuf;
using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>Arrays to ONNX tensors: fixed-width little-endian bytes, whatever the machine.</summary>
internal static class OnnxTensors
{
    public static TensorProto Numbers<T>(OnnxElementType type, ReadOnlySpan<T> values, ReadOnlySpan<long> dimensions) where T : unmanaged
    {
        var tensor = Empty(type, values.Length, dimensions);
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(ToLittleEndian(values));
        return tensor;
    }

    public static TensorProto Strings(ReadOnlySpan<string> values, ReadOnlySpan<long> dimensions)
    {
        var tensor = Empty(OnnxElementType.String, values.Length, dimensions);
        foreach (var value in values)
            tensor.StringData.Add(ByteString.CopyFromUtf8(value ?? throw new ArgumentException("A string constant has no null.", nameof(values))));
        return tensor;
    }

    public static byte[] ToLittleEndian<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values).ToArray();
        SwapOnBigEndian<T>(bytes);
        return bytes;
    }

    public static double[] DoublesFromLittleEndian(byte[] bytes)
    {
        SwapOnBigEndian<double>(bytes);
        return MemoryMarshal.Cast<byte, double>(bytes).ToArray();
    }

    private static TensorProto Empty(OnnxElementType type, int count, ReadOnlySpan<long> dimensions)
    {
        long expected = 1;
        foreach (var dimension in dimensions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(dimensions));
            expected = checked(expected * dimension);
        }
        if (expected != count)
            throw new ArgumentException($"A tensor of shape [{string.Join(", ", dimensions.ToArray())}] has {expected} values, but {count} were given.", nameof(dimensions));
        var tensor = new TensorProto { DataType = (int)type };
        tensor.Dims.AddRange(dimensions);
        return tensor;
    }

    private static unsafe void SwapOnBigEndian<T>(byte[] bytes) where T : unmanaged
    {
        if (BitConverter.IsLittleEndian || sizeof(T) == 1)
            return;
        for (var i = 0; i < bytes.Length; i += sizeof(T))
            Array.Reverse(bytes, i, sizeof(T));
    }
}
