using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// Scaled dot-product attention of many short sequences on the CPU: softmax(Q K' / sqrt(d)) V for each sequence and head, and its gradients. Libtorch's own takes microseconds a
/// sequence and head, whatever their size; tables have a dozen tokens and heads of a few numbers.
/// </summary>
/// <remarks>
/// <para>Source: A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, equation (1). Eight queries are computed at once, side by side in a vector register, so that no sum runs across one in the
/// forward pass.</para>
/// <para>Layout, row by row: packed [sequences x tokens, 3 width] holds query, key and value of each token, the heads one after the other in each; outputs and their gradients are
/// [sequences x queries, width]. Only the last tokens of a sequence may be asked for as queries; keys and values are always those of all tokens.</para>
/// </remarks>
/// <param name="tokens">Tokens of each sequence, at least 1.</param>
/// <param name="queries">How many of them, the last ones, are queries; 1 to <paramref name="tokens"/>.</param>
/// <param name="width">Numbers a token.</param>
/// <param name="heads">Number of heads, a divisor of <paramref name="width"/>.</param>
internal sealed unsafe class AttentionKernel(int tokens, int queries, int width, int heads)
{
    private const int Lanes = 8;

    private readonly int _size = width / heads;
    private readonly int _padded = (queries + Lanes - 1) / Lanes * Lanes;
    private readonly float _scale = (float)(1 / Math.Sqrt(width / heads));

    /// <summary>The outputs.</summary>
    /// <param name="packed">Queries, keys and values, [sequences x tokens, 3 width].</param>
    /// <param name="outputs">Receives [sequences x queries, width].</param>
    /// <param name="threads">How many threads share the sequences; the result does not depend on it.</param>
    public void Forward(ReadOnlySpan<float> packed, Span<float> outputs, int threads)
    {
        fixed (float* first = packed, result = outputs)
        {
            var (from, to) = ((nint)first, (nint)result);
            Share(packed.Length / (3 * width * tokens), threads, (begin, end) => Forward((float*)from, (float*)to, begin, end));
        }
    }

    /// <summary>The gradients of the packed numbers.</summary>
    /// <param name="packed">As in the forward pass.</param>
    /// <param name="outputGradients">Gradients of the outputs, [sequences x queries, width].</param>
    /// <param name="packedGradients">Receives [sequences x tokens, 3 width].</param>
    /// <param name="threads">How many threads share the sequences; the result does not depend on it.</param>
    public void Backward(ReadOnlySpan<float> packed, ReadOnlySpan<float> outputGradients, Span<float> packedGradients, int threads)
    {
        fixed (float* first = packed, gradients = outputGradients, result = packedGradients)
        {
            var (from, of, to) = ((nint)first, (nint)gradients, (nint)result);
            Share(packed.Length / (3 * width * tokens), threads, (begin, end) => Backward((float*)from, (float*)of, (float*)to, begin, end));
        }
    }

