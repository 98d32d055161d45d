using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>Arithmetic of tensors and numbers in which the numbers live until native code has read them.</summary>
/// <remarks>
/// TorchSharp hands a number to native code as an object with a finaliser that nothing refers to any more. When another thread of the application starts a collection
/// meanwhile, the number is freed and native code reads what follows there: an error of libtorch, or silently another number. Adding two tensors is such a call as
/// well, by its factor of 1. Seen with TorchSharp 0.107 in fits side by side; <c>src/BannedSymbols.txt</c> keeps the calls out.
/// </remarks>
internal static class ScalarArithmetic
{
    // Referred to for good, and so never collected.
    private static readonly Scalar s_one = 1.ToScalar();

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, s_one);

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, double right)
    {
        using var number = right.ToScalar();
        return left.add(number, s_one);
    }

    /// <summary>left * right.</summary>
    public static Tensor Times(this Tensor left, double right)
    {
        using var number = right.ToScalar();
        return left.mul(number);
    }

    /// <summary>left / right.</summary>
    public static Tensor Over(this Tensor left, double right)
    {
        using var number = right.ToScalar();
        return left.div(number);
    }

    /// <summary>1 - tensor.</summary>
    public static Tensor OneMinus(Tensor tensor) => tensor.negative().add(s_one, s_one);

    /// <summary>Each number, but at least this one.</summary>
    public static Tensor AtLeast(this Tensor tensor, double least)
    {
        using var number = least.ToScalar();
        return tensor.clamp_min(number);
    }

    /// <summary>Each number, but at least one and at most the other.</summary>
    public static Tensor Within(this Tensor tensor, double least, double most)
    {
        using var from = least.ToScalar();
        using var to = most.ToScalar();
        return tensor.clamp(from, to);
    }

    /// <summary>Which numbers are above this one, as booleans.</summary>
    public static Tensor IsAbove(this Tensor tensor, double number)
    {
        using var bound = number.ToScalar();
        return tensor.gt(bound);
    }

    /// <summary>A tensor of the same shape and type, filled with one number.</summary>
    public static Tensor FilledLike(this Tensor tensor, double value, ScalarType? type = null)
    {
        using var number = value.ToScalar();
        return full_like(tensor, number, type);
    }

    /// <summary>0, 1, ..., count - 1 as int64.</summary>
    public static Tensor Positions(long count, Device device)
    {
        using var end = count.ToScalar();
        return arange(end, ScalarType.Int64, device);
    }

    /// <summary>0, distance, ..., (count - 1) distance as int64: where the parts of a vector of equal parts begin.</summary>
    public static Tensor Starts(long count, long distance, Device device)
    {
        using var factor = distance.ToScalar();
        return Positions(count, device).mul(factor);
    }
}
