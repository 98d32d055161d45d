using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Onnx.Protobuf;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Onnx;
using MLExtensions.Trainers;
using static TorchSharp.torch;
using Options = MLExtensions.Trainers.NeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>The plain-number twin of a network: its graph gives what TorchSharp gives.</summary>
public sealed class DenseNetworkTests
{
    public static TheoryData<HiddenActivation, LayerNormalization, int> Combinations
    {
        get
        {
            TheoryData<HiddenActivation, LayerNormalization, int> data = [];
            foreach (var activation in Enum.GetValues<HiddenActivation>())
            {
                foreach (var normalization in Enum.GetValues<LayerNormalization>())
                    data.Add(activation, normalization, 2);
            }
            data.Add(HiddenActivation.Relu, LayerNormalization.None, 0);
            data.Add(HiddenActivation.Relu, LayerNormalization.Batch, 4);
            return data;
        }
    }

    [Theory, MemberData(nameof(Combinations))]
    public void The_graph_gives_what_the_module_gives(HiddenActivation activation, LayerNormalization normalization, int layers)
    {
        using var training = Trained(new()
        {
            HiddenUnits = 33,
            HiddenLayers = layers,
            Activation = activation,
            Normalization = normalization,
            DropoutRate = 0.2,
            Epochs = 3,
            BatchSize = 16,
            LearningRate = 0.02,
        });
        var network = new DenseNetwork(training.Scaling, [], training.Module.ToLayers());
        var features = training.Rows.Values.ToArray();
        training.Module.eval();
        using var noGradient = no_grad();
        var expected = Numbers.Of(training.Module.forward(training.Table.Features, null));
        var actual = Run(network, features, 5);
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Max() - expected.Min() > 1);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void A_network_survives_its_state()
    {
        using var training = Trained(new() { HiddenUnits = 4, Normalization = LayerNormalization.Layer, Epochs = 1 });
        DenseNetwork network = new(training.Scaling with { ReplacesMissing = true, Indicators = [], Limit = 2 }, [], training.Module.ToLayers());
        Dictionary<string, double[]> numbers = [];
        network.Write(numbers);
        var restored = DenseNetwork.Read(new ModelState("{}", numbers, new Dictionary<string, string[]>()));
        var features = training.Rows.Values.ToArray();
        features[3] = float.NaN;
        Assert.Equal(Run(network, features, 5), Run(restored, features, 5));
        foreach (var name in numbers.Keys)
        {
            Dictionary<string, double[]> damaged = new(numbers) { [name] = [.. numbers[name], 1] };
            if (name is not ("Means" or "Deviations" or "Indicators" or "SmoothLimit" or "Scales0" or "Offsets0" or "Scales1" or "Offsets1" or "ReplacesMissing"))
                Assert.Throws<FormatException>(() => DenseNetwork.Read(new ModelState("{}", damaged, new Dictionary<string, string[]>())));
            damaged.Remove(name);
            // The one name that older files lack.
            if (name != "SmoothLimit")
                Assert.Throws<FormatException>(() => DenseNetwork.Read(new ModelState("{}", damaged, new Dictionary<string, string[]>())));
        }
    }

    [Fact]
    public void Two_logits_become_log_odds()
    {
        DenseLayer head = new(3, [1, 2, 3, 0.5f, 1, -1], [0.25f, 1]);
        var odds = head.SecondLessFirst();
        Assert.Equal([-0.5f, -1, -4], odds.Weights.ToArray());
        Assert.Equal([0.75f], odds.Biases.ToArray());
    }

