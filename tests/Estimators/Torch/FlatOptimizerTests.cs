using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>The optimisers do TorchSharp's arithmetic, and do it right while other threads collect garbage.</summary>
public sealed class FlatOptimizerTests
{
    private const int Rows = 7, Columns = 5, Steps = 20;

    [Theory]
    [InlineData(NetworkOptimizer.AdamW, 0.01, false)]
    [InlineData(NetworkOptimizer.AdamW, 0, false)]
    [InlineData(NetworkOptimizer.Sgd, 0.01, false)]
    [InlineData(NetworkOptimizer.Sgd, 0, false)]
    [InlineData(NetworkOptimizer.Sgd, 0.01, true)]
    public void Its_steps_are_those_of_TorchSharp_bit_for_bit(NetworkOptimizer kind, double decay, bool nesterov)
    {
        TorchLibrary.EnsureLoaded();
        using var scope = NewDisposeScope();
        using var own = Layer();
        using var theirs = Layer();
        using FlatParameters parameters = new(own);
        using var optimizer = FlatOptimizer.Of(parameters, Settings(kind) with { WeightDecay = decay, Nesterov = nesterov });
        using var matrix = Theirs(kind, theirs.weight!, decay, nesterov);
        using var vector = Theirs(kind, theirs.bias!, 0, nesterov);
        for (var step = 1; step <= Steps; step++)
        {
            optimizer.LearningRate = matrix.ParamGroups.First().LearningRate = vector.ParamGroups.First().LearningRate = 0.1 / step;
            parameters.ZeroGradients();
            theirs.zero_grad();
            foreach (var layer in (TorchSharp.Modules.Linear[])[own, theirs])
                layer.forward(Inputs(step)).sin().sum().backward();
            using (no_grad())
                optimizer.Step();
            matrix.step();
            vector.step();
        }
        Assert.Equal(Numbers.Of(theirs.weight!), Numbers.Of(own.weight!));
        Assert.Equal(Numbers.Of(theirs.bias!), Numbers.Of(own.bias!));
    }

    [Theory]
    [InlineData(NetworkOptimizer.AdamW)]
    [InlineData(NetworkOptimizer.Sgd)]
    public async Task Collections_on_other_threads_change_nothing(NetworkOptimizer kind)
    {
        TorchLibrary.EnsureLoaded();
        var alone = Run(kind);
        using CancellationTokenSource done = new();
        var collecting = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        var beside = Run(kind);
        await done.CancelAsync();
        await collecting;
        Assert.Equal(alone, beside);
    }

    private static float[] Run(NetworkOptimizer kind)
    {
        using var scope = NewDisposeScope();
        using var network = nn.Linear(2000, 500);
        using (no_grad())
        {
            foreach (var parameter in network.parameters())
                parameter.zero_();
        }
        using FlatParameters parameters = new(network);
        using var optimizer = FlatOptimizer.Of(parameters, Settings(kind));
        using var noGradient = no_grad();
        foreach (var gradient in parameters.Gradients)
            gradient.add_(ones_like(gradient), 1);
        for (var step = 0; step < 300; step++)
        {
            using var stepScope = NewDisposeScope();
            optimizer.LearningRate = 0.001;
            optimizer.Step();
        }
        return Numbers.Of(network.bias!);
    }

    private static TrainingSettings Settings(NetworkOptimizer kind) => new() { Epochs = 1, LearningRate = 0.1, Optimizer = kind };

    private static optim.Optimizer Theirs(NetworkOptimizer kind, TorchSharp.Modules.Parameter parameter, double decay, bool nesterov) => kind == NetworkOptimizer.Sgd
        ? optim.SGD([parameter], 0.1, momentum: 0.9, weight_decay: decay, nesterov: nesterov)
        : optim.AdamW([parameter], 0.1, weight_decay: decay);

    private static TorchSharp.Modules.Linear Layer()
    {
        var layer = nn.Linear(Columns, Rows);
        using var noGradient = no_grad();
        layer.weight!.copy_(linspace(-1, 1, Rows * Columns).view(Rows, Columns));
        layer.bias!.copy_(linspace(0.5, -0.5, Rows));
        return layer;
    }

    private static Tensor Inputs(int step) => linspace(-step, 2, 3 * Columns).view(3, Columns);
}
