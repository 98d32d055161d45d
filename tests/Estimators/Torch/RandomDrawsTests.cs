using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using TorchSharp;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class RandomDrawsTests
{
    private static torch.Generator Generator()
    {
        TorchLibrary.EnsureLoaded();
        return new(7);
    }

    [Fact]
    public void Kaiming_weights_fill_their_interval()
    {
        using var generator = Generator();
        using var scope = torch.NewDisposeScope();
        // Variance gain^2 / inputs = 2 / 50; 50,000 draws give it to about 0.4 percent.
        var weights = Initialization.KaimingUniform(torch.empty(1000, 50), Math.Sqrt(2), generator);
        Assert.Equal(2.0 / 50, weights.var().item<float>(), 0.001);
        Assert.Equal(0, weights.mean().item<float>(), 0.005);
        Assert.InRange(weights.abs().max().item<float>(), 0.345f, MathF.Sqrt(6f / 50));
    }

    [Fact]
    public void Xavier_weights_fill_their_interval()
    {
        using var generator = Generator();
        using var scope = torch.NewDisposeScope();
        var weights = Initialization.XavierUniform(torch.empty(500, 100), 1, generator);
        Assert.Equal(2.0 / 600, weights.var().item<float>(), 1e-4);
        Assert.InRange(weights.abs().max().item<float>(), 0.099f, MathF.Sqrt(6f / 600));
    }

    [Fact]
    public void Dropout_drops_its_share_and_keeps_the_mean()
    {
        using var generator = Generator();
        using var scope = torch.NewDisposeScope();
        var dropped = Dropout.Apply(torch.ones(200, 500), 0.2, generator);
        // 100,000 draws: standard deviation of the share 0.0013.
        Assert.Equal(0.2, dropped.eq(0).to(torch.float64).mean().item<double>(), 0.006);
        Assert.Equal(1.25f, dropped.max().item<float>());
        Assert.Equal(1, dropped.to(torch.float64).mean().item<double>(), 0.008);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(1.0)]
    public void Draws_on_a_device_are_the_hashes_of_their_numbers(double probability)
    {
        TorchLibrary.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        foreach (var key in new[] { 0L, 12345678901234567, 1L << 62 })
        {
            var drawn = Bernoulli.FillFrom(torch.full(40, 50, -1f), probability, key).data<float>().ToArray();
            Assert.Equal([.. Enumerable.Range(0, 2000).Select(i => SplitMix64.Draw((ulong)(key + i)) < probability ? 1f : 0f)], drawn);
        }
        var flags = Bernoulli.FillFrom(torch.empty(1000, dtype: torch.ScalarType.Bool), probability, 5).to(torch.float32).mean().item<float>();
        Assert.Equal(probability, flags, 0.05);
    }

    [Fact]
    public void Dropout_of_nothing_draws_nothing()
    {
        using Generators generators = new();
        using var values = torch.ones(3);
        Assert.Same(values, Dropout.Apply(values, 0, generators.First));
        using torch.Tensor first = generators.First.get_state(), second = generators.Second.get_state();
        Assert.Equal(first.data<byte>().ToArray(), second.data<byte>().ToArray());
    }

    [Fact]
    public void Gradients_pass_through_the_values_that_stay()
    {
        using var generator = Generator();
        using var scope = torch.NewDisposeScope();
        var values = torch.ones(1000, requires_grad: true);
        var kept = Dropout.Apply(values, 0.5, generator);
        kept.sum().backward();
        Assert.Equal(kept.data<float>().ToArray(), values.grad!.data<float>().ToArray());
    }

    private sealed class Generators : IDisposable
    {
        public torch.Generator First { get; } = Generator();

        public torch.Generator Second { get; } = Generator();

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }
}
