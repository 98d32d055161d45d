using System.Text.Json;
using FsCheck.Xunit;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.NaiveBayesLinearProbe.Reference;
using static MLExtensions.Tests.Trainers.NaiveBayesLinearProbe.ReferenceStatistics;
using Options = MLExtensions.Trainers.NaiveBayesLinearProbeTrainer.Options;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

public class ModelTests
{
    private const double Nan = double.NaN;

    [Property(MaxTest = 60)]
    public void Tied_posteriors_do_not_depend_on_units(int seed, bool subtractMore)
    {
        var random = new Random(seed);
        double[] scale = [.. Enumerable.Range(0, 5).Select(_ => Math.Pow(10, (6 * random.NextDouble()) - 3) * (random.Next(2) - 0.5))];
        double[] shift = [.. Enumerable.Range(0, 5).Select(j => scale[j] * (subtractMore ? 100 : 1) * random.NextDouble())];
        double[] Change(double[] row) => [.. row.Select((x, j) => (scale[j] * x) + shift[j])];
        var (rows, classes) = Blobs(random, 40, 5, 3);
        // The absolute floor is the one part that is not relative.
        var options = new Options { VarianceFloor = 1e-30 };
        var model = new NaiveBayesLinearProbeModelParameters(TwoPass(rows, classes, 3), options);
        var changed = new NaiveBayesLinearProbeModelParameters(TwoPass([.. rows.Select(Change)], classes, 3), options);

        Assert.All(rows, row => Close(model.Posteriors(row), changed.Posteriors(Change(row)), 1e-9));
    }

    [Property(MaxTest = 60)]
    public void Scores_equal_the_densities(int seed, bool tied, bool missing, byte classes)
    {
        var random = new Random(seed);
        var classCount = 2 + (classes % 4);
        var (rows, labels) = Blobs(random, 60, 4, classCount, missing ? 0.2 : 0);
        var options = new Options { Covariance = tied ? CovarianceKind.Tied : CovarianceKind.PerClass, Shrinkage = random.NextDouble() };
        var model = new NaiveBayesLinearProbeModelParameters(TwoPass(rows, labels, classCount), options);

        foreach (var row in rows)
        {
            Close(Centred(model.Joint(row)), Centred(model.LogScores(row)), 1e-9);
            if (tied && !row.Any(double.IsNaN))
                Close(Centred(model.LogScores(row)), Centred(LinearLogits(model, row)), 1e-9);
        }
    }

    [Fact]
    public void Two_tied_classes_have_no_constants_and_opposite_weights()
    {
        var model = Reference.Toy(new Options());

        Assert.All(model.Coefficients.Constant, constant => Assert.Equal(0, constant));
        Assert.Null(model.Coefficients.Quadratic);
        Assert.Equal(-model.Weights[0], model.Weights[2]);
        Close([0.0625, -1 / 6.0], model.Center, 1e-15);
        Close(model.LogPriors, model.LogScores(Nan, Nan), 0);
    }

    [Theory]
    [InlineData(CovarianceKind.Tied)]
    [InlineData(CovarianceKind.PerClass)]
    public void Temperature_divides_the_likelihood_only(CovarianceKind covariance)
    {
        var statistics = Stream(Dense(ToyRows, ToyClasses), 2);
        var options = new Options { Covariance = covariance };
        var (plain, tempered) = (new NaiveBayesLinearProbeModelParameters(statistics, options), new NaiveBayesLinearProbeModelParameters(statistics, options, 4));
        double Odds(NaiveBayesLinearProbeModelParameters model) => model.LogScores(0.3, 0.2)[1] - model.LogScores(0.3, 0.2)[0] - model.LogPriors[1] + model.LogPriors[0];

        Assert.Equal(Odds(plain) / 4, Odds(tempered), 1e-12);
        Assert.Equal(4, tempered.Temperature);
        Assert.Throws<ArgumentOutOfRangeException>(() => new NaiveBayesLinearProbeModelParameters(statistics, options, 0));
    }

