using System.Runtime.InteropServices;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>
/// Draws masks: the sizes once a batch, so that its rows stack; the context at random in each row; each target mask at random from the columns that are not in the context, whatever the row's other
/// target masks are.
/// </summary>
/// <remarks>Source: H. Thimonier et al., "T-JEPA", ICLR 2025, section 4, and the code published with it.</remarks>
/// <param name="layout">The tokens of a row.</param>
/// <param name="columns">Positions of the columns that may be masked, at least 2: those that are not constant.</param>
/// <param name="sizes">The sizes.</param>
/// <param name="targetMasks">Target masks of each row, M.</param>
/// <param name="random">Random numbers.</param>
internal sealed class MaskSampler(TokenLayout layout, int[] columns, MaskSizes sizes, int targetMasks, SplitMix64 random)
{
    private readonly int[] _columns = [.. columns];
    private SplitMix64 _random = random;

    /// <summary>
    /// Whether masks draw from the first D of the 1 + D tokens, as the published code does: the first token, which stands for no column, is drawn like a column, and the last column never is.
    /// </summary>
    public bool ReferenceIndexing { get; init; }

    /// <summary>Draws the masks of a batch.</summary>
    /// <param name="rows">Number of rows B.</param>
    /// <param name="device">Where the masks are wanted.</param>
    public Masks Draw(int rows, Device device)
    {
        var (context, target) = sizes.Draw(_columns.Length, () => _random.NextDouble());
        var visible = ReferenceIndexing ? 0 : layout.SummaryTokens;
        Masks masks = new(context, target, Int64(rows * context), Int64(targetMasks * rows * target), Int64(rows * (visible + context)), Int64(targetMasks * rows * target));
        Span<long> contextColumns = NumbersOf(masks.ContextColumns), contextTokens = NumbersOf(masks.ContextTokens);
        Span<long> targetColumns = NumbersOf(masks.TargetColumns), targetTokens = NumbersOf(masks.TargetTokens);
        for (var row = 0; row < rows; row++)
        {
            var first = (long)row * layout.TokenCount;
            _random.Shuffle(_columns, context);
            for (var token = 0; token < visible; token++)
                contextTokens[(row * (visible + context)) + token] = first + token;
            Write(0, context, first + visible, contextColumns[(row * context)..], contextTokens[((row * (visible + context)) + visible)..]);
            for (var mask = 0; mask < targetMasks; mask++)
            {
                _random.Shuffle(_columns.AsSpan(context), target);
                var place = ((mask * rows) + row) * target;
                Write(context, target, first + visible, targetColumns[place..], targetTokens[place..]);
            }
        }
        return masks.To(device);
    }

    private void Write(int from, int count, long firstToken, Span<long> places, Span<long> tokens)
    {
        for (var i = 0; i < count; i++)
        {
            places[i] = _columns[from + i];
            tokens[i] = firstToken + _columns[from + i];
        }
    }

    private static Tensor Int64(long count) => empty(count, ScalarType.Int64);

    private static Span<long> NumbersOf(Tensor tensor) => MemoryMarshal.Cast<byte, long>(tensor.bytes);
}
