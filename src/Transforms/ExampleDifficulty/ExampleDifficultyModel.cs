using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;

namespace MLExtensions.Transforms;

/// <summary>A run of a fitted <see cref="ExampleDifficultyEstimator"/>: a small network that was frozen early in its training.</summary>
/// <param name="Number">Number of the run among those that were started, from 0: runs that diverged at every learning rate are missing.</param>
/// <param name="LearningRate">The learning rate at which it did not diverge: that of the options, or a half, a quarter and so on of it.</param>
/// <param name="Networks">The layers of its network after each epoch that scores, the head last. Inputs are the standardised features, then indicators of missing ones, then embeddings.</param>
public sealed record DifficultyRun(int Number, double LearningRate, IReadOnlyList<IReadOnlyList<DenseLayer>> Networks);

/// <summary>What a fitted <see cref="ExampleDifficultyEstimator"/> has: the networks of its runs as plain numbers. They score any labelled row.</summary>
public sealed class ExampleDifficultyModel : FeatureModel, IRestorable<ExampleDifficultyModel>
{
    private readonly ExampleDifficultyEstimator.Options _options;
    private readonly IReadOnlyList<DenseNetwork[]> _networks;

    internal ExampleDifficultyModel(
        ExampleDifficultyEstimator.Options options, IReadOnlyList<FeatureInput> inputs, IReadOnlyList<FeatureOutput> outputs, IReadOnlyList<(int Number, double LearningRate, DenseNetwork[] Networks)> runs)
    {
        _options = options.Clone();
        (Inputs, Outputs) = (inputs, outputs);
        _networks = [.. runs.Select(run => run.Networks)];
        Runs = [.. runs.Select(run => new DifficultyRun(run.Number, run.LearningRate, [.. run.Networks.Select(network => network.Layers)]))];
    }

    /// <summary>The columns that are read: features, categorical columns, label.</summary>
    public override IReadOnlyList<FeatureInput> Inputs { get; }

    /// <summary>The columns that are added: difficulty, its standard deviation over the runs, suggested label, its probability.</summary>
    public override IReadOnlyList<FeatureOutput> Outputs { get; }

    /// <summary>The runs that did not diverge, in the order of their numbers.</summary>
    public IReadOnlyList<DifficultyRun> Runs { get; }

    /// <summary>Number of features d.</summary>
    public int FeatureCount => _networks[0][0].Scaling.FeatureCount;

    /// <summary>Number of classes K, 2 for a Boolean label.</summary>
    public int ClassCount => _networks[0][0].OutputCount;

    /// <summary>Mean of each feature in the training rows, d numbers.</summary>
    public ReadOnlySpan<double> FeatureMeans => _networks[0][0].Scaling.Means;

    /// <summary>Standard deviation of each feature in the training rows, d numbers; 1 for a constant feature.</summary>
    public ReadOnlySpan<double> FeatureDeviations => _networks[0][0].Scaling.Deviations;

    /// <summary>A copy of the options with which the networks were trained.</summary>
    public ExampleDifficultyEstimator.Options GetOptions() => _options.Clone();

    /// <inheritdoc/>
    public override ModelState GetState()
    {
        Dictionary<string, double[]> numbers = new()
        {
            ["Runs"] = [.. Runs.Select(run => (double)run.Number)],
            ["LearningRates"] = [.. Runs.Select(run => run.LearningRate)],
            ["NetworksPerRun"] = [_networks[0].Length],
        };
        for (var run = 0; run < _networks.Count; run++)
        {
            for (var i = 0; i < _networks[run].Length; i++)
                _networks[run][i].Write(numbers, PrefixOf(run, i));
        }
        return ModelState.Create(_options, this, numbers);
    }

    /// <inheritdoc/>
    public static ExampleDifficultyModel FromState(ModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var (numbers, rates) = (state.GetNumbers("Runs"), state.GetNumbers("LearningRates"));
        if (numbers.Length == 0 || rates.Length != numbers.Length || state.GetNumbers("NetworksPerRun") is not [>= 1 and var perRun])
            throw new FormatException("The model's runs are damaged.");
        return new(
            state.GetOptions<ExampleDifficultyEstimator.Options>(), state.GetInputs(), state.GetOutputs(),
            [.. numbers.Select((number, run) => ((int)number, rates[run], Enumerable.Range(0, (int)perRun).Select(i => DenseNetwork.Read(state, PrefixOf(run, i))).ToArray()))]);
    }

    /// <summary>Adds the forward passes of all networks side by side, the score, and its mean and deviation over the runs.</summary>
    /// <inheritdoc/>
    public override IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(inputs);
        var result = new DifficultyGraph([.. _networks.SelectMany(networks => networks)], _networks.Count, _options.Score)
            .Build(graph, inputs[0], [.. inputs.Skip(1).SkipLast(1)], inputs[^1]);
        return [result.Difficulty, result.Deviation, result.Suggested, result.Confidence];
    }

    private static string PrefixOf(int run, int network) => $"Run{run}.Network{network}.";
}