    private static void Share(int sequences, int threads, Action<int, int> compute)
    {
        if (threads <= 1 || sequences < threads)
        {
            compute(0, sequences);
            return;
        }
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads },
            part => compute((int)((long)sequences * part / threads), (int)((long)sequences * (part + 1) / threads)));
    }

    // For queries and gradients one vector a number of a head, for weights and slopes one a token.
    private float[] Room() => GC.AllocateUninitializedArray<float>(2 * (_size + tokens) * Lanes);

    private void Forward(float* packed, float* outputs, int begin, int end)
    {
        fixed (float* memory = Room())
        {
            for (var sequence = begin; sequence < end; sequence++)
            {
                var sequenceTokens = packed + ((nint)sequence * tokens * 3 * width);
                var sequenceOutputs = outputs + ((nint)sequence * queries * width);
                for (var head = 0; head < heads; head++)
                {
                    for (var query = 0; query < _padded; query += Lanes)
                        ForwardLanes(memory, sequenceTokens + (head * _size), sequenceOutputs + (head * _size), query);
                }
            }
        }
    }

    private void Backward(float* packed, float* outputGradients, float* packedGradients, int begin, int end)
    {
        fixed (float* memory = Room())
        {
            for (var sequence = begin; sequence < end; sequence++)
            {
                var offset = (nint)sequence * tokens * 3 * width;
                new Span<float>(packedGradients + offset, tokens * 3 * width).Clear();
                var sequenceGradients = outputGradients + ((nint)sequence * queries * width);
                for (var head = 0; head < heads; head++)
                {
                    for (var query = 0; query < _padded; query += Lanes)
                        BackwardLanes(memory, packed + offset + (head * _size), sequenceGradients + (head * _size), packedGradients + offset + (head * _size), query);
                }
            }
        }
    }

    private void ForwardLanes(float* memory, float* packed, float* outputs, int query)
    {
        float* transposed = memory, weights = memory + (2 * _size * Lanes);
        var count = Math.Min(Lanes, queries - query);
        Transpose(packed + ((tokens - queries + query) * 3 * width), 3 * width, count, _scale, transposed);
        var share = Vector256<float>.One / Weigh(packed + width, transposed, weights);
        for (var c = 0; c < _size; c++)
        {
            var sum = Vector256<float>.Zero;
            var value = packed + (2 * width) + c;
            for (var token = 0; token < tokens; token++, value += 3 * width)
                sum = Vector256.MultiplyAddEstimate(Vector256.Load(weights + (token * Lanes)), Vector256.Create(*value), sum);
            (sum * share).Store(transposed + (c * Lanes));
        }
        for (var lane = 0; lane < count; lane++)
        {
            var output = outputs + ((query + lane) * width);
            for (var c = 0; c < _size; c++)
                output[c] = transposed[(c * Lanes) + lane];
        }
    }

    private void BackwardLanes(float* memory, float* packed, float* outputGradients, float* packedGradients, int query)
    {
        float* transposed = memory, gradients = memory + (_size * Lanes), weights = memory + (2 * _size * Lanes), slopes = weights + (tokens * Lanes);
        var count = Math.Min(Lanes, queries - query);
        Transpose(packed + ((tokens - queries + query) * 3 * width), 3 * width, count, _scale, transposed);
        Transpose(outputGradients + (query * width), width, count, 1, gradients);
        var share = Vector256<float>.One / Weigh(packed + width, transposed, weights);

        // The slope of each weight, and from that of each score: w (slope - sum of w slope).
        var mean = Vector256<float>.Zero;
        for (var token = 0; token < tokens; token++)
        {
            var weight = Vector256.Load(weights + (token * Lanes)) * share;
            weight.Store(weights + (token * Lanes));
            var slope = Combine(packed + (((token * 3) + 2) * width), gradients);
            slope.Store(slopes + (token * Lanes));
            mean = Vector256.MultiplyAddEstimate(weight, slope, mean);
        }
        for (var token = 0; token < tokens; token++)
        {
            var weight = Vector256.Load(weights + (token * Lanes));
            var slope = weight * (Vector256.Load(slopes + (token * Lanes)) - mean);
            slope.Store(slopes + (token * Lanes));
            float* key = packedGradients + (((token * 3) + 1) * width), value = key + width;
            for (var c = 0; c < _size; c++)
            {
                key[c] += Vector256.Sum(slope * Vector256.Load(transposed + (c * Lanes)));
                value[c] += Vector256.Sum(weight * Vector256.Load(gradients + (c * Lanes)));
            }
        }
        for (var c = 0; c < _size; c++)
        {
            var sum = Vector256<float>.Zero;
            var key = packed + width + c;
            for (var token = 0; token < tokens; token++, key += 3 * width)
                sum = Vector256.MultiplyAddEstimate(Vector256.Load(slopes + (token * Lanes)), Vector256.Create(*key), sum);
            (sum * _scale).Store(gradients + (c * Lanes));
        }
        for (var lane = 0; lane < count; lane++)
        {
            var target = packedGradients + ((tokens - queries + query + lane) * 3 * width);
            for (var c = 0; c < _size; c++)
                target[c] = gradients[(c * Lanes) + lane];
        }
    }

    /// <summary>Writes exp(score - largest score) of every token for eight queries, and gives their sums.</summary>
    private Vector256<float> Weigh(float* keys, float* transposed, float* weights)
    {
        var largest = Vector256.Create(float.NegativeInfinity);
        for (var token = 0; token < tokens; token++)
        {
            var score = Combine(keys + (token * 3 * width), transposed);
            score.Store(weights + (token * Lanes));
            largest = Vector256.MaxNative(largest, score);
        }
        var sum = Vector256<float>.Zero;
        for (var token = 0; token < tokens; token++)
        {
            var weight = Vector256.Exp(Vector256.Load(weights + (token * Lanes)) - largest);
            weight.Store(weights + (token * Lanes));
            sum += weight;
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Combine(float* factors, float* transposed)
    {
        var sum = Vector256<float>.Zero;
        for (var c = 0; c < _size; c++)
            sum = Vector256.MultiplyAddEstimate(Vector256.Create(factors[c]), Vector256.Load(transposed + (c * Lanes)), sum);
        return sum;
    }

    // Lanes without a query hold zeros: finite weights, and gradients of 0.
    private void Transpose(float* rows, int stride, int count, float scale, float* transposed)
    {
        if (count < Lanes)
            new Span<float>(transposed, _size * Lanes).Clear();
        for (var lane = 0; lane < count; lane++)
        {
            var row = rows + (lane * stride);
            for (var c = 0; c < _size; c++)
                transposed[(c * Lanes) + lane] = scale * row[c];
        }
    }
}
