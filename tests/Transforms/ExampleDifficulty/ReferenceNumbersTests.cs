using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;
using MLExtensions.Trainers;
using MLExtensions.Transforms;
using static MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork.Reference;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>Scores, forgetting counts and selections against numbers that were computed independently, in double.</summary>
public sealed class ReferenceNumbersTests
{
    // 10 digits are given.
    private const double Tolerance = 1e-9;

    public static TheoryData<DifficultyScore, string> Scores => new()
    {
        { DifficultyScore.EL2N, "el2n" },
        { DifficultyScore.EL1N, "el1n" },
        { DifficultyScore.MaxMargin, "max_margin" },
        { DifficultyScore.SumMargin, "sum_margin" },
        { DifficultyScore.CrossEntropy, "cross_entropy" },
    };

    [Theory, MemberData(nameof(Scores))]
    public void Scores_from_probabilities(DifficultyScore score, string name)
    {
        var example = DifficultyReference.Of("toy_logits");
        var (expected, labels) = (Expected(name), example.Flat("label"));
        // Probabilities in double: the reference's have 10 digits, too few for the row that is almost certain.
        double[][] probabilities = [.. example.GetProperty("logits").EnumerateArray().Select(row => Softmax(row.Flat()))];
        Close(example.Flat("prob"), [.. probabilities.SelectMany(row => row)], Tolerance);
        for (var i = 0; i < expected.Length; i++)
            AssertClose(expected[i], ProbabilityScores.Of(score, probabilities[i], (int)labels[i]));
    }

    [Theory, MemberData(nameof(Scores))]
    public void Scores_in_the_graph(DifficultyScore score, string name)
    {
        var example = DifficultyReference.Of("toy_logits");
        float[] logits = [.. example.Flat("logits").Select(value => (float)value)];
        long[] labels = [.. example.Flat("label").Select(label => (long)label + 1)];
        var (difficulty, deviation, suggested, confidence) = Scoring.Run([Scoring.Identity(3)], score, logits, labels);
        foreach (var (expected, actual) in Expected(name).Zip(difficulty))
            AssertClose(expected, actual);
        Assert.All(deviation, value => Assert.True(double.IsNaN(value)));
        Assert.Equal([0, 0, 1, 0, 1], suggested);
        Close([0.8437947345, 1 / 3d, 0.9087599243, 1, 1], confidence, Tolerance);
    }

    [Fact]
    public void A_binary_label_has_two_outputs()
    {
        var example = DifficultyReference.Of("toy_binary");
        var (expected, labels, positive) = (example.Flat("el2n_two_output"), example.Flat("label"), example.Flat("prob_positive"));
        for (var i = 0; i < expected.Length; i++)
        {
            AssertClose(expected[i], ProbabilityScores.Of(DifficultyScore.EL2N, [1 - positive[i], positive[i]], (int)labels[i]));
            // What one output would have is shorter.
            AssertClose(example.Flat("el2n_single_output")[i] * Math.Sqrt(2), expected[i]);
        }
    }

    [Theory]
    [InlineData("toy_grand_relu", HiddenActivation.Relu)]
    [InlineData("toy_grand_tanh", HiddenActivation.Tanh)]
    public void Gradient_norms(string name, HiddenActivation activation)
    {
        var example = DifficultyReference.Of(name);
        var network = Scoring.Network(3, true, Layer("W1", "b1", activation), Layer("W2", "b2", null));
        float[] x = Floats("X");
        long[] labels = [.. example.Flat("label").Select(label => (long)label + 1)];
        foreach (var (score, expected) in new[] { (DifficultyScore.EL2N, "el2n"), (DifficultyScore.GraNdLastLayer, "grand_last_layer"), (DifficultyScore.GraNd, "grand_full") })
            // Weights and inputs are rounded to float.
            Close(example.Flat(expected), Scoring.Run([network], score, x, labels).Difficulty, 3e-7);

        float[] Floats(string field) => [.. example.Flat(field).Select(value => (float)value)];

        // The reference has a column an output, a layer a row.
        DenseLayer Layer(string weights, string biases, HiddenActivation? function)
        {
            var (w, outputs) = (Floats(weights), Floats(biases).Length);
            var inputs = w.Length / outputs;
            return new(inputs, [.. Enumerable.Range(0, w.Length).Select(i => w[(i % inputs * outputs) + (i / inputs)])], Floats(biases)) { Activation = function };
        }
    }

    [Fact]
    public void Forgetting_events()
    {
        TorchLibrary.EnsureLoaded();
        string[] rows = ["a", "b", "c", "d", "e", "f"];
        using var scope = NewDisposeScope();
        using ForgettingCounter counter = new(runs: 2, rows.Length, CPU);
        // Rows come in another order each time, and the second run sees every flag inverted.
        for (var time = 0; time < 5; time++)
        {
            long[] order = [.. Enumerable.Range(0, rows.Length).Select(i => (long)((i + (2 * time)) % rows.Length))];
            bool[] correct = [.. order.Select(row => DifficultyReference.Of("toy_forgetting", rows[row]).Flat("correct")[time] == 1)];
            counter.Record(tensor([.. order, .. order], [2, rows.Length]), tensor([.. correct, .. correct.Select(flag => !flag)], [2, rows.Length]));
        }
        Assert.Equal(rows.Select(row => DifficultyReference.Of("toy_forgetting", row)).Select(row => row.GetProperty("never_learned").GetBoolean() ? -1 : (int)row.Number("forgets")), counter.Of(0));
        // 1,1,0,0,0 and 0,1,0,1,0 and 1,1,1,1,1 and 0,0,0,0,1 and nothing and 1,0,1,1,1.
        Assert.Equal([1, 2, 0, 0, -1, 1], counter.Of(1));
    }

    [Fact]
    public void Selection_and_its_ties()
    {
        float[] scores = [0.1f, 0.9f, 0.5f, 0.5f, 1.3f, 0.2f];
        var order = RowSelection.Order(scores);
        Assert.Equal([4, 1, 3], order.Reverse().Take(3));
        RowSelection window = new(KeepFraction: 0.5, DropHardestFraction: 2 / 6d, MinimumClassFraction: 0);
        Assert.Equal((1, 3), window.Window(6));
        Assert.Equal([5, 2, 3], order[1..4]);
        Assert.Equal([false, false, true, true, false, true], window.Select(scores, [], new int[6]));
        Assert.Equal([false, true, false, true, true, false], (window with { DropHardestFraction = 0 }).Select(scores, [], new int[6]));
    }

    // The reference's numbers for the row with logits 30, -30, 0 come from 1 - p, which has lost digits there; these are exact.
    private static double[] Expected(string name)
    {
        var expected = DifficultyReference.Of("toy_logits").Flat(name);
        var others = Math.Exp(-30) / (1 + Math.Exp(-30));
        expected[3] = name switch
        {
            "el2n" => Math.Sqrt(2) * others,
            "el1n" => 2 * others,
            "cross_entropy" => others,
            _ => expected[3],
        };
        return expected;
    }

    private static double[] Softmax(double[] logits)
    {
        var exponentials = Array.ConvertAll(logits, logit => Math.Exp(logit - logits.Max()));
        return Array.ConvertAll(exponentials, value => value / exponentials.Sum());
    }

    // To a share of the number: the small one counts.
    private static void AssertClose(double expected, double actual) => Assert.True(Math.Abs(expected - actual) <= Tolerance * Math.Abs(expected) || expected == actual || Math.Abs(expected - actual) < 1e-25, $"expected {expected:R}, got {actual:R}");
}
