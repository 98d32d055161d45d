using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Onnx;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>Several networks in one graph, and the norms of their gradients by finite differences over all parameters.</summary>
public sealed class DenseEnsembleTests
{
    private const int Inputs = 3;
    private const int Classes = 3;
    private static readonly int[] CategoryCounts = [2, 4];
    private static readonly int[] Sizes = [2, 3];

    // Multiples of 2^-10 and changes of 2^-14, so that both are exact as float, and that no rectifier turns meanwhile.
    private const float Grain = 1 / 1024f;
    private const float Change = 1 / 16384f;

    public static TheoryData<HiddenActivation, int, bool> Networks
    {
        get
        {
            TheoryData<HiddenActivation, int, bool> data = [];
            foreach (var activation in Enum.GetValues<HiddenActivation>())
                data.Add(activation, 1, false);
            data.Add(HiddenActivation.Tanh, 0, false);
            data.Add(HiddenActivation.Tanh, 0, true);
            data.Add(HiddenActivation.Silu, 2, true);
            data.Add(HiddenActivation.Relu, 2, true);
            data.Add(HiddenActivation.Gelu, 3, false);
            return data;
        }
    }

    [Theory, MemberData(nameof(Networks))]
    public void Gradient_norms_are_those_of_finite_differences(HiddenActivation activation, int hiddenLayers, bool hasCategories)
    {
        Random random = new(7);
        DenseNetwork[] networks = [.. Enumerable.Range(0, 3).Select(_ => Random(random, activation, hiddenLayers, hasCategories))];
        double[] x = [0.5, -1.25, 2, -0.75, 0.25, 1.5];
        long[][] keys = hasCategories ? [[1, 0], [4, 2]] : [];
        int[] labels = [2, 0];
        var (all, head) = (Run(networks, x, keys, labels, headOnly: false), Run(networks, x, keys, labels, headOnly: true));
        for (var r = 0; r < networks.Length; r++)
        {
            for (var row = 0; row < labels.Length; row++)
            {
                double Loss(DenseNetwork network) => CrossEntropy(network, x[(row * Inputs)..((row + 1) * Inputs)], [.. keys.Select(column => column[row])], labels[row]);
                var byLayer = networks[r].Layers.Select((_, layer) => SquaredDifferences(networks[r], layer, Loss)).ToArray();
                var embeddings = networks[r].Embeddings.Select((_, column) => SquaredDifferencesOfEmbedding(networks[r], column, Loss)).Sum();
                Assert.Equal(Math.Sqrt(byLayer.Sum() + embeddings), Math.Sqrt(all[(r * labels.Length) + row]), 1e-6);
                Assert.Equal(Math.Sqrt(byLayer[^1]), Math.Sqrt(head[(r * labels.Length) + row]), 1e-6);
            }
        }
    }

    [Theory, MemberData(nameof(Networks))]
    public void Outputs_are_those_of_each_network_alone(HiddenActivation activation, int hiddenLayers, bool hasCategories)
    {
        Random random = new(3);
        DenseNetwork[] networks = [.. Enumerable.Range(0, 4).Select(_ => Random(random, activation, hiddenLayers, hasCategories))];
        float[] x = [.. Enumerable.Range(0, 5 * Inputs).Select(_ => (random.NextSingle() * 4) - 2)];
        long[][] keys = hasCategories ? [[1, 0, 2, 2, 1], [4, 2, 0, 1, 3]] : [];
        var together = Together(networks, x, keys);
        for (var r = 0; r < networks.Length; r++)
        {
            var alone = Run(graph => graph.Cast(networks[r].Build(graph, graph.Input("x", OnnxElementType.Float, null, Inputs), Keys(graph, keys)), OnnxElementType.Double), x, keys, 2);
            for (var i = 0; i < alone.Length; i++)
                Assert.Equal(alone[i], together[(r * alone.Length) + i], 1e-5);
        }
    }

    [Fact]
    public void Rows_that_miss_a_feature_are_told_where_nothing_replaces_it()
    {
        Random random = new(5);
        var network = Random(random, HiddenActivation.Relu, 1, false);
        DenseEnsemble refusing = new([network with { Scaling = network.Scaling with { ReplacesMissing = false } }]);
        OnnxGraphBuilder builder = new("test");
        Assert.Null(new DenseEnsemble([network]).Forward(builder, builder.Input("x", OnnxElementType.Float, null, Inputs), []).Missing);
        var missing = Run(
            graph => graph.Cast(refusing.Forward(graph, graph.Input("x", OnnxElementType.Float, null, Inputs), []).Missing!, OnnxElementType.Double), [1, float.NaN, 2, 1, 2, 3], [], 2);
        Assert.Equal([1, 0], missing);
    }

    [Fact]
    public void Networks_of_different_shapes_are_refused()
    {
        Random random = new(5);
        var network = Random(random, HiddenActivation.Relu, 1, false);
        Assert.Throws<FormatException>(() => new DenseEnsemble([network, Random(random, HiddenActivation.Tanh, 1, false)]));
        Assert.Throws<FormatException>(() => new DenseEnsemble([network, Random(random, HiddenActivation.Relu, 2, false)]));
        Assert.Throws<FormatException>(() => new DenseEnsemble([network, Random(random, HiddenActivation.Relu, 1, true)]));
    }

