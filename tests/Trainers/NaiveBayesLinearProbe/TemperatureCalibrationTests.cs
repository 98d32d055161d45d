using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.NaiveBayesLinearProbe.ReferenceStatistics;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

public class TemperatureCalibrationTests
{
    [Theory]
    [InlineData(CovarianceKind.Tied)]
    [InlineData(CovarianceKind.PerClass)]
    public void Duplicated_features_need_their_number_as_temperature(CovarianceKind covariance)
    {
        // Naive Bayes is right for these rows, so T is about 1 (4,000 held-out rows: a few percent); each feature m times makes the likelihood its m-th power.
        var random = new Random(11);
        var (train, held) = (ModelTests.Blobs(random, 6000, 4, 3), ModelTests.Blobs(random, 4000, 4, 3));
        double Temperature(int copies)
        {
            double[] Repeat(double[] row) => [.. Enumerable.Repeat(row, copies).SelectMany(x => x)];
            var model = new NaiveBayesLinearProbeModelParameters(
                Stream(Dense([.. train.Rows.Select(Repeat)], train.Classes), 3), new() { Covariance = covariance });
            return 1 / TemperatureCalibration.FitInverseTemperature(LogLikelihoods(model, [.. held.Rows.Select(Repeat)]), model.LogPriors, held.Classes, default)!.Value;
        }

        var single = Temperature(1);
        Assert.Equal(1, single, 0.1);
        Assert.Equal(3 * single, Temperature(3), 1e-6);
        Assert.Equal(8 * single, Temperature(8), 1e-6);
    }

    [Fact]
    public void The_loss_is_convex_and_least_at_the_result()
    {
        var table = SmallTables.BreastCancer;
        var model = new NaiveBayesLinearProbeModelParameters(Stream(table.Train.ToBlock(), 2), new());
        var (scores, classes) = (LogLikelihoods(model, table.Test.Features), table.Test.Classes);
        var beta = TemperatureCalibration.FitInverseTemperature(scores, model.LogPriors, classes, default)!.Value;
        (double Loss, double Slope, double Curvature) At(double b, NaiveBayesLinearProbeModelParameters m) => TemperatureCalibration.Evaluate(b, scores, m.LogPriors, classes, default);

        Assert.InRange(beta, 0.01, 0.9);   // 30 correlated features: overconfident
        Assert.Equal(0, At(beta, model).Slope, 1e-12);
        Assert.True(At(beta, model).Loss < 0.7 * At(1, model).Loss);
        var factors = Enumerable.Range(1, 40).Select(i => 1 + (0.1 * i)).ToArray();
        foreach (var (near, far) in factors.Zip(factors.Skip(1)))
        {
            Assert.True(At(beta * near, model).Loss < At(beta * far, model).Loss);
            Assert.True(At(beta / near, model).Loss < At(beta / far, model).Loss);
        }

        var tempered = new NaiveBayesLinearProbeModelParameters(model.Statistics, model.GetOptions(), 1 / beta);
        Assert.Equal(At(beta, model).Loss, Reference.Evaluate(tempered, table.Test).LogLoss, 1e-6);
    }

    [Fact]
    public void Derivatives_are_those_of_the_loss()
    {
        double[] scores = [0, 1, 3, -1, 2, 0.5, 4, 4, -2];
        double[] logPriors = [Math.Log(0.2), Math.Log(0.5), Math.Log(0.3)];
        (double Loss, double Slope, double Curvature) At(double beta) => TemperatureCalibration.Evaluate(beta, scores, logPriors, [0, 1, 2], [1, 2, 0.5f]);

        Assert.Equal((At(0.7 + 1e-5).Loss - At(0.7 - 1e-5).Loss) / 2e-5, At(0.7).Slope, 1e-8);
        Assert.Equal((At(0.7 + 1e-5).Slope - At(0.7 - 1e-5).Slope) / 2e-5, At(0.7).Curvature, 1e-8);
    }

    [Fact]
    public void Weights_count_as_repetitions()
    {
        double[] scores = [1, 0, 0, 2, 3, 0];
        var priors = new[] { Math.Log(0.5), Math.Log(0.5) };
        var weighted = TemperatureCalibration.FitInverseTemperature(scores, priors, [0, 0, 0], [3, 1, 1])!.Value;
        var repeated = TemperatureCalibration.FitInverseTemperature([.. scores, 1, 0, 1, 0], priors, [0, 0, 0, 0, 0], default)!.Value;

        Assert.Equal(repeated, weighted, 1e-12);
        Assert.InRange(weighted, 0.01, 10);
    }

    [Fact]
    public void Hold_outs_that_say_nothing_have_no_temperature()
    {
        var priors = new[] { Math.Log(0.5), Math.Log(0.5), double.NegativeInfinity };

        Assert.Null(TemperatureCalibration.FitInverseTemperature([], priors, [], default));
        Assert.Null(TemperatureCalibration.FitInverseTemperature([1, 0, 0, 0, 9, 0], priors, [0, 1], default));     // separated
        Assert.Null(TemperatureCalibration.FitInverseTemperature([1, 0, 0], priors, [2], default));                 // of a class without training rows
        Assert.Equal(1e-3, TemperatureCalibration.FitInverseTemperature([0, 9, 0], priors, [0], default));              // always wrong: as flat as allowed
    }

    private static double[] LogLikelihoods(NaiveBayesLinearProbeModelParameters model, double[][] rows)
        => [.. rows.SelectMany(row =>
        {
            var scores = new double[model.ClassCount];
            model.LogLikelihoods(row, scores);
            return scores;
        })];
}
