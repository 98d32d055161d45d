using MLExtensions.Estimators.Torch;
using MLExtensions.Transforms;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

public sealed class LinearProbeTests
{
    public LinearProbeTests() => TorchLibrary.EnsureLoaded();

    [Theory]
    [InlineData(12, 5)]
    [InlineData(5, 12)]
    public void Both_systems_give_the_same_weights(int rows, int features)
    {
        using var scope = NewDisposeScope();
        using Generator random = new(1);
        var (x, y) = (randn([rows, features], ScalarType.Float64, generator: random), randn([rows, 2], ScalarType.Float64, generator: random));
        var weights = LinearProbe.Weights(x, y, byRows: false);
        Assert.Equal([features, 2], weights.shape);
        Assert.Equal(weights.data<double>().ToArray(), LinearProbe.Weights(x, y, byRows: true).data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-10);
        // Where the squared error and the squares of the weights are least, their slopes cancel.
        var slope = x.t().matmul(x.matmul(weights).sub(y)).Plus(weights);
        Assert.InRange(slope.abs().max().item<double>(), 0, 1e-10);
    }

    // Columns that copy each other only change the strength of the ridge: the probe finds the label with more features than rows, too.
    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    public void A_linear_label_is_found(int copies)
    {
        using var scope = NewDisposeScope();
        using Generator random = new(1);
        var features = randn([100, 2], generator: random);
        using TrainingTable table = new(features, labels: features.select(1, 0).clone());
        LinearProbe probe = new(table, classes: 0, random);
        Assert.InRange(probe.Score(rows => rows.Features.repeat(1, copies)), 0.99, 1);
        Assert.InRange(probe.Score(rows => rows.Features.narrow(1, 1, 1).repeat(1, copies)), -1, 0.3);
    }
}
