using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class MovingAverageTests
{
    public MovingAverageTests() => TorchLibrary.EnsureLoaded();

    [Fact]
    public void It_begins_as_a_copy_and_follows()
    {
        using var source = Layer(1, -2);
        using MovingAverage average = new(Layer(9, 9), source);
        Assert.Equal([1, -2], WeightsOf(average.Module));
        Set(average.Module, 0.5f, 0);
        average.Update(0.996);
        Assert.Equal([0.502f, -0.008f], WeightsOf(average.Module).Select(value => MathF.Round(value, 6)));
        Assert.All(average.Module.parameters(), parameter => Assert.False(parameter.requires_grad));
        Assert.All(source.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void It_equals_the_weighted_sum_of_all_weights_so_far()
    {
        using var source = Layer(0, 0);
        using MovingAverage average = new(Layer(0, 0), source);
        Random random = new(1);
        double expected = 0;
        for (var step = 0; step < 20; step++)
        {
            var (weight, momentum) = (random.NextSingle(), 0.9 + (0.1 * step / 20));
            Set(source, weight, weight);
            average.Update(momentum);
            expected = (momentum * expected) + ((1 - momentum) * weight);
        }
        Assert.All(WeightsOf(average.Module), value => Assert.Equal(expected, value, 1e-6));
    }

    [Fact]
    public void Running_statistics_are_copied()
    {
        using var source = nn.BatchNorm1d(3);
        using MovingAverage average = new(nn.BatchNorm1d(3), source);
        using (var rows = ones(4, 3))
            source.forward(rows).Dispose();
        average.Update(0.9);
        Assert.Equal(Numbers.Of(source.running_mean!), Numbers.Of(((TorchSharp.Modules.BatchNorm1d)average.Module).running_mean!));
        Assert.NotEqual(0, Numbers.Of(source.running_mean!)[0]);
    }

    [Fact]
    public void What_was_kept_comes_back()
    {
        using var source = Layer(1, 1);
        using MovingAverage average = new(Layer(0, 0), source);
        average.Restore();
        average.Keep();
        Set(source, 3, 3);
        average.Update(0.5);
        Assert.Equal([2, 2], WeightsOf(average.Module));
        average.Restore();
        Assert.Equal([1, 1], WeightsOf(average.Module));
    }

    [Fact]
    public void Modules_that_differ_are_refused()
    {
        using var source = nn.Linear(2, 1);
        using var wide = nn.Linear(3, 1);
        using var other = nn.LayerNorm(2, elementwise_affine: false);
        Assert.Contains("no 'weight' of the shape [1, 3]", Assert.Throws<ArgumentException>(() => new MovingAverage(wide, source)).Message, StringComparison.Ordinal);
        Assert.Contains("has 'weight', which its follower lacks", Assert.Throws<ArgumentException>(() => new MovingAverage(other, source)).Message, StringComparison.Ordinal);
    }

    private static TorchSharp.Modules.Linear Layer(float first, float second)
    {
        var layer = nn.Linear(2, 1, hasBias: false);
        Set(layer, first, second);
        return layer;
    }

    private static void Set(nn.Module module, float first, float second)
    {
        using var noGradient = no_grad();
        using var values = tensor([first, second], [1, 2]);
        module.parameters().Single().copy_(values);
    }

    private static float[] WeightsOf(nn.Module module) => Numbers.Of(module.parameters().Single());
}