    [Theory]
    [InlineData(CovarianceKind.Tied, 0)]
    [InlineData(CovarianceKind.Tied, 1)]
    [InlineData(CovarianceKind.PerClass, 0)]
    [InlineData(CovarianceKind.PerClass, 1)]
    public void A_class_without_rows_gets_posterior_zero(CovarianceKind covariance, double pseudoCount)
    {
        var model = new NaiveBayesLinearProbeModelParameters(
            Stream(Dense(ToyRows, [.. ToyClasses.Select(k => 2 * k)]), 4), new Options { Covariance = covariance, PriorPseudoCount = pseudoCount });

        Close([(3 + pseudoCount) / (7 + (2 * pseudoCount)), 0, (4 + pseudoCount) / (7 + (2 * pseudoCount)), 0], model.Priors, 1e-15);
        Assert.Equal(double.NegativeInfinity, model.LogPriors[1]);
        Assert.Equal(-1e30, model.Coefficients.LogPrior[1]);
        Assert.Equal(-1e30, model.LogScores(0.2, 0.1)[3]);
        foreach (var query in new[] { new[] { 0.2, 0.1 }, [1e30, -1e30], [Nan, Nan] })
        {
            var posteriors = model.Posteriors(query);
            Assert.Equal(0, posteriors[1]);
            Assert.Equal(0, posteriors[3]);
            Assert.Equal(1, posteriors.Sum(), 1e-12);
        }

        if (covariance == CovarianceKind.Tied)
        {
            Close([0, 0], model.Weights[2..4], 0);
            Assert.Equal(-1e30, model.Bias[1]);
            Assert.All(model.Coefficients.Constant, constant => Assert.Equal(0, constant));   // two classes with rows: the midpoint
        }
    }

    [Theory]
    [InlineData(CovarianceKind.Tied, 2)]
    [InlineData(CovarianceKind.PerClass, 2)]
    [InlineData(CovarianceKind.Tied, 3)]
    [InlineData(CovarianceKind.PerClass, 3)]
    public void A_constant_feature_contributes_exactly_nothing(CovarianceKind covariance, int classCount)
    {
        var (rows, classes) = Blobs(new Random(5), 50, 2, classCount);
        double[][] wider = [.. rows.Select(row => new[] { row[0], 0.1f, row[1] })];
        var options = new Options { Covariance = covariance };
        var model = new NaiveBayesLinearProbeModelParameters(Stream(Dense(wider, classes), classCount), options);
        var without = new NaiveBayesLinearProbeModelParameters(Stream(Dense(rows, classes), classCount), options);

        for (var k = 0; k < classCount; k++)
        {
            Assert.Equal(0, model.Coefficients.Linear[(3 * k) + 1]);
            Assert.Equal(0, model.Coefficients.Constant[(3 * k) + 1]);
            Assert.Equal(0, model.Coefficients.Quadratic?[(3 * k) + 1] ?? 0);
        }

        Close(without.Posteriors(0.4, 0.3), model.Posteriors(0.4, 1e9, 0.3), 1e-15);
    }

    [Theory]
    [InlineData(CovarianceKind.Tied)]
    [InlineData(CovarianceKind.PerClass)]
    public void No_variance_inside_the_classes_stays_finite(CovarianceKind covariance)
    {
        foreach (var smoothing in new[] { 0, 1e-3 })
        {
            var model = new NaiveBayesLinearProbeModelParameters(
                Stream(Dense([[1], [1], [2], [2]], [0, 0, 1, 1]), 2), new Options { Covariance = covariance, VarianceSmoothing = smoothing });

            Close([1, 0], model.Posteriors(1.1), 1e-6);
            Close([0, 1], model.Posteriors(1e3), 1e-6);
            Assert.All(model.LogScores(1e30), score => Assert.True(double.IsFinite(score)));
        }
    }

    [Fact]
    public void A_single_value_borrows_the_tied_variance()
    {
        double[][] rows = [[0, 0], [1, 1], [2, 5], [7, Nan], [9, 4]];
        var statistics = Stream(Dense(rows, [0, 0, 0, 1, 2]), 3);
        var perClass = new NaiveBayesLinearProbeModelParameters(statistics, new Options { Covariance = CovarianceKind.PerClass });
        var tied = new NaiveBayesLinearProbeModelParameters(statistics, new Options());

        Close(tied.Variances[2..6], perClass.Variances[2..6], 0);
        Assert.NotEqual(tied.Variances[0], perClass.Variances[0]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0.25)]
    public void A_single_value_borrows_the_tied_variance_whatever_it_weighs(double weight)
    {
        double[][] rows = [[0, 0], [1, 1], [2, 5], [7, 1], [9, 4], [9, Nan]];
        var weights = Enumerable.Repeat(weight, rows.Length).ToArray();
        foreach (var sparse in new[] { false, true })
        {
            var block = sparse ? Sparse(rows, [0, 0, 0, 1, 2, 2], weights) : Dense(rows, [0, 0, 0, 1, 2, 2], weights);
            var perClass = new NaiveBayesLinearProbeModelParameters(Stream(block, 3), new Options { Covariance = CovarianceKind.PerClass });
            var tied = new NaiveBayesLinearProbeModelParameters(Stream(block, 3), new Options());

            Close(tied.Variances[2..4], perClass.Variances[2..4], 0);    // a class of one row
            Close(tied.Variances[5..], perClass.Variances[5..], 0);      // one of its two rows has no value
            Assert.Equal(perClass.Epsilons[0], perClass.Variances[4]);   // two equal values: no spread
        }
    }

