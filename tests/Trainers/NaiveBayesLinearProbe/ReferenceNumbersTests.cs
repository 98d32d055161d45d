using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.NaiveBayesLinearProbe.Reference;
using static MLExtensions.Tests.Trainers.NaiveBayesLinearProbe.ReferenceStatistics;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

/// <summary>Every number of the reference file. It has 10 digits, hence 1e-9.</summary>
public class ReferenceNumbersTests
{
    [Theory]
    [InlineData("toy_tied_abs_1e-9")]
    [InlineData("toy_tied_var_smoothing_0.1")]
    [InlineData("toy_per_class_var_smoothing_1e-9")]
    [InlineData("toy_per_class_var_smoothing_0.1")]
    public void Toy(string setting)
    {
        var expected = Of(setting);
        var model = Reference.Toy(OptionsOf(setting));

        Assert.Equal(1, model.Epsilons[1] / expected.GetProperty("epsilon").GetDouble(), 1e-9);
        Close(Vector(expected.GetProperty("prior")), model.Priors, 1e-9);
        Close(Flat(expected.GetProperty("mean")), model.Means, 1e-9);
        Close(Flat(expected.GetProperty("variance")), model.Variances, 1e-9);
        var (queries, joint, posterior) = (Matrix(expected.GetProperty("query")), Matrix(expected.GetProperty("joint_log_likelihood")), Matrix(expected.GetProperty("posterior")));
        for (var i = 0; i < queries.Length; i++)
        {
            Close(joint[i], model.Joint(queries[i]), 1e-9);
            Close(posterior[i], model.Posteriors(queries[i]), 1e-9);
            Assert.Equal(1, model.Posteriors(queries[i])[1] / posterior[i][1], 1e-8);
            Close(Centred(joint[i]), Centred(model.LogScores(queries[i])), 1e-8);
        }
    }

    [Theory]
    [InlineData("toy_tied_abs_1e-9")]
    [InlineData("toy_tied_var_smoothing_0.1")]
    public void Toy_linear_form(string setting)
    {
        // The reference expands around 0, the model around the midpoint: they agree up to what both classes share.
        var model = Reference.Toy(OptionsOf(setting));
        var weights = Matrix(Of(setting, "linear_W"));

        Close([weights[1][0] - weights[0][0], weights[1][1] - weights[0][1]], [model.Weights[2] - model.Weights[0], model.Weights[3] - model.Weights[1]], 1e-9);
        Close(Centred(Vector(Of(setting, "linear_b"))), Centred(model.Bias.ToArray()), 1e-9);
        foreach (var (query, logits) in Matrix(Of(setting, "query")).Zip(Matrix(Of(setting, "linear_logits"))))
            Close(Centred(logits), Centred([Linear(model, 0, query), Linear(model, 1, query)]), 1e-9);
    }

    [Fact]
    public void Toy_weighted()
    {
        var expected = Of("toy_weighted_tied");
        var weights = Vector(expected.GetProperty("weights"));
        Assert.Equal(0, weights[6]);   // such rows do not reach a block
        var model = new NaiveBayesLinearProbeModelParameters(Stream(Dense(ToyRows[..6], ToyClasses[..6], weights[..6]), 2), OptionsOf("abs_1e-9"));

        Close(Vector(expected.GetProperty("counts")), model.ClassWeights, 1e-9);
        Close(Flat(expected.GetProperty("mean")), model.Means, 1e-9);
        Close(Vector(expected.GetProperty("prior")), model.Priors, 1e-9);
        Close(Vector(expected.GetProperty("variance_tied")), model.Variances[..2], 1e-9);
        var queries = Matrix(Of("toy_tied_abs_1e-9", "query"));
        foreach (var (query, posterior) in queries.Zip(Matrix(expected.GetProperty("posterior"))))
            Assert.Equal(1, model.Posteriors(query)[1] / posterior[1], 1e-8);
    }

