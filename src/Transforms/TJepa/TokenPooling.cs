using MLExtensions.Estimators.Onnx;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>What is given of the tokens of a row, by TorchSharp and as a part of a graph.</summary>
internal static class TokenPooling
{
    // The largest default: beyond, a linear model of all tokens has more weights than most tables have rows.
    private const int LargestFlattened = 2048;

    /// <summary>The output where the options leave it open.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="width">Numbers a token.</param>
    /// <param name="regTokens">Tokens that stand for no column.</param>
    public static TJepaOutput DefaultOf(int tokens, int width, int regTokens)
        => (long)tokens * width <= LargestFlattened ? TJepaOutput.Flatten : regTokens > 0 ? TJepaOutput.MeanAndReg : TJepaOutput.MeanTokens;

    /// <summary>Whether the raw columns come before the tokens.</summary>
    public static bool HasRaw(this TJepaOutput output) => output >= TJepaOutput.RawAndFlatten;

    /// <summary>The output without the raw columns.</summary>
    public static TJepaOutput WithoutRaw(this TJepaOutput output) => output.HasRaw() ? output - (int)TJepaOutput.RawAndFlatten : output;

    /// <summary>Pools tokens.</summary>
    /// <param name="tokens">[N, tokens, width].</param>
    /// <param name="output">What is wanted; raw columns are left out.</param>
    /// <param name="regTokens">Tokens that stand for no column.</param>
    /// <returns>[N, size].</returns>
    public static Tensor Apply(Tensor tokens, TJepaOutput output, int regTokens)
    {
        Tensor Mean() => tokens.mean([1]);
        Tensor Reg() => tokens.narrow(1, 0, regTokens).mean([1]);
        return output.WithoutRaw() switch
        {
            TJepaOutput.Flatten => tokens.flatten(1),
            TJepaOutput.MeanTokens => Mean(),
            TJepaOutput.Reg => Reg(),
            _ => cat([Mean(), Reg()], 1),
        };
    }

    /// <summary>Adds the pooling to a graph.</summary>
    /// <inheritdoc cref="Apply"/>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="tokens">[N, <paramref name="count"/>, <paramref name="width"/>].</param>
    /// <param name="output">What is wanted; raw columns are left out.</param>
    /// <param name="regTokens">Tokens that stand for no column.</param>
    /// <param name="count">Number of tokens.</param>
    /// <param name="width">Numbers a token.</param>
    public static OnnxValue Build(OnnxGraphBuilder graph, OnnxValue tokens, TJepaOutput output, int regTokens, int count, int width)
    {
        OnnxValue Mean() => graph.ReduceMean(tokens, [1], keepDimensions: false);
        OnnxValue Reg() => graph.ReduceMean(graph.Slice(tokens, [0], [regTokens], [1]), [1], keepDimensions: false);
        return output.WithoutRaw() switch
        {
            TJepaOutput.Flatten => graph.Reshape(tokens, -1, count * width),
            TJepaOutput.MeanTokens => Mean(),
            TJepaOutput.Reg => Reg(),
            _ => graph.Concat(1, Mean(), Reg()),
        };
    }

    /// <summary>Names of the numbers: the token and the position in it, from 0.</summary>
    /// <param name="output">What is given; raw columns are left out.</param>
    /// <param name="regTokens">Tokens that stand for no column.</param>
    /// <param name="columns">Names of the columns in the order of their tokens.</param>
    /// <param name="width">Numbers a token.</param>
    public static IEnumerable<string> SlotNames(TJepaOutput output, int regTokens, IReadOnlyList<string> columns, int width)
    {
        IEnumerable<string> regs = regTokens == 1 ? ["REG"] : Enumerable.Range(0, regTokens).Select(i => $"REG{i}");
        IEnumerable<string> names = output.WithoutRaw() switch
        {
            TJepaOutput.Flatten => regs.Concat(columns),
            TJepaOutput.MeanTokens => ["MEAN"],
            TJepaOutput.Reg => ["REG"],
            _ => ["MEAN", "REG"],
        };
        return names.SelectMany(name => Enumerable.Range(0, width).Select(i => $"{name}.{i}"));
    }
}
