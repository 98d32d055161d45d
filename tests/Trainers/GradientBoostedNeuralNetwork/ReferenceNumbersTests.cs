using System.Text.Json;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork.Reference;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>Every number of the reference file: it has 10 digits, hence 1e-9, or 1e-7 where features pass through Single.</summary>
public class ReferenceNumbersTests
{
    private static readonly GradientBoostedNeuralNetworkTrainer.Options HalfSteps = new() { LearningRate = 0.5, StepCap = 1e6 };

    [Fact]
    public void A_binary_step()
    {
        var expected = Of("loss_binary");
        var loss = new LogisticLoss([.. expected.Flat("y").Select(y => y > 0 ? 1 : 0)], Ones(5));
        var scores = Start(loss);
        Close(expected.Flat("F0"), loss.Start(), 1e-9);

        CheckStep(expected, loss, scores, "rho", 1e-9);
        Assert.Equal(expected.Number("loss_before"), loss.MeanLoss(scores), 1e-9);
        var step = expected.Number("eta") * expected.Number("rho");
        double[] after = [.. scores.Zip(expected.Flat("h"), (f, h) => f + (step * h))];
        Close(expected.Flat("F1"), after, 1e-9);
        Assert.Equal(expected.Number("loss_after"), loss.MeanLoss(after), 1e-9);
        Close(expected.Flat("prob_after"), [.. after.Select(f => 1 / (1 + Math.Exp(-2 * f)))], 1e-9);
    }

    [Fact]
    public void B_multiclass_step()
    {
        var expected = Of("loss_multiclass");
        var loss = new SoftmaxLoss([.. expected.Flat("y").Select(y => (int)y)], Ones(4), 3);
        var scores = expected.Flat("F");
        Close(expected.Flat("F0_centred_log_prior"), loss.Start(), 1e-9);
        CheckStep(expected, loss, scores, "rho_exact_curvature", 1e-9);
        Assert.Equal(expected.Number("loss_before"), loss.MeanLoss(scores), 1e-9);
        Assert.Equal(expected.Number("loss_after_exact_eta1"), loss.LossAlong(0, 4, scores, expected.Flat("h"), expected.Number("rho_exact_curvature")) / 4, 1e-8);
    }

    [Fact]
    public void C_regression_line_search()
    {
        var expected = Of("loss_regression");
        var loss = new SquaredLoss(expected.Flat("y"), Ones(4));
        Assert.Equal(expected.Number("F0"), loss.Start()[0], 1e-12);
        CheckStep(expected, loss, Start(loss), "rho_line_search", 1e-9);
    }

    [Theory]
    [InlineData("inner_objective_K1", 1)]
    [InlineData("inner_objective_K2", 2)]
    public void D_inner_objective(string name, int outputs)
    {
        var expected = Of(name);
        var rows = Rows(expected.GetProperty("X"), 2);
        BlockShape shape = new(2, 2, outputs);
        BlockObjective objective = new(rows, Standardization.None(2), OneThread, shape, HiddenActivation.Logistic, expected.Number("alpha"));
        objective.Start([0, 1, 2, 3], expected.Flat("R"), Ones(4));
        double[] parameters = [.. Transposed(expected.Flat("W")), .. expected.Flat("b"), .. expected.Flat("V"), .. expected.Flat("c")];
        var gradient = new double[shape.Length];

        Assert.Equal(expected.Number("objective"), objective.Evaluate(parameters, gradient), 1e-7);
        Close([.. Transposed(expected.Flat("gW")), .. expected.Flat("gb"), .. expected.Flat("gV"), .. expected.Flat("gc")], gradient, 1e-7);
        var outputsOfRows = new double[4 * outputs];
        objective.Fold(parameters).Evaluate(rows, OneThread, outputsOfRows);
        Close(expected.Flat("h"), outputsOfRows, 1e-7);
    }

    [Theory]
    [InlineData("reg_recommended", 1)]
    [InlineData("bin_recommended", 1)]
    [InlineData("mul_recommended", 3)]
    public void E_loop_with_least_squares_blocks(string name, int outputs)
    {
        var all = Of("boost_with_ols_steps");
        var expected = all.GetProperty("cases").GetProperty(name);
        double[][] x = [.. all.Flat("X").Chunk(2)];
        var loss = LossOf(name, expected.Flat("y"), outputs);
        Close(expected.Flat("F0"), loss.Start(), 1e-9);
        LeastSquaresLearner learner = new(x, outputs);
        Booster booster = new(loss, Start(loss), learner, HalfSteps, OneThread);
        booster.Run(3, _ => { });

        var steps = expected.GetProperty("steps").EnumerateArray().ToArray();
        for (var t = 0; t < 3; t++)
        {
            Close(steps[t].Flat("ols_coef_rows_x1_x2_bias"), learner.Coefficients[t], 1e-8);
            Assert.Equal(1, booster.Steps[t].StepLength / (0.5 * steps[t].Number("rho")), 1e-8);
            Assert.Equal(steps[t].Number("loss"), booster.Steps[t].TrainingLoss, 1e-8);
        }
        Close(expected.Flat("F_final"), booster.Scores, 1e-8);
    }