    [Fact]
    public void Toy_missing()
    {
        var expected = Of("toy_missing_tied");
        var options = new NaiveBayesLinearProbeTrainer.Options { VarianceSmoothing = 0, Prior = ClassPriorKind.Uniform };
        var model = new NaiveBayesLinearProbeModelParameters(Stream(Dense(Matrix(expected.GetProperty("X")), [0, 0, 0, 1, 1, 1]), 2), options);

        Close(Flat(expected.GetProperty("count")), model.FeatureWeights, 0);
        Close(Flat(expected.GetProperty("mean")), model.Means, 1e-12);
        Close(Flat(expected.GetProperty("ssd")), model.SumsOfSquares, 1e-12);
        Close(Vector(expected.GetProperty("variance_tied")), model.Variances[..2], 1e-11);
        foreach (var (query, posterior) in Matrix(expected.GetProperty("query")).Zip(Matrix(expected.GetProperty("posterior"))))
            Close(posterior, model.Posteriors(query), 1e-9);
    }

    public static TheoryData<string, string> Tables()
    {
        var data = new TheoryData<string, string>();
        foreach (var table in new[] { "iris", "wine", "breast_cancer", "digits" })
        {
            foreach (var setting in new[] { "tied_abs_1e-9", "tied_vs_1e-9", "per_class_vs_1e-9", "per_class_vs_1e-2" })
                data.Add(table, setting);
        }

        return data;
    }

    /// <summary>The formulas alone, on statistics in double precision, as the reference has them.</summary>
    [Theory]
    [MemberData(nameof(Tables))]
    public void Tables_in_double_precision(string name, string setting)
    {
        var (expected, table) = (Of(name, setting), SmallTables.ByName(name));
        var model = new NaiveBayesLinearProbeModelParameters(TwoPass(table.Train.Features, table.Train.Classes, table.ClassCount), OptionsOf(setting));

        Assert.Equal(1, model.Epsilons[0] / expected.GetProperty("epsilon").GetDouble(), 1e-9);
        var (correct, logLoss) = Evaluate(model, table.Test);
        Assert.Equal((expected.GetProperty("correct").GetInt32(), expected.GetProperty("n_test").GetInt32()), (correct, table.Test.RowCount));
        Assert.Equal(expected.GetProperty("test_accuracy").GetDouble(), (double)correct / table.Test.RowCount, 1e-9);
        Assert.Equal(1, logLoss / expected.GetProperty("test_log_loss").GetDouble(), 1e-8);
        if (!expected.TryGetProperty("mean", out var means))
            return;

        Close(Vector(expected.GetProperty("prior")), model.Priors, 1e-9);
        Close(Flat(means), model.Means, 1e-9);
        var tied = model.Covariance == CovarianceKind.Tied;
        Close(tied ? Vector(expected.GetProperty("variance")) : Flat(expected.GetProperty("variance")), tied ? model.Variances[..model.FeatureCount] : model.Variances, 1e-9);
        foreach (var (row, posterior) in table.Test.Features.Zip(Matrix(expected.GetProperty("first5_test_posterior"))))
        {
            Close(posterior, model.Posteriors(row), 1e-9);
            Close([.. posterior.Select(p => Math.Log(p))], [.. model.Posteriors(row).Select(p => Math.Log(p))], 1e-8);
        }
    }

    /// <summary>
    /// The whole path from Single features. Rounding moves a feature by up to 6e-8 of its value, which is up to 3e-6 standard deviations here; a log-loss is
    /// a mean of differences of squares of those, hence 1e-5. Counts do not change. Digits are whole numbers, thus exact.
    /// </summary>
    [Theory]
    [MemberData(nameof(Tables))]
    public void Tables_in_single_precision(string name, string setting)
    {
        var (expected, table) = (Of(name, setting), SmallTables.ByName(name));
        var model = new NaiveBayesLinearProbeModelParameters(Stream(table.Train.ToBlock(), table.ClassCount), OptionsOf(setting));

        Assert.Equal(1, model.Epsilons[0] / expected.GetProperty("epsilon").GetDouble(), 1e-6);
        var (correct, logLoss) = Evaluate(model, table.Test);
        Assert.Equal(expected.GetProperty("correct").GetInt32(), correct);
        Assert.Equal(1, logLoss / expected.GetProperty("test_log_loss").GetDouble(), name == "digits" ? 1e-8 : 1e-5);
    }

    private static double Linear(NaiveBayesLinearProbeModelParameters model, int k, double[] x)
        => model.Bias[k] + (model.Weights[2 * k] * x[0]) + (model.Weights[(2 * k) + 1] * x[1]);
}