    [Fact]
    public void A_class_that_never_saw_a_feature_takes_its_grand_mean()
    {
        double[][] rows = [[0, 1], [1, 3], [5, Nan], [6, Nan]];
        foreach (var covariance in new[] { CovarianceKind.Tied, CovarianceKind.PerClass })
        {
            var model = new NaiveBayesLinearProbeModelParameters(Stream(Dense(rows, [0, 0, 1, 1]), 2), new Options { Covariance = covariance });

            Assert.Equal(2, model.Means[3]);
            Close(model.Posteriors(2, Nan), model.Posteriors(2, 100), 1e-12);
        }

        var allMissing = new NaiveBayesLinearProbeModelParameters(Stream(Dense([[0, Nan], [1, Nan]], [0, 1]), 2), new Options());
        Close(allMissing.Posteriors(0.3, Nan), allMissing.Posteriors(0.3, 7), 0);
    }

    [Fact]
    public void Fewer_than_two_classes_are_refused()
    {
        var one = Assert.Throws<InvalidOperationException>(() => new NaiveBayesLinearProbeModelParameters(Stream(Dense([[1], [2]], [1, 1]), 3), new Options()));
        Assert.Contains("at least two classes, found only class 1, with 2 rows (the label has 3 classes)", one.Message, StringComparison.Ordinal);
        var none = Assert.Throws<InvalidOperationException>(() => new NaiveBayesLinearProbeModelParameters(new ClassStatistics(3, 1), new Options()));
        Assert.Contains("at least two classes, found none", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Priors_follow_the_options()
    {
        double[] Priors(Options options) => [.. Reference.Toy(options).Priors];

        Close([3 / 7.0, 4 / 7.0], Priors(new Options()), 1e-15);
        Close([0.5, 0.5], Priors(new Options { Prior = ClassPriorKind.Uniform }), 1e-15);
        Close([0.2, 0.8], Priors(new Options { Prior = ClassPriorKind.Given, GivenPriors = " 1, 4.0" }), 1e-15);
        Close([3.5 / 8, 4.5 / 8], Priors(new Options { PriorPseudoCount = 0.5 }), 1e-15);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Priors(new Options { Prior = ClassPriorKind.Given, GivenPriors = "1,2,3" }));
        Assert.Contains("Expected 2 priors, one per class, got 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Overridden_priors_shift_the_log_odds()
    {
        var model = Reference.Toy(new Options());
        var changed = model.WithPriors([2, 6]);
        double Odds(NaiveBayesLinearProbeModelParameters m) => m.LogScores(0.2, 0.1)[1] - m.LogScores(0.2, 0.1)[0];

        Assert.Equal(Odds(model) + Math.Log(3) - Math.Log(4.0 / 3), Odds(changed), 1e-12);
        Close([0.25, 0.75], changed.Priors, 1e-15);
        Close([0.5, 0.5], model.WithPriors([1e308, 1e308]).Priors, 0);
        Close([0, 1], model.WithPriors([1e-308, 1e308]).Priors, 1e-300);
        Close([0, 1], model.WithPriors([1e-308, 1e308]).Posteriors(0.2, 0.1), 1e-300);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.WithPriors([1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.WithPriors([1, 0]));
    }

    [Fact]
    public void Shrinkage_goes_from_class_variances_to_the_tied_one()
    {
        double[] Variances(CovarianceKind covariance, double shrinkage) => [.. Reference.Toy(new Options { Covariance = covariance, Shrinkage = shrinkage }).Variances];
        var (own, tied) = (Variances(CovarianceKind.PerClass, 0), Variances(CovarianceKind.Tied, 0));

        Close(tied, Variances(CovarianceKind.PerClass, 1), 1e-15);
        Close([.. own.Zip(tied, (a, b) => (0.75 * a) + (0.25 * b))], Variances(CovarianceKind.PerClass, 0.25), 1e-15);
    }

    [Fact]
    public void Degrees_of_freedom_divide_by_what_the_means_leave()
    {
        double[] Variances(CovarianceKind covariance) => [.. Reference.Toy(new Options
        {
            Covariance = covariance, DegreesOfFreedomCorrection = true, VarianceSmoothing = 0, VarianceFloor = 1e-30,
        }).Variances];

        Close([4.1875 / 5, 2.6666666666666665 / 5, 4.1875 / 5, 2.6666666666666665 / 5], Variances(CovarianceKind.Tied), 1e-14);
        Close([2 / 2.0, 0.6666666666666666 / 2, 2.1875 / 3, 2 / 3.0], Variances(CovarianceKind.PerClass), 1e-14);
        // One row per class leaves no degree of freedom: the variance is epsilon alone.
        var model = new NaiveBayesLinearProbeModelParameters(Stream(Dense([[0], [2]], [0, 1]), 2), new Options { DegreesOfFreedomCorrection = true });
        Assert.Equal(1e-3 + 1e-12, model.Variances[0], 1e-18);
    }

    [Fact]
    public void Smoothing_rules_differ_in_whose_variance_counts()
    {
        double[][] rows = [[0, 0], [2, 200], [4, 400], [6, 600]];
        double[] Epsilons(VarianceSmoothingRule rule) => [.. new NaiveBayesLinearProbeModelParameters(
            Stream(Dense(rows, [0, 1, 0, 1]), 2), new Options { VarianceSmoothingRule = rule, VarianceSmoothing = 0.01 }).Epsilons];

        Close([0.05 + 1e-12, 500 + 1e-12], Epsilons(VarianceSmoothingRule.PerFeature), 1e-15);
        Close([500, 500], Epsilons(VarianceSmoothingRule.LargestVariance), 1e-15);
        Close([0.01, 0.01], Epsilons(VarianceSmoothingRule.Absolute), 1e-15);
    }

    [Theory]
    [InlineData(CovarianceKind.Tied, 2)]
    [InlineData(CovarianceKind.Tied, 3)]
    [InlineData(CovarianceKind.PerClass, 3)]
    public void Evidence_and_log_priors_explain_the_log_scores(CovarianceKind covariance, int classCount)
    {
        var (rows, classes) = Blobs(new Random(8), 60, 4, classCount, missing: 0.1);
        var model = new NaiveBayesLinearProbeModelParameters(Stream(Dense(rows, classes), classCount), new Options { Covariance = covariance }, 2);
        float[] row = [0.3f, float.NaN, -1, 2];
        var evidence = model.GetEvidence(row);
        var scores = new double[classCount];
        model.ComputeLogScores(row, scores);

        double[] explained = [.. Enumerable.Range(0, classCount).Select(k => model.LogPriors[k] + Enumerable.Range(0, 4).Sum(j => evidence[k, j]))];
        Close(Centred(scores), Centred(explained), 1e-12);
        Assert.Equal(0, evidence[0, 1]);
        Assert.Equal(0, Enumerable.Range(0, classCount).Sum(k => evidence[k, 3]), 1e-12);
        if (covariance == CovarianceKind.Tied && classCount == 2)
            Assert.Equal((model.Weights[3] - ((model.Weights[3] + model.Weights[7]) / 2)) * (2 - model.Center[3]), evidence[0, 3], 1e-12);
    }

    [Fact]
    public void Merged_models_equal_one_over_all_rows()
    {
        var table = SmallTables.Wine;
        var (options, rows, classes) = (new Options { Covariance = CovarianceKind.PerClass }, table.Features, table.Classes);
        NaiveBayesLinearProbeModelParameters Fit(int[] include, double temperature = 1)
            => new(Stream(Dense([.. include.Select(i => rows[i])], [.. include.Select(i => classes[i])]), 3), options, temperature);
        var (even, odd) = (Enumerable.Range(0, 178).Where(i => i % 2 == 0).ToArray(), Enumerable.Range(0, 178).Where(i => i % 2 == 1).ToArray());
        var (all, merged) = (Fit([.. even, .. odd]), Fit(even).Merge(Fit(odd)));

        Close(all.Means, merged.Means, 1e-12);
        Close(all.Variances, merged.Variances, 1e-12);
        Close(all.Priors, merged.Priors, 1e-15);
        Assert.Equal(1, merged.Temperature);
        Assert.Equal(1 / 0.375, Fit(even, 2).Merge(Fit(odd, 4)).Temperature, 1e-12);
    }

    [Fact]
    public void Models_that_differ_are_not_merged()
    {
        var model = Reference.Toy(new Options());
        string Refusal(NaiveBayesLinearProbeModelParameters other) => Assert.Throws<ArgumentException>(() => model.Merge(other)).Message;

        Assert.Contains("Covariance: found Tied and PerClass", Refusal(Reference.Toy(new Options { Covariance = CovarianceKind.PerClass })), StringComparison.Ordinal);
        Assert.Contains("VarianceSmoothing: found 0.001 and 0.1", Refusal(Reference.Toy(new Options { VarianceSmoothing = 0.1 })), StringComparison.Ordinal);
        Assert.Contains("overridden priors: found none and 1,2", Refusal(model.WithPriors([1, 2])), StringComparison.Ordinal);
        Assert.Contains(
            "number of features: found 2 and 1",
            Refusal(new NaiveBayesLinearProbeModelParameters(Stream(Dense([[1], [2]], [0, 1]), 2), new Options())),
            StringComparison.Ordinal);
    }

    [Property(MaxTest = 30)]
    public void Saved_and_restored_models_agree_in_every_bit(int seed, bool tied, bool missing, bool otherPriors)
    {
        var random = new Random(seed);
        var (rows, classes) = Blobs(random, 30, 3, 3, missing ? 0.2 : 0);
        var options = new Options { Covariance = tied ? CovarianceKind.Tied : CovarianceKind.PerClass, Shrinkage = 0.1 };
        var model = new NaiveBayesLinearProbeModelParameters(Stream(Dense(rows, classes), 4), options, 1 + random.NextDouble());
        model = otherPriors ? model.WithPriors([0.1, 0.2, 0.3, 0.4]) : model;
        var restored = NaiveBayesLinearProbeModelParameters.FromNumbers(model.GetNumbers(), JsonSerializer.Deserialize<Options>(JsonSerializer.Serialize(options))!);

        Close(model.Means, restored.Means, 0);
        Close(model.Variances, restored.Variances, 0);
        Close(model.FeatureWeights, restored.FeatureWeights, 0);
        Assert.Equal(JsonSerializer.Serialize(model.GetNumbers()), JsonSerializer.Serialize(restored.GetNumbers()));
        Assert.All(rows, row => Assert.Equal(model.LogScores(row), restored.LogScores(row)));
    }

    [Fact]
    public void Broken_state_is_refused()
    {
        var state = new Dictionary<string, double[]>(Reference.Toy(new Options()).GetNumbers());
        state["Means"] = [1];
        Assert.Contains("4 numbers as 'Means', found 1", Assert.Throws<FormatException>(() => NaiveBayesLinearProbeModelParameters.FromNumbers(state, new Options())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_does_not_change_with_what_it_was_made_from()
    {
        var statistics = Stream(Dense(ToyRows, ToyClasses), 2);
        var options = new Options();
        var model = new NaiveBayesLinearProbeModelParameters(statistics, options);
        var before = model.Posteriors(0.2, 0.1);
        statistics.Add(Dense([[9, 9]], [0]));
        (options.Covariance, model.GetOptions().Covariance) = (CovarianceKind.PerClass, CovarianceKind.PerClass);

        Assert.Equal(before, model.Merge(model).WithPriors([3, 4]).Posteriors(0.2, 0.1), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(CovarianceKind.Tied, model.Covariance);
        Assert.Equal(3, model.ClassWeights[0]);
    }

    [Fact]
    public void Wrong_sizes_and_infinite_values_are_refused()
    {
        var model = Reference.Toy(new Options());
        Assert.Throws<ArgumentException>(() => model.ComputePosteriors([1f], new double[2]));
        Assert.Throws<ArgumentException>(() => model.ComputePosteriors([1f, 2f], new double[3]));
        Assert.Throws<ArgumentException>(() => model.ComputePosteriors([1f, float.PositiveInfinity], new double[2]));
        Assert.Throws<ArgumentException>(() => model.GetEvidence([1f]));
    }

    internal static (double[][] Rows, int[] Classes) Blobs(Random random, int count, int featureCount, int classCount, double missing = 0)
    {
        int[] classes = [.. Enumerable.Range(0, count).Select(i => i % classCount)];
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return ([.. classes.Select(k => Enumerable.Range(0, featureCount).Select(j => random.NextDouble() < missing ? Nan : (float)(Normal() + (0.7 * k * (j % 2)))).ToArray())], classes);
    }

    private static double[] LinearLogits(NaiveBayesLinearProbeModelParameters model, double[] x)
    {
        var logits = model.Bias.ToArray();
        for (var i = 0; i < model.Weights.Length; i++)
            logits[i / x.Length] += model.Weights[i] * x[i % x.Length];

        return logits;
    }
}