    /// <summary>Block optima are where a gradient vanishes to 1e-9; the card's tolerance is 1e-4.</summary>
    [Theory]
    [InlineData("reg")]
    [InlineData("bin")]
    public void F_loop_with_one_unit_a_step(string name)
    {
        var all = Of("boost_sigmoid_J1");
        var expected = all.GetProperty("cases").GetProperty(name);
        var steps = expected.GetProperty("steps").EnumerateArray().ToArray();
        BoostingLoss loss = name == "reg" ? new UnitStepLoss(expected.Flat("y")) : LossOf("bin", expected.Flat("y"), 1);
        GivenStartsLearner learner = new(Rows(all.GetProperty("X"), 1), [.. steps.Select(step => step.Flat("init_W_b_V_c"))], all.Number("alpha"));
        Booster booster = new(loss, Start(loss), learner, HalfSteps, OneThread);
        booster.Run(3, _ => { });

        for (var t = 0; t < 3; t++)
        {
            var (w, b, v, c) = Upright(booster.Blocks[t].Block.Parameters);
            Close([steps[t].Number("w"), steps[t].Number("b"), steps[t].Number("v"), steps[t].Number("c")], [w, b, v, c], 1e-4);
            Assert.Equal(steps[t].Number("objective"), learner.Objectives[t], 1e-7);
            Assert.Equal(steps[t].Number("loss"), booster.Steps[t].TrainingLoss, 1e-5);
        }

        var assembled = expected.GetProperty("assembled");
        var scale = assembled.Number("output_scale");
        var parts = NetworkParts.Constant(PredictionTask.BinaryClassification, 1, HiddenActivation.Logistic, [scale * loss.Start()[0]]).Append(booster.Blocks, scale, booster.Steps);
        Close([.. assembled.Flat("W1").Select(Math.Abs)], [.. parts.HiddenWeights.Select(Math.Abs)], 1e-4);
        Close([.. assembled.Flat("W2").Select(Math.Abs)], [.. parts.OutputWeights.Select(Math.Abs)], 1e-4);
        // A flipped sign moves v from the unit into the bias.
        var flipped = parts.OutputWeights.Select(v => Math.Min(v, 0)).ToArray();
        var biases = parts.PrefixBiases[1..].Select((bias, t) => bias + flipped[..(t + 1)].Sum()).ToArray();
        Close(assembled.Flat("b2_prefix_T1_T2_T3"), biases, 1e-4);
        Assert.Equal(assembled.Number("b2"), biases[^1], 1e-4);
    }

    private static void CheckStep(JsonElement expected, BoostingLoss loss, double[] scores, string rho, double tolerance)
    {
        var h = expected.Flat("h");
        var residuals = new double[scores.Length];
        loss.Residuals(0, loss.RowCount, scores, residuals);
        Close(expected.Flat("residual"), residuals, tolerance);
        var slope = residuals.Zip(h, (r, value) => r * value).Sum();
        Assert.Equal(expected.Number(rho), slope / loss.Curvature(0, loss.RowCount, scores, residuals, h), tolerance);
    }

    private static double[] Start(BoostingLoss loss) => [.. Enumerable.Repeat(loss.Start(), loss.RowCount).SelectMany(start => start)];

    private static BoostingLoss LossOf(string name, double[] y, int outputs) => name[..3] switch
    {
        "reg" => new SquaredLoss(y, Ones(y.Length)),
        "bin" => new LogisticLoss([.. y.Select(value => value > 0 ? 1 : 0)], Ones(y.Length)),
        _ => new SoftmaxLoss([.. y.Chunk(outputs).Select(row => Array.IndexOf(row, 1.0))], Ones(y.Length / outputs), outputs),
    };

    // The file has W as d x J; here a unit's weights lie together.
    private static double[] Transposed(double[] w) => [w[0], w[2], w[1], w[3]];

    // sigmoid(-z) = 1 - sigmoid(z): of the two equal forms the one with v > 0.
    private static (double W, double B, double V, double C) Upright(double[] p) => p[2] > 0 ? (p[0], p[1], p[2], p[3]) : (-p[0], -p[1], -p[2], p[3] + p[2]);
}
