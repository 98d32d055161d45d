using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using TorchSharp;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>The tests of this collection set what all of TorchSharp shares in a process, and read it.</summary>
[Collection(nameof(TorchGlobals))]
public sealed class TorchFitTests
{
    private static T Within<T>(MLContext ml, int? seed, Func<TrainingContext, T> body, CancellationToken cancellation = default)
    {
        var host = ((IHostEnvironment)MlNetAccess.EnvironmentOf(ml.Transforms)).Register("Test");
        using var channel = host.Start("Training");
        return body(new TrainingContext(host, channel, seed, cancellation));
    }

    private static float[] Draw(torch.Generator generator, int count = 20)
    {
        using var numbers = torch.rand(count, generator: generator);
        return [.. numbers.data<float>()];
    }

    private static float[] FirstWeights(int? seed, int contextSeed = 1) => Within(new MLContext(contextSeed), seed, context =>
    {
        using var fit = TorchFit.Begin(context);
        using var weights = Initialization.KaimingUniform(torch.empty(30, 20), 1, fit.Generator(RandomUse.Initialization));
        return weights.data<float>().ToArray();
    });

    [Fact]
    public void Same_seed_same_weights()
    {
        Assert.Equal(FirstWeights(5), FirstWeights(5));
        Assert.NotEqual(FirstWeights(5), FirstWeights(6));
        Assert.Equal(FirstWeights(null, contextSeed: 3), FirstWeights(null, contextSeed: 3));
        Assert.NotEqual(FirstWeights(null, contextSeed: 3), FirstWeights(null, contextSeed: 4));
        Assert.Equal(FirstWeights(-1), FirstWeights(-1));
    }

    [Fact]
    public void A_fit_goes_on_alike_on_other_threads() => Within(new MLContext(1), 5, context =>
    {
        using var fit = TorchFit.Begin(context, numberOfThreads: 1);
        var expected = Draw(fit.Generator(RandomUse.Shuffling, network: 3));
        var found = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            using var own = fit.OnThisThread();
            return (Draws: Draw(own.Generator(RandomUse.Shuffling, network: 3)), Threads: torch.get_num_threads(), own.Device);
        })).ToArray();
        Task.WaitAll(found);
        Assert.All(found, task => Assert.Equal(expected, task.Result.Draws));
        Assert.All(found, task => Assert.Equal((1, fit.Device), (task.Result.Threads, task.Result.Device)));
        return true;
    });

    [Fact]
    public void Each_use_has_its_own_numbers()
    {
        var draws = Within(new MLContext(1), 5, context =>
        {
            using var fit = TorchFit.Begin(context);
            var shuffling = fit.Generator(RandomUse.Shuffling);
            Draw(shuffling, 7);
            return Enum.GetValues<RandomUse>().Select(use => Draw(fit.Generator(use))).ToArray();
        });
        Assert.All(draws, (draw, i) => Assert.All(draws.Skip(i + 1), other => Assert.NotEqual(draw, other)));
        var alone = Within(new MLContext(1), 5, context =>
        {
            using var fit = TorchFit.Begin(context);
            return Draw(fit.Generator(RandomUse.Dropout));
        });
        Assert.Equal(alone, draws[(int)RandomUse.Dropout]);
    }

    [Fact]
    public void Neither_draws_from_the_global_generator_nor_depends_on_it()
    {
        TorchLibrary.EnsureLoaded();
        float[] Global(Action between)
        {
            torch.manual_seed(9);
            between();
            using var numbers = torch.rand(10);
            return [.. numbers.data<float>()];
        }
        float[] first = [], second = [];
        var before = Global(() => { });
        Assert.Equal(before, Global(() => first = Everything()));
        torch.manual_seed(1234);
        second = Everything();
        Assert.Equal(first, second);
    }

    /// <summary>All that draws: first weights, order of rows, dropout.</summary>
    private static float[] Everything() => Within(new MLContext(1), 5, context =>
    {
        using var fit = TorchFit.Begin(context);
        using var scope = torch.NewDisposeScope();
        var initialization = fit.Generator(RandomUse.Initialization);
        var weights = Initialization.KaimingUniform(torch.empty(30, 20), 1, initialization);
        var more = Initialization.XavierUniform(torch.empty(20, 30), 1, initialization);
        var normal = torch.empty(30, 30).normal_(generator: initialization);
        var order = torch.randperm(30, generator: fit.Generator(RandomUse.Shuffling));
        return Dropout.Apply(weights.mm(more).mm(normal).index_select(0, order), 0.5, fit.Generator(RandomUse.Dropout)).data<float>().ToArray();
    });

    [Fact]
    public void Fits_side_by_side_do_not_influence_each_other()
    {
        var alone = Everything();
        var together = new float[6][];
        Parallel.For(0, together.Length, new ParallelOptions { MaxDegreeOfParallelism = 3 }, i => together[i] = Everything());
        Assert.All(together, numbers => Assert.Equal(alone, numbers));
    }

    [Fact]
    public void The_device_is_the_one_of_the_context_or_the_options()
    {
        if (CudaDevices() > 0)
            return;
        var (asked, fallback) = (new MLContext(1) { GpuDeviceId = 0 }, new MLContext(1) { GpuDeviceId = 0, FallbackToCpu = true });
        var message = Assert.Throws<InvalidOperationException>(() => Device(asked)).Message;
        Assert.StartsWith("GpuDeviceId is 0, but libtorch finds 0 CUDA devices. Expected an NVIDIA driver and the package libtorch-cuda-12.8-", message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Device(new MLContext(1), gpuDeviceId: 3));
        Assert.Throws<InvalidOperationException>(() => Device(new MLContext(1), gpuDeviceId: -1));

        List<string> log = [];
        fallback.Log += (_, line) => log.Add(line.Message);
        Assert.Equal(DeviceType.CPU, Device(fallback));
        Assert.Contains(log, line => line.Contains("libtorch finds 0 CUDA devices: the CPU trains.", StringComparison.Ordinal));
        Assert.Equal(DeviceType.CPU, Device(asked, fallbackToCpu: true));
        Assert.Equal(DeviceType.CPU, Device(new MLContext(1)));
    }

    private static int CudaDevices()
    {
        TorchLibrary.EnsureLoaded();
        return torch.cuda.is_available() ? torch.cuda.device_count() : 0;
    }

    private static DeviceType Device(MLContext ml, int? gpuDeviceId = null, bool fallbackToCpu = false) => Within(ml, 1, context =>
    {
        using var fit = TorchFit.Begin(context, null, gpuDeviceId, fallbackToCpu);
        return fit.Device.type;
    });

    [Fact]
    public void Settings_that_would_change_the_fit_are_refused()
    {
        TorchLibrary.EnsureLoaded();
        using (torch.no_grad())
            Assert.Contains("torch.no_grad()", Assert.Throws<InvalidOperationException>(() => Device(new MLContext(1))).Message, StringComparison.Ordinal);
        using (torch.inference_mode())
            Assert.Throws<InvalidOperationException>(() => Device(new MLContext(1)));
        Assert.Equal(DeviceType.CPU, Device(new MLContext(1)));
    }
}