    private static double[] Run(DenseNetwork[] networks, double[] x, long[][] keys, int[] labels, bool headOnly) => Run(graph =>
    {
        DenseEnsemble ensemble = new(networks);
        var pass = ensemble.Forward(graph, graph.Input("x", OnnxElementType.Float, null, Inputs), Keys(graph, keys));
        var oneHot = graph.Constant([.. labels.SelectMany(label => Enumerable.Range(0, Classes).Select(k => k == label ? 1d : 0))], labels.Length, Classes);
        return ensemble.SquaredGradientNorms(graph, pass, graph.Sub(graph.Softmax(pass.Outputs), oneHot), headOnly);
    }, Array.ConvertAll(x, value => (float)value), keys, 3);

    private static double[] Together(DenseNetwork[] networks, float[] x, long[][] keys)
        => Run(graph => new DenseEnsemble(networks).Forward(graph, graph.Input("x", OnnxElementType.Float, null, Inputs), Keys(graph, keys)).Outputs, x, keys, 3);

    private static OnnxValue[] Keys(OnnxGraphBuilder graph, long[][] keys) => [.. keys.Select((_, i) => graph.Input($"key{i}", OnnxElementType.Int64, (long?)null))];

    private static double[] Run(Func<OnnxGraphBuilder, OnnxValue> build, float[] x, long[][] keys, int rank)
    {
        OnnxGraphBuilder graph = new("test");
        graph.Output(build(graph), "Result", OnnxElementType.Double, new long?[rank]);
        using OnnxRun run = new(graph.Build());
        run.Feed("x", x, x.Length / Inputs, Inputs);
        foreach (var (i, column) in keys.Index())
            run.Feed($"key{i}", column, column.Length);
        return run.Get<double>("Result");
    }

    private static DenseNetwork Random(Random random, HiddenActivation activation, int hiddenLayers, bool hasCategories)
    {
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(-1024, 1024) * Grain)];
        EmbeddingTable[] embeddings = hasCategories ? [.. CategoryCounts.Zip(Sizes, (count, size) => new EmbeddingTable(size, Draw((count + 1) * size)))] : [];
        var inputs = Inputs + embeddings.Sum(table => table.Size);
        List<DenseLayer> layers = [];
        for (var layer = 0; layer < hiddenLayers; layer++)
        {
            layers.Add(new(inputs, Draw(4 * inputs), Draw(4)) { Activation = activation });
            inputs = 4;
        }
        layers.Add(new(inputs, Draw(Classes * inputs), Draw(Classes)));
        return new(new FeatureScaling(new double[Inputs], [1, 1, 1], ReplacesMissing: true, []), embeddings, layers);
    }

    private static double SquaredDifferences(DenseNetwork network, int layer, Func<DenseNetwork, double> loss)
    {
        DenseNetwork With(int place, float change)
        {
            var old = network.Layers[layer];
            float[] weights = [.. old.Weights], biases = [.. old.Biases];
            if (place < weights.Length)
                weights[place] += change;
            else
                biases[place - weights.Length] += change;
            DenseLayer[] layers = [.. network.Layers];
            layers[layer] = new(old.InputCount, weights, biases) { Activation = old.Activation };
            return network with { Layers = layers };
        }
        return Squares(network.Layers[layer].Weights.Length + network.Layers[layer].Biases.Length, With, loss);
    }

    private static double SquaredDifferencesOfEmbedding(DenseNetwork network, int column, Func<DenseNetwork, double> loss)
    {
        DenseNetwork With(int place, float change)
        {
            float[] values = [.. network.Embeddings[column].Values];
            values[place] += change;
            EmbeddingTable[] tables = [.. network.Embeddings];
            tables[column] = new(tables[column].Size, values);
            return network with { Embeddings = tables };
        }
        return Squares(network.Embeddings[column].Values.Length, With, loss);
    }

    private static double Squares(int count, Func<int, float, DenseNetwork> with, Func<DenseNetwork, double> loss)
        => Enumerable.Range(0, count).Sum(place => Math.Pow((loss(with(place, Change)) - loss(with(place, -Change))) / (2 * Change), 2));

    // By hand, in double.
    private static double CrossEntropy(DenseNetwork network, double[] x, long[] keys, int label)
    {
        double[] a = [.. x, .. network.Embeddings.Zip(keys, (table, key) => table[(int)key].ToArray()).SelectMany(vector => vector).Select(value => (double)value)];
        foreach (var layer in network.Layers)
        {
            var inputs = a;
            a = [.. Enumerable.Range(0, layer.OutputCount).Select(k => Activate(
                layer.Activation, layer.Biases[k] + inputs.Select((value, j) => value * layer.Weights[(k * layer.InputCount) + j]).Sum()))];
        }
        return Math.Log(a.Sum(Math.Exp)) - a[label];
    }

    private static double Activate(HiddenActivation? activation, double z) => activation switch
    {
        null => z,
        HiddenActivation.Logistic => 1 / (1 + Math.Exp(-z)),
        HiddenActivation.Tanh => Math.Tanh(z),
        HiddenActivation.Relu => Math.Max(0, z),
        HiddenActivation.Gelu => z * NormalDistribution(z),
        _ => z / (1 + Math.Exp(-z)),
    };

    // Its power series: z - z^3 / (3 * 2) + z^5 / (5 * 8) - ...
    private static double NormalDistribution(double z)
    {
        double term = z, sum = z;
        for (var n = 1; n < 60; n++)
        {
            term *= -z * z / (2 * n);
            sum += term / ((2 * n) + 1);
        }
        return 0.5 + (sum / Math.Sqrt(2 * Math.PI));
    }
}
