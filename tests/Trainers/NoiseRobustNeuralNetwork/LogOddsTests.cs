using MLExtensions.Estimators.Onnx;
using MLExtensions.Tests.Onnx;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>The score of two networks for two classes is the log-odds of their mean probability, however sure they are.</summary>
public sealed class LogOddsTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, -2, -0.3017458)]
    [InlineData(40, 40, 40)]
    [InlineData(-60, -60, -60)]
    [InlineData(-100, 100, 0)]
    [InlineData(-200, -50, -50.693147)]
    [InlineData(300, 45, 45.693147)]
    [InlineData(1e6, 1e6, 350)]
    [InlineData(-1e6, -1e6, -350)]
    public void Nothing_cancels_and_nothing_overflows(float first, float second, double expected)
    {
        OnnxGraphBuilder graph = new("test");
        OnnxValue Logit(string name) => graph.Input(name, OnnxElementType.Float, null, 1);
        graph.Output(graph.Cast(NoiseRobustNeuralNetworkModelParameters.LogOdds(graph, [Logit("First"), Logit("Second")]), OnnxElementType.Float), "Result", OnnxElementType.Float, new long?[2]);
        using OnnxRun run = new(graph.Build());
        Assert.Equal(expected, run.Feed("First", [first], 1, 1).Feed("Second", [second], 1, 1).Get<float>("Result").Single(), 1e-4 * Math.Max(1, Math.Abs(expected)));
    }
}
