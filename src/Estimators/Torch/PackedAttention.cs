using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Estimators.Torch;

/// <summary>Attention as an operation that autograd knows: <see cref="AttentionKernel"/> on the CPU for short sequences, libtorch's own otherwise.</summary>
internal static class PackedAttention
{
    // Beyond, matrix products are large enough for libtorch's own to be as fast.
    private const int MostTokens = 64;

    /// <summary>softmax(Q K' / sqrt(d)) V of each sequence and head.</summary>
    /// <param name="packed">Queries, keys and values side by side, [sequences x tokens, 3 width].</param>
    /// <param name="tokens">Tokens of each sequence.</param>
    /// <param name="queries">How many of them, the last ones, are queries.</param>
    /// <param name="heads">Number of heads.</param>
    /// <returns>[sequences x queries, width].</returns>
    public static Tensor Apply(Tensor packed, int tokens, int queries, int heads)
    {
        if (packed.device_type != DeviceType.CPU || tokens > MostTokens || packed.dtype != ScalarType.Float32)
            return Native(packed, tokens, queries, heads);
        var contiguous = packed.contiguous();
        return is_grad_enabled() && packed.requires_grad ? Function.apply(contiguous, tokens, queries, heads) : Forward(contiguous, tokens, queries, heads);
    }

    /// <summary>The same by libtorch.</summary>
    public static Tensor Native(Tensor packed, int tokens, int queries, int heads)
    {
        var width = packed.shape[1] / 3;
        var parts = packed.view(-1, tokens, 3, heads, width / heads).permute(2, 0, 3, 1, 4);
        var (query, key, value) = (parts.select(0, 0).narrow(2, tokens - queries, queries), parts.select(0, 1), parts.select(0, 2));
        return F.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(-1, width);
    }

    private static Tensor Forward(Tensor packed, int tokens, int queries, int heads)
    {
        var width = (int)packed.shape[1] / 3;
        var outputs = empty(packed.shape[0] / tokens * queries, width);
        new AttentionKernel(tokens, queries, width, heads).Forward(NumbersOf(packed), NumbersOf(outputs), get_num_threads());
        return outputs;
    }

    private static Tensor Backward(Tensor packed, Tensor outputGradients, int tokens, int queries, int heads)
    {
        var gradients = empty_like(packed);
        using var contiguous = outputGradients.contiguous();
        new AttentionKernel(tokens, queries, (int)packed.shape[1] / 3, heads).Backward(NumbersOf(packed), NumbersOf(contiguous), NumbersOf(gradients), get_num_threads());
        return gradients;
    }

    private static Span<float> NumbersOf(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(PackedAttention);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var packed = (Tensor)vars[0];
            ctx.save_for_backward([packed]);
            ctx.save_data(nameof(AttentionKernel), ((int)vars[1], (int)vars[2], (int)vars[3]));
            return Forward(packed, (int)vars[1], (int)vars[2], (int)vars[3]);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var (tokens, queries, heads) = ((int, int, int))ctx.get_data(nameof(AttentionKernel));
            return [Backward(ctx.get_saved_variables()[0], grad_output, tokens, queries, heads), null!, null!, null!];
        }
    }
}
