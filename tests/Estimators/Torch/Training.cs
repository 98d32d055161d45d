using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>A small classification fit, put together by hand: 3 classes of 5 features.</summary>
internal sealed class Training : IDisposable
{
    private const int Classes = 3;

    private readonly IHost _host;
    private readonly IChannel _channel;

    public Training(NeuralNetworkTrainer.Options options, int rows = 100, bool weighted = false, CancellationToken token = default, params NetworkHook[] hooks)
    {
        Options = options;
        _host = MlNetAccess.EnvironmentOf(new MLContext(1).Transforms).Register(nameof(Training));
        _channel = _host.Start(nameof(Training));
        Context = new(_host, _channel, options.Seed ?? 7, token);
        Fit = TorchFit.Begin(Context, numberOfThreads: 1);
        Rows = RandomRows(rows, weighted);
        Scaling = FeatureScaling.Of(Rows, MissingValueRule.Error);
        Table = TrainingTable.From(Rows, Scaling, Fit.Device);
        Module = new(5, [], Classes, options, Fit);
        Network = new(Module, options.TrainingSettings, hooks);
    }

    public NeuralNetworkTrainer.Options Options { get; }

    public TrainingContext Context { get; }

    public TorchFit Fit { get; }

    public RowBlock Rows { get; }

    public FeatureScaling Scaling { get; }

    public TrainingTable Table { get; }

    public TabularNetwork Module { get; }

    public TrainableNetwork Network { get; }

    /// <summary>All weights, decaying ones first.</summary>
    public float[] Weights => WeightsOf(Network);

    public TrainingHistory Run(TrainingStep? step = null, TrainingTable? validation = null)
        => new TrainingLoop(Options.TrainingSettings, Context, Fit).Run(step ?? new ClassificationStep(Network, Module), Table, validation);

    public static float[] WeightsOf(TrainableNetwork network) => [.. network.Parameters.All.SelectMany(Numbers.Of)];

    public static RowBlock RandomRows(int count, bool weighted = false)
    {
        Random random = new(count);
        var classes = Enumerable.Range(0, count).Select(_ => random.Next(Classes)).ToArray();
        var values = classes.SelectMany(label => Enumerable.Range(0, 5).Select(j => (j == label ? 2f : 0) + random.NextSingle())).ToArray();
        return RowBlock.Dense(5, values, classes, weights: weighted ? [.. classes.Select(_ => 0.5f + random.NextSingle())] : null);
    }

    public void Dispose()
    {
        Network.Dispose();
        Table.Dispose();
        Fit.Dispose();
        _channel.Dispose();
    }
}