    [Theory]
    [InlineData(MissingValueRule.Mean)]
    [InlineData(MissingValueRule.MeanAndIndicator)]
    [InlineData(MissingValueRule.Error)]
    public void Graph_and_training_standardise_alike(MissingValueRule rule)
    {
        // Constant, of huge offset, of huge scale, of tiny scale, with missing values.
        float[] values =
        [
            5, 1e6f, 1e37f, 1e-37f, 1,
            5, 1e6f + 1, -3e37f, 2e-37f, rule == MissingValueRule.Error ? 3 : float.NaN,
            5, 1e6f + 2, 2e37f, 4e-37f, 5,
        ];
        var rows = RowBlock.Dense(5, values, weights: [1, 2, 1]);
        var scaling = FeatureScaling.Of(rows, rule);
        var inputs = scaling.Apply(rows);
        Assert.Equal(rule == MissingValueRule.MeanAndIndicator ? [4] : [], scaling.Indicators);
        Assert.Equal(inputs, RunScaling(scaling, values));
        var width = scaling.InputCount;
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(0, inputs[i * width]));
        Assert.Equal(0, inputs[(width * 0) + 1] + (2 * inputs[width + 1]) + inputs[(width * 2) + 1], 1e-6);
        for (var j = 1; j < 5; j++)
            Assert.Equal(rule == MissingValueRule.Error || j < 4 ? 4 : 2, Enumerable.Range(0, 3).Sum(i => (i == 1 ? 2 : 1) * Math.Pow(inputs[(i * width) + j], 2)), 1e-5);
        if (rule == MissingValueRule.MeanAndIndicator)
            Assert.Equal([0, 1, 0], new[] { inputs[5], inputs[11], inputs[17] });
        if (rule != MissingValueRule.Error)
            Assert.Equal(0, inputs[width + 4]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0.5)]
    public void Graph_and_training_clip_alike(double limit)
    {
        Random random = new(3);
        float[] values = [.. Enumerable.Range(0, 300).Select(i => (float)Math.Exp(6 * random.NextDouble()))];
        var rows = RowBlock.Dense(3, values);
        var (free, clipped) = (FeatureScaling.Of(rows, MissingValueRule.Mean), FeatureScaling.Of(rows, MissingValueRule.Mean, limit));
        var (z, inputs) = (free.Apply(rows), clipped.Apply(rows));
        Assert.Equal(inputs, RunScaling(clipped, values));
        Assert.All(inputs, input => Assert.InRange(Math.Abs(input), 0, limit));
        Assert.All(z.Zip(inputs), pair => Assert.Equal(pair.First / Math.Sqrt(1 + (pair.First * pair.First / (limit * limit))), pair.Second, 1e-6));
        // The order stays, and infinity is no further than the limit.
        Assert.Equal(z.Index().OrderBy(pair => pair.Item).Select(pair => pair.Index), inputs.Index().OrderBy(pair => pair.Item).Select(pair => pair.Index));
        Assert.Equal([(float)limit, -(float)limit, 0], RunScaling(clipped, [float.PositiveInfinity, float.NegativeInfinity, float.NaN]).Select(x => MathF.Round(x, 5)));
    }

    [Theory, MemberData(nameof(Combinations))]
    public void Rows_with_a_missing_feature_have_no_number(HiddenActivation activation, LayerNormalization normalization, int layers)
    {
        using Training training = new(new() { HiddenUnits = 8, HiddenLayers = layers, Activation = activation, Normalization = normalization, Epochs = 1 });
        training.Run();
        DenseNetwork network = new(training.Scaling, [], training.Module.ToLayers());
        var features = training.Rows.Values[..15].ToArray();
        features[7] = float.NaN;
        var outputs = Run(network, features, 5);
        Assert.Equal(Enumerable.Range(0, 9).Select(i => i is >= 3 and < 6), outputs.Select(float.IsNaN));
        // Not by way of the layers: some engines give Relu(NaN) = 0.
        OnnxGraphBuilder graph = new("test");
        graph.Output(network.Build(graph, graph.Input("Features", OnnxElementType.Float, null, 5), []), "Result", OnnxElementType.Float, new long?[2]);
        var nodes = ModelProto.Parser.ParseFrom(graph.Build().ToBytes()).Graph.Node;
        var last = nodes.Single(node => node.Output.Contains("Result"));
        Assert.Equal("Where", last.OpType == "Identity" ? nodes.Single(node => node.Output.Contains(last.Input[0])).OpType : last.OpType);
    }

    [Fact]
    public void More_inputs_than_one_array_takes_are_refused()
    {
        const int Features = 100_000, Rows = 30_000;
        FeatureScaling scaling = new(new double[Features], [.. Enumerable.Repeat(1.0, Features)], ReplacesMissing: true, []);
        var rows = RowBlock.Sparse(Features, new int[Rows + 1], [], []);
        Assert.Contains("30000 rows x 100000 inputs", Assert.Throws<InvalidOperationException>(() => scaling.Apply(rows)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scored_features_of_any_size_are_finite()
    {
        var scaling = FeatureScaling.Of(RowBlock.Dense(1, [1, 2, 3]), MissingValueRule.Mean);
        Assert.Equal([1e6f, -1e6f, 1e6f, 0], RunScaling(scaling, [float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.NaN]));
        Assert.Equal([1e6f, float.NaN], RunScaling(scaling with { ReplacesMissing = false }, [float.PositiveInfinity, float.NaN]));
    }

    private static float[] Run(DenseNetwork network, float[] features, int width) => Run(features, width, (graph, x) => network.Build(graph, x, []));

    private static float[] RunScaling(FeatureScaling scaling, float[] features) => Run(features, scaling.FeatureCount, scaling.Build);

    private static float[] Run(float[] features, int width, Func<OnnxGraphBuilder, OnnxValue, OnnxValue> build)
    {
        OnnxGraphBuilder graph = new("test");
        graph.Output(build(graph, graph.Input("Features", OnnxElementType.Float, null, width)), "Result", OnnxElementType.Float, new long?[2]);
        using OnnxRun run = new(graph.Build());
        return run.Feed("Features", features, features.Length / width, width).Get<float>("Result");
    }

    private static Training Trained(Options options)
    {
        Training training = new(options, rows: 200);
        training.Run();
        return training;
    }
}
