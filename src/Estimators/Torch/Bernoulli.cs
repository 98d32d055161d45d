using MLExtensions.Estimators.Training;
using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>Draws of yes or no from a generator of the fit's own, on any device.</summary>
/// <remarks>
/// TorchSharp makes generators on the CPU only, and libtorch draws on a device from a generator there. Elsewhere the generator gives a key, and the device hashes it with the number of each
/// value, as <see cref="SplitMix64"/> does.
/// </remarks>
internal static class Bernoulli
{
    private const int UnitBits = 53;
    private const long LargestKey = 1L << 62;

    /// <summary>Sets each value to 1 or true with a probability, otherwise to 0 or false.</summary>
    /// <param name="values">The values, of any shape, on any device.</param>
    /// <param name="probability">The probability, 0 to 1.</param>
    /// <param name="generator">The generator, on the CPU.</param>
    /// <returns>The values.</returns>
    public static torch.Tensor Fill(torch.Tensor values, double probability, torch.Generator generator)
    {
        if (values.device_type == DeviceType.CPU)
            return values.bernoulli_(probability, generator);
        using var key = torch.randint(0, LargestKey, 1, torch.ScalarType.Int64, torch.CPU, generator: generator);
        return FillFrom(values, probability, key.item<long>());
    }

    /// <summary>As <see cref="Fill"/>: value number i is 1 where <see cref="SplitMix64.Draw"/> of the key + i is below the probability.</summary>
    public static torch.Tensor FillFrom(torch.Tensor values, double probability, long key)
    {
        using var scope = torch.NewDisposeScope();
        using var first = key.ToScalar();
        using var limit = ((long)Math.Ceiling(probability * (1L << UnitBits))).ToScalar();
        using var end = (key + values.numel()).ToScalar();
        var bits = torch.arange(first, end, torch.ScalarType.Int64, values.device);
        MixShift(bits, 30);
        Multiply(bits, 0xBF58476D1CE4E5B9);
        MixShift(bits, 27);
        Multiply(bits, 0x94D049BB133111EB);
        MixShift(bits, 31);
        values.copy_(ShiftRight(bits, 64 - UnitBits).lt(limit).view(values.shape));
        return values;
    }

    private static void MixShift(torch.Tensor bits, int count) => bits.bitwise_xor_(ShiftRight(bits, count));

    // libtorch's shift repeats the sign.
    private static torch.Tensor ShiftRight(torch.Tensor bits, int count)
    {
        using var mask = torch.tensor((1L << (64 - count)) - 1, torch.ScalarType.Int64, bits.device);
        using var shift = torch.tensor((long)count, torch.ScalarType.Int64, bits.device);
        return bits.bitwise_right_shift(shift).bitwise_and_(mask);
    }

    private static void Multiply(torch.Tensor bits, ulong factor)
    {
        using var scalar = unchecked((long)factor).ToScalar();
        bits.mul_(scalar);
    }
}
