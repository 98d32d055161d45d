using MLExtensions.Trainers;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>What is made of several runs and epochs, and rows without a score.</summary>
public sealed class DifficultyGraphTests
{
    private static readonly float[] Rows = [2, 0, -1, 0, 0, 0, -1, 3, 0.5f];

    [Theory]
    [InlineData(DifficultyScore.EL2N)]
    [InlineData(DifficultyScore.EL1N)]
    [InlineData(DifficultyScore.MaxMargin)]
    [InlineData(DifficultyScore.SumMargin)]
    [InlineData(DifficultyScore.CrossEntropy)]
    [InlineData(DifficultyScore.GraNd)]
    [InlineData(DifficultyScore.GraNdLastLayer)]
    public void Difficulty_is_the_mean_over_runs_and_its_deviation_that_of_the_runs(DifficultyScore score)
    {
        float[] factors = [1, 0.5f, 2];
        long[] labels = [1, 3, 1];
        var single = factors.Select(factor => Scoring.Run([Scoring.Identity(3, factor)], score, Rows, labels).Difficulty).ToArray();
        var (difficulty, deviation, suggested, confidence) = Scoring.Run([.. factors.Select(factor => Scoring.Identity(3, factor))], score, Rows, labels);
        for (var row = 0; row < labels.Length; row++)
        {
            double[] scores = [.. single.Select(run => run[row])];
            Assert.Equal(scores.Average(), difficulty[row], 1e-12);
            Assert.Equal(Math.Sqrt(scores.Sum(value => Math.Pow(value - scores.Average(), 2)) / 2), deviation[row], 1e-12);
        }
        Assert.Equal([0, 0, 1], suggested);
        Assert.Equal(factors.Average(factor => Scoring.Run([Scoring.Identity(3, factor)], score, Rows, labels).Confidence[2]), confidence[2], 1e-12);
    }

    [Fact]
    public void Epochs_of_a_run_are_averaged_before_runs_are_compared()
    {
        float[] factors = [1, 0.5f, 2, 3];
        long[] labels = [2, 3, 1];
        var single = factors.Select(factor => Scoring.Run([Scoring.Identity(3, factor)], DifficultyScore.EL2N, Rows, labels).Difficulty).ToArray();
        var (difficulty, deviation, _, _) = Scoring.Run([.. factors.Select(factor => Scoring.Identity(3, factor))], DifficultyScore.EL2N, Rows, labels, runs: 2);
        for (var row = 0; row < labels.Length; row++)
        {
            var (first, second) = ((single[0][row] + single[1][row]) / 2, (single[2][row] + single[3][row]) / 2);
            Assert.Equal((first + second) / 2, difficulty[row], 1e-12);
            Assert.Equal(Math.Abs(first - second) / Math.Sqrt(2), deviation[row], 1e-12);
        }
    }

    [Fact]
    public void A_row_without_a_label_has_a_suggestion_and_no_score()
    {
        var (difficulty, deviation, suggested, confidence) = Scoring.Run([Scoring.Identity(3), Scoring.Identity(3, 2)], DifficultyScore.EL2N, Rows, [0, 3, 0]);
        Assert.Equal([true, false, true], difficulty.Select(double.IsNaN));
        Assert.Equal([true, false, true], deviation.Select(double.IsNaN));
        Assert.Equal([0, 0, 1], suggested);
        Assert.All(confidence, value => Assert.InRange(value, 1 / 3d, 1));
    }

    [Fact]
    public void A_row_that_misses_a_feature_has_nothing_where_that_is_not_replaced()
    {
        var layer = Scoring.Identity(3).Layers[0];
        var (difficulty, _, suggested, confidence) = Scoring.Run([Scoring.Network(3, false, layer), Scoring.Network(3, false, layer)], DifficultyScore.GraNd, [2, 0, -1, 0, float.NaN, 0, -1, 3, 0.5f], [1, 1, 2]);
        Assert.Equal([false, true, false], difficulty.Select(double.IsNaN));
        Assert.Equal([0, -1, 1], suggested);
        Assert.Equal([false, true, false], confidence.Select(double.IsNaN));
    }

    [Fact]
    public void Almost_certain_rows_differ()
    {
        // exp(-40) and exp(-300) are below the grain of float beside 1, and the second below the smallest float.
        var (difficulty, _, _, _) = Scoring.Run([Scoring.Identity(2)], DifficultyScore.EL2N, [40, 0, 300, 0], [1, 1]);
        Assert.Equal(Math.Sqrt(2) * Math.Exp(-40), difficulty[0], 1e-30);
        Assert.InRange(difficulty[1] / (Math.Sqrt(2) * Math.Exp(-300)), 1 - 1e-9, 1 + 1e-9);
    }

    [Fact]
    public void A_class_without_rows_is_the_most_difficult()
    {
        // What a network without such rows has for it: a bias that no sum makes up for.
        DenseLayer head = new(3, [1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, -1e30f]);
        var network = Scoring.Network(3, true, head);
        Assert.Equal(Math.Sqrt(1 + (0.25 * 2)), Scoring.Run([network], DifficultyScore.EL2N, [0, 0, 5], [3]).Difficulty[0], 1e-12);
        Assert.Equal(0.5, Scoring.Run([network], DifficultyScore.MaxMargin, [0, 0, 5], [3]).Difficulty[0], 1e-12);
        // As -ln of the smallest float.
        Assert.Equal(103.2789, Scoring.Run([network], DifficultyScore.CrossEntropy, [0, 0, 5], [3]).Difficulty[0], 1e-4);
        Assert.Equal(103.2789, ProbabilityScores.Of(DifficultyScore.CrossEntropy, [0.5, 0.5, 0], 2), 1e-4);
    }
}
