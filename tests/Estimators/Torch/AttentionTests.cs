using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class AttentionTests
{
    public AttentionTests() => TorchLibrary.EnsureLoaded();

    [Theory]
    [InlineData(1, 1, 1, 4, 1)]
    [InlineData(3, 2, 2, 6, 3)]
    [InlineData(5, 7, 7, 8, 2)]
    [InlineData(4, 8, 3, 16, 4)]
    [InlineData(3, 15, 15, 32, 4)]
    [InlineData(2, 17, 9, 20, 4)]
    [InlineData(2, 64, 64, 8, 1)]
    public void Kernel_equals_libtorch(int sequences, int tokens, int queries, int width, int heads)
    {
        using var scope = NewDisposeScope();
        using Generator random = new(1);
        var packed = randn([sequences * tokens, 3 * width], generator: random).Times(2);
        var weights = randn([sequences * queries, width], generator: random);
        var (expected, expectedGradients) = Run(packed, weights, input => PackedAttention.Native(input, tokens, queries, heads));
        var (actual, gradients) = Run(packed, weights, input => PackedAttention.Apply(input, tokens, queries, heads));
        Near(expected, actual);
        Near(expectedGradients, gradients);
        using var noGradient = no_grad();
        Assert.Equal(actual, Numbers.Of(PackedAttention.Apply(packed, tokens, queries, heads)));
    }

    [Fact]
    public void Gradients_are_those_of_finite_differences()
    {
        const int Tokens = 4, Width = 6, Heads = 2;
        using var scope = NewDisposeScope();
        using Generator random = new(2);
        var packed = Numbers.Of(randn([2 * Tokens, 3 * Width], generator: random));
        var weights = Numbers.Of(randn([2 * Tokens, Width], generator: random));
        AttentionKernel kernel = new(Tokens, Tokens, Width, Heads);
        double Value()
        {
            var outputs = new float[weights.Length];
            kernel.Forward(packed, outputs, threads: 1);
            return outputs.Zip(weights, (output, weight) => (double)output * weight).Sum();
        }
        var gradients = new float[packed.Length];
        kernel.Backward(packed, weights, gradients, threads: 1);
        for (var i = 0; i < packed.Length; i++)
        {
            var before = packed[i];
            packed[i] = before + 0.01f;
            var above = Value();
            packed[i] = before - 0.01f;
            var below = Value();
            packed[i] = before;
            Assert.Equal((above - below) / 0.02, gradients[i], 1e-3);
        }
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using Generator random = new(3);
        var packed = Numbers.Of(randn([37 * 5, 24], generator: random));
        var slopes = Numbers.Of(randn([37 * 5, 8], generator: random));
        AttentionKernel kernel = new(5, 5, 8, 2);
        (float[] Outputs, float[] Gradients) With(int threads)
        {
            var (outputs, gradients) = (new float[slopes.Length], new float[packed.Length]);
            kernel.Forward(packed, outputs, threads);
            kernel.Backward(packed, slopes, gradients, threads);
            return (outputs, gradients);
        }
        var (expected, expectedGradients) = With(1);
        foreach (var threads in new[] { 2, 3, 40 })
        {
            var (outputs, gradients) = With(threads);
            Assert.Equal(expected, outputs);
            Assert.Equal(expectedGradients, gradients);
        }
    }

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        using var scope = NewDisposeScope();
        using Generator random = new(4);
        var packed = randn([6, 24], generator: random).Times(1000);
        Assert.All(Numbers.Of(PackedAttention.Apply(packed, 3, 3, 2)), value => Assert.True(float.IsFinite(value)));
    }

    // The last tokens alone are what all tokens give at their places.
    [Fact]
    public void A_block_gives_the_kept_tokens_only()
    {
        using var scope = NewDisposeScope();
        using Generator random = new(5);
        using TokenTransformer transformer = new(new(8, 2, 2, 16), weights => Initialization.Normal(weights, 0.5, random), random, random);
        var tokens = randn([3 * 5, 8], generator: random);
        var all = transformer.forward(tokens, 5, 5).view(3, 5, 8).narrow(1, 3, 2).reshape(-1, 8);
        Near(Numbers.Of(all), Numbers.Of(transformer.forward(tokens, 5, 2)));
    }

    private static (float[] Outputs, float[] Gradients) Run(Tensor packed, Tensor weights, Func<Tensor, Tensor> attention)
    {
        var input = packed.clone().requires_grad_(true);
        var outputs = attention(input);
        outputs.backward([weights]);
        return (Numbers.Of(outputs), Numbers.Of(input.grad!));
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 2e-5f * Math.Max(1, Math.Abs(expected[i])));
    }
}
