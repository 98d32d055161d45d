using System.Diagnostics.CodeAnalysis;

namespace MLExtensions.Estimators.Onnx;

/// <summary>The element type of an ONNX tensor. Names and numbers are those of the ONNX format.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The names of the ONNX format.")]
public enum OnnxElementType
{
    /// <summary>Not a tensor, or a type that the model does not declare.</summary>
    Undefined = 0,

    /// <summary>32-bit floating point, <see cref="float"/>.</summary>
    Float = 1,

    /// <summary>8-bit unsigned integer, <see cref="byte"/>.</summary>
    UInt8 = 2,

    /// <summary>8-bit signed integer, <see cref="sbyte"/>.</summary>
    Int8 = 3,

    /// <summary>16-bit unsigned integer, <see cref="ushort"/>.</summary>
    UInt16 = 4,

    /// <summary>16-bit signed integer, <see cref="short"/>.</summary>
    Int16 = 5,

    /// <summary>32-bit signed integer, <see cref="int"/>.</summary>
    Int32 = 6,

    /// <summary>64-bit signed integer, <see cref="long"/>.</summary>
    Int64 = 7,

    /// <summary>Text, <see cref="string"/>.</summary>
    String = 8,

    /// <summary>Truth value, <see cref="bool"/>.</summary>
    Bool = 9,

    /// <summary>16-bit IEEE floating point, <see cref="Half"/>.</summary>
    Float16 = 10,

    /// <summary>64-bit floating point, <see cref="double"/>.</summary>
    Double = 11,

    /// <summary>32-bit unsigned integer, <see cref="uint"/>.</summary>
    UInt32 = 12,

    /// <summary>64-bit unsigned integer, <see cref="ulong"/>.</summary>
    UInt64 = 13,

    /// <summary>16-bit floating point with the exponent range of <see cref="float"/>.</summary>
    BFloat16 = 16,
}
