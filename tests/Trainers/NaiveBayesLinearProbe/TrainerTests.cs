using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.NaiveBayesLinearProbe.Reference;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

/// <summary>The probe as users meet it: through ML.NET views, saved, and loaded with stock transformers.</summary>
public class TrainerTests
{
    private readonly MLContext _context = new(seed: 1);

    /// <summary>The card's tables through fit, save, stock load and scoring. Features are rounded to Single, which moves posteriors by less than 1e-5.</summary>
    [Theory]
    [MemberData(nameof(ReferenceNumbersTests.Tables), MemberType = typeof(ReferenceNumbersTests))]
    public void Saved_models_reproduce_the_reference(string name, string setting)
    {
        var (expected, table) = (Of(name, setting), SmallTables.ByName(name));
        var fitted = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe(OptionsOf(setting)).Fit(table.Train.ToView(_context));
        var scored = StockLoaded(fitted).Transform(table.Test.ToView(_context));

        var posteriors = scored.GetColumn<float[]>("Score").ToArray();
        var predicted = scored.GetColumn<uint>("PredictedLabel").ToArray();
        Assert.Equal(expected.GetProperty("correct").GetInt32(), predicted.Zip(table.Test.Classes).Count(pair => pair.First == pair.Second + 1));
        if (!expected.TryGetProperty("first5_test_posterior", out var first))
            return;
        foreach (var (reference, posterior) in Matrix(first).Zip(posteriors))
        {
            for (var k = 0; k < reference.Length; k++)
                Assert.Equal(reference[k], posterior[k], 1e-5);
        }
    }

    [Fact]
    public void Evaluators_see_probabilities()
    {
        var table = SmallTables.Iris;
        var fitted = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe(OptionsOf("tied_abs_1e-9")).Fit(table.Train.ToView(_context));
        var metrics = _context.MulticlassClassification.Evaluate(fitted.Transform(table.Test.ToView(_context)));

        // ML.NET's multiclass log-loss is in nats, as is the card's.
        Assert.Equal(Of("iris", "tied_abs_1e-9").GetProperty("test_log_loss").GetDouble(), metrics.LogLoss, 1e-5);
        Assert.Equal(Of("iris", "tied_abs_1e-9").GetProperty("test_accuracy").GetDouble(), metrics.MicroAccuracy, 1e-9);
    }

    /// <summary>Missing, ordinary and infinite features: the graph agrees with the double-precision scores, and never gives NaN.</summary>
    [Theory]
    [InlineData(CovarianceKind.Tied, 2)]
    [InlineData(CovarianceKind.Tied, 3)]
    [InlineData(CovarianceKind.PerClass, 2)]
    [InlineData(CovarianceKind.PerClass, 3)]
    public void Missing_features_are_left_out_by_the_graph(CovarianceKind covariance, int classes)
    {
        var table = WithGaps(classes == 2 ? SmallTables.BreastCancer : SmallTables.Wine);
        var fitted = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe(covariance: covariance).Fit(table.ToView(_context));
        foreach (var model in new[] { fitted, StockLoaded(fitted) })
        {
            var scores = model.Transform(table.ToView(_context)).GetColumn<float[]>("Score").ToArray();
            var expected = new double[classes];
            for (var i = 0; i < table.RowCount; i++)
            {
                fitted.Model.ComputePosteriors(Array.ConvertAll(table.Features[i], x => (float)x), expected);
                for (var k = 0; k < classes; k++)
                    Assert.Equal(expected[k], scores[i][k], 1e-6);
            }
        }
    }

    /// <summary>Prediction engines do not run the graph: missing, ordinary and infinite features score as they do there.</summary>
    [Theory]
    [InlineData(CovarianceKind.Tied, 2)]
    [InlineData(CovarianceKind.Tied, 3)]
    [InlineData(CovarianceKind.PerClass, 2)]
    [InlineData(CovarianceKind.PerClass, 3)]
    public void Single_rows_score_as_the_graph_does(CovarianceKind covariance, int classes)
    {
        var table = WithGaps(classes == 2 ? SmallTables.BreastCancer : SmallTables.Wine);
        table.Features[0][1] = double.PositiveInfinity;
        table.Features[1][0] = double.NegativeInfinity;
        var view = table.ToView(_context);
        var trainable = WithGaps(classes == 2 ? SmallTables.BreastCancer : SmallTables.Wine).ToView(_context);
        foreach (var task in new[] { PredictionTask.BinaryClassification, PredictionTask.MulticlassClassification })
        {
            var model = (task == PredictionTask.BinaryClassification
                ? _context.BinaryClassification.Trainers.NaiveBayesLinearProbe("Positive", covariance: covariance)
                : _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe(covariance: covariance)).Fit(trainable);
            var scored = model.Transform(view);
            var expected = task == PredictionTask.BinaryClassification
                ? scored.GetColumn<float>("Score").Select(score => new[] { score }).ToArray()
                : scored.GetColumn<float[]>("Score").ToArray();
            var rowScorer = model.Model.CreateRowScorer(task);
            var scores = new float[expected[0].Length];
            for (var i = 0; i < expected.Length; i++)
            {
                rowScorer(Array.ConvertAll(table.Features[i], x => (float)x), scores);
                for (var k = 0; k < scores.Length; k++)
                    Assert.Equal(expected[i][k], scores[k], 1e-6 * Math.Max(1, Math.Abs(expected[i][k])));
            }
        }
    }

    [Theory]
    [InlineData(CovarianceKind.Tied)]
    [InlineData(CovarianceKind.PerClass)]
    public void Infinite_features_saturate_the_score(CovarianceKind covariance)
    {
        var table = SmallTables.Wine;
        float[][] features = [[.. table.Features[0].Select(x => (float)x)], [.. table.Features[0].Select(x => (float)x)], new float[table.FeatureCount]];
        features[0][0] = float.PositiveInfinity;
        features[1][3] = float.NegativeInfinity;
        Array.Fill(features[2], float.PositiveInfinity);
        var query = new SmallTable([.. features.Select(row => Array.ConvertAll(row, x => (double)x))], [0, 1, 2]);

        var fitted = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe(covariance: covariance).Fit(WithAbsentClass(table).ToView(_context));
        foreach (var scores in fitted.Transform(query.ToView(_context)).GetColumn<float[]>("Score"))
        {
            Assert.Equal(1, scores.Sum(), 1e-6);
            Assert.Equal(0, scores[2]);
        }
    }

    [Fact]
    public void Binary_log_odds_agree_with_the_multiclass_posterior()
    {
        var table = SmallTables.BreastCancer;
        var binary = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe(labelColumnName: "Positive").Fit(table.Train.ToView(_context));
        var multiclass = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe().Fit(table.Train.ToView(_context));
        var scored = binary.Transform(table.Test.ToView(_context));

        var posteriors = multiclass.Transform(table.Test.ToView(_context)).GetColumn<float[]>("Score");
        foreach (var (probability, posterior) in scored.GetColumn<float>("Probability").Zip(posteriors))
            Assert.Equal(posterior[1], probability, 1e-6);
    }

    [Fact]
    public void Going_on_from_a_model_equals_training_on_all_rows()
    {
        var table = SmallTables.Iris;
        var view = table.ToView(_context);
        var trainer = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe();
        // The second part, the last third of the rows, holds one class only.
        var first = trainer.Fit(_context.Data.TakeRows(view, 100));
        var all = trainer.Fit(_context.Data.SkipRows(view, 100), first.Model).Model;
        var expected = trainer.Fit(view).Model;

        Assert.Equal(2, first.Model.ClassWeights.ToArray().Count(weight => weight > 0));
        ReferenceStatistics.Close(expected.Statistics, all.Statistics, 1e-12);
        var merged = first.WithModel(first.Model.Merge(trainer.Fit(view).Model)).Model;
        Assert.Equal(250, merged.ClassWeights.ToArray().Sum());
    }

    [Fact]
    public void Other_priors_move_the_scores_of_the_same_transformer()
    {
        var table = SmallTables.BreastCancer;
        var view = table.Test.ToView(_context);
        var fitted = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe(labelColumnName: "Positive").Fit(table.Train.ToView(_context));
        var rare = fitted.WithModel(fitted.Model.WithPriors([0.99, 0.01]));

        var shift = Math.Log(0.01 / 0.99) - Math.Log(fitted.Model.Priors[1] / fitted.Model.Priors[0]);
        foreach (var (before, after) in fitted.Transform(view).GetColumn<float>("Score").Zip(StockLoaded(rare).Transform(view).GetColumn<float>("Score")))
            Assert.Equal(shift, after - before, 1e-5 * Math.Max(1, Math.Abs(before)));
        Assert.Throws<ArgumentException>(() => fitted.WithModel(_context.BinaryClassification.Trainers.NaiveBayesLinearProbe("Positive").Fit(SmallTables.Iris.ToView(_context)).Model));
    }

    [Fact]
    public void A_model_of_other_classes_is_refused()
    {
        var trainer = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe();
        var three = trainer.Fit(SmallTables.Wine.ToView(_context));
        var two = trainer.Fit((SmallTables.Wine with { Labels = Array.ConvertAll(SmallTables.Wine.Labels, label => Math.Min(label, 1)) }).ToView(_context));

        Assert.Contains("The model has 2 classes; expected 3", Assert.Throws<ArgumentException>(() => three.WithModel(two.Model)).Message, StringComparison.Ordinal);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(SmallTables.Wine.ToView(_context), two.Model));
        Assert.Contains("Label column 'Label' has 3 classes; expected 2", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Blocks are fixed and merged in order: the parallel sums are those of one thread, bit for bit.</summary>
    [Fact]
    public void Parallel_sums_equal_sequential_ones_bit_for_bit()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 20_000).Select(_ => new[] { random.NextDouble(), 1e3 + random.NextDouble(), random.Next(2) }).ToArray();
        var table = new SmallTable(rows, [.. rows.Select(row => (double)random.Next(3))]);
        var model = _context.MulticlassClassification.Trainers.NaiveBayesLinearProbe().Fit(table.ToView(_context)).Model;

        var sequential = new ClassStatistics(3, 3);
        foreach (var chunk in Enumerable.Range(0, 20_000).Chunk(4096))
        {
            var statistics = new ClassStatistics(3, 3);
            statistics.Add(RowBlock.Dense(3, [.. chunk.SelectMany(i => rows[i]).Select(x => (float)x)], [.. chunk.Select(i => table.Classes[i])]));
            sequential.Merge(statistics);
        }
        Assert.Equal(sequential.Means, model.Statistics.Means);
        Assert.Equal(sequential.SumsOfSquares, model.Statistics.SumsOfSquares);
    }

    /// <summary>Every feature four times: naive Bayes is four times too sure, and the held-out rows say so.</summary>
    [Fact]
    public void Held_out_rows_fit_the_temperature()
    {
        var random = new Random(5);
        var labels = Enumerable.Range(0, 20_000).Select(_ => (double)random.Next(2)).ToArray();
        var table = new SmallTable([.. labels.Select(label => Enumerable.Repeat(label + (2 * random.NextDouble()) + random.NextDouble(), 4).ToArray())], labels);
        var options = new NaiveBayesLinearProbeTrainer.Options { LabelColumnName = "Positive", CalibrationFraction = 0.2 };
        var fitted = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe(options).Fit(table.ToView(_context));

        Assert.InRange(fitted.Model.Temperature, 3.4, 4.6);
        Assert.Equal(20_000, fitted.Model.ClassWeights.ToArray().Sum());
        var plain = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe("Positive").Fit(table.ToView(_context));
        Assert.True(LogLoss(fitted, table) < LogLoss(plain, table));
    }

    [Fact]
    public void Going_on_fits_the_temperature_to_the_new_rows()
    {
        var (view, options) = (Repeated(4000).ToView(_context), new NaiveBayesLinearProbeTrainer.Options { LabelColumnName = "Positive", Seed = 3 });
        var plain = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe(options);
        options.CalibrationFraction = 0.3;
        var calibrated = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe(options);
        var (first, second) = (_context.Data.TakeRows(view, 2000), _context.Data.SkipRows(view, 2000));

        var fromPlain = calibrated.Fit(second, plain.Fit(first).Model).Model;
        Assert.InRange(fromPlain.Temperature, 3, 5.2);
        ReferenceStatistics.Close(plain.Fit(view).Model.Statistics, fromPlain.Statistics, 1e-12);
        var fromCalibrated = plain.Fit(second, calibrated.Fit(first).Model).Model;
        Assert.Equal(calibrated.Fit(first).Model.Temperature, fromCalibrated.Temperature);
    }

    [Fact]
    public void The_seed_alone_decides_what_is_held_out()
    {
        double Temperature(int? seed, MLContext context) => context.BinaryClassification.Trainers.NaiveBayesLinearProbe(
            new NaiveBayesLinearProbeTrainer.Options { LabelColumnName = "Positive", CalibrationFraction = 0.2, Seed = seed }).Fit(Repeated(2000).ToView(context)).Model.Temperature;

        Assert.Equal(Temperature(7, new(1)), Temperature(7, new(2)));
        Assert.NotEqual(Temperature(7, new(1)), Temperature(8, new(1)));
        Assert.Equal(Temperature(null, new(1)), Temperature(null, new(1)));
        Assert.NotEqual(Temperature(null, new(1)), Temperature(null, new(2)));
    }

    [Fact]
    public void A_temperature_that_cannot_be_fitted_is_a_warning()
    {
        double Temperature(SmallTable table, double fraction, string warning)
        {
            var context = new MLContext(1);
            var log = new LogLines(context);
            var options = new NaiveBayesLinearProbeTrainer.Options { LabelColumnName = "Positive", CalibrationFraction = fraction, Seed = 1 };
            var model = context.BinaryClassification.Trainers.NaiveBayesLinearProbe(options).Fit(table.ToView(context)).Model;
            Assert.Contains(log.Warnings, line => line.Contains("No temperature could be fitted, it stays 1", StringComparison.Ordinal) && line.Contains(warning, StringComparison.Ordinal));
            Assert.DoesNotContain(log.All, line => line.Contains("Fitted the temperature", StringComparison.Ordinal));
            return model.Temperature;
        }

        var separated = new SmallTable([.. Enumerable.Range(0, 100).Select(i => new[] { (i % 2) + (0.001 * i) })], [.. Enumerable.Range(0, 100).Select(i => i % 2.0)]);
        Assert.Equal(1, Temperature(separated, 0.2, "the true class is the likeliest"));
        Assert.Equal(1, Temperature(Repeated(50), 1e-9, "no row was held out"));
        Assert.Equal(1, Temperature(Repeated(50), 1 - 1e-9, "fewer than two classes"));
    }

    [Fact]
    public void Calibration_asks_a_bounded_number_of_rows()
    {
        var table = Repeated(5000);
        var options = new NaiveBayesLinearProbeTrainer.Options { LabelColumnName = "Positive" };
        var model = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe(options).Fit(table.ToView(_context)).Model;
        (double? Temperature, int Rows) Fit(int maxRows) => new Calibrating(_context, new CalibrationSplit(0.4, 3) { MaxRows = maxRows }, model).Ask(table);

        Assert.InRange(Fit(500).Rows, 400, 500);
        Assert.InRange(Fit(50_000).Rows, 1900, 2100);
        Assert.Equal(Fit(500), Fit(500));
        Assert.Equal(Fit(50_000).Temperature!.Value, Fit(500).Temperature!.Value, 1.0);
    }

    [Theory]
    [InlineData(CovarianceKind.Tied)]
    [InlineData(CovarianceKind.PerClass)]
    public void Sparse_rows_calibrate_as_dense_ones(CovarianceKind covariance)
    {
        var (rows, classes, _) = ClassStatisticsTests.RandomRows(5, 9, missing: true, weighted: false);
        var dense = ReferenceStatistics.Dense(rows, classes);
        var model = new NaiveBayesLinearProbeModelParameters(ReferenceStatistics.Stream(dense, 4), new() { Covariance = covariance });
        var sparse = ReferenceStatistics.Sparse(rows, classes);
        var (ofZeros, expected, actual) = (new double[4], new double[4], new double[4]);
        model.LogLikelihoods(new double[9], ofZeros);
        for (var i = 0; i < rows.Length; i++)
        {
            var stored = sparse.RowStarts[i]..sparse.RowStarts[i + 1];
            model.LogLikelihoods(Array.ConvertAll(rows[i], x => (double)(float)x), expected);
            model.Coefficients.LogLikelihoods(sparse.Indices[stored], sparse.Values[stored], ofZeros, actual);
            ReferenceStatistics.Close(expected, actual, 1e-10);
        }
    }

    // Every feature four times: naive Bayes is four times too sure.
    private static SmallTable Repeated(int rows)
    {
        var random = new Random(5);
        var labels = Enumerable.Range(0, rows).Select(_ => (double)random.Next(2)).ToArray();
        return new SmallTable([.. labels.Select(label => Enumerable.Repeat(label + (2 * random.NextDouble()) + random.NextDouble(), 4).ToArray())], labels);
    }

    private sealed class Calibrating(MLContext context, CalibrationSplit split, NaiveBayesLinearProbeModelParameters model)
        : TrainerBase<NaiveBayesLinearProbeTrainer.Options, NaiveBayesLinearProbeModelParameters>(
            MlNetAccess.EnvironmentOf(context.Transforms), PredictionTask.BinaryClassification, new() { LabelColumnName = "Positive" })
    {
        private (double?, int) _answer;

        public (double?, int) Ask(SmallTable table)
        {
            Fit(table.ToView(context));
            return _answer;
        }

        protected override NaiveBayesLinearProbeModelParameters Train(
            TrainingData data, NaiveBayesLinearProbeModelParameters? startFrom, TrainingContext context)
        {
            _answer = split.FitTemperature(data, model, Enumerable.Range(0, 5000).Count(row => split.Fitted(One(row)).Count == 0));
            return model;
        }

        private static RowBlock One(long row)
        {
            var block = new RowBlock(1);
            block.Append(new VBuffer<float>(1, [0f]), row);
            return block;
        }
    }

    /// <summary>The card's simulation: logistic regression needs rows in proportion to the features, naive Bayes hardly any.</summary>
    [Fact]
    public void Rows_needed_grow_with_the_features_for_logistic_regression_only()
    {
        int RowsNeeded<T>(int d, IEstimator<T> trainer)
            where T : class, ITransformer => (int)Enumerable.Range(1, 3).Average(seed => RowsUntilGood(d, seed, trainer));
        var (few, many) = (25, 200);
        var probe = _context.BinaryClassification.Trainers.NaiveBayesLinearProbe(new NaiveBayesLinearProbeTrainer.Options { LabelColumnName = "Positive", VarianceSmoothing = 1e-2 });
        var regression = _context.BinaryClassification.Trainers.LbfgsLogisticRegression("Positive");

        Assert.True(RowsNeeded(few, probe) < 15);
        Assert.True(RowsNeeded(many, probe) < 15);
        Assert.True(RowsNeeded(many, regression) >= 3 * RowsNeeded(few, regression));
    }

    private double RowsUntilGood<T>(int d, int seed, IEstimator<T> trainer)
        where T : class, ITransformer
    {
        var random = new Random(seed);
        var test = Simulated(d, 2000, random).ToView(_context);
        var pool = Simulated(d, 1000, random);
        for (var rows = 4; rows <= 1000; rows += (int)Math.Ceiling(Math.Log(d)))
        {
            var train = new SmallTable(pool.Features[..rows], pool.Labels[..rows]);
            if (train.Labels.Distinct().Count() < 2)
                continue;
            var scored = trainer.Fit(train.ToView(_context)).Transform(test);
            var wrong = scored.GetColumn<bool>("PredictedLabel").Zip(scored.GetColumn<bool>("Positive")).Count(pair => pair.First != pair.Second);
            if (wrong < 20)
                return rows;
        }
        return 1000;
    }

    // Class 0 has mean -1 and class 1 mean 1 in every feature; the variance is d for the first half of the features and 1 for the rest.
    private static SmallTable Simulated(int d, int rows, Random random)
    {
        var labels = Enumerable.Range(0, rows).Select(_ => (double)random.Next(2)).ToArray();
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[] Row(double label) => [.. Enumerable.Range(0, d).Select(j => (2 * label) - 1 + ((j < d / 2 ? Math.Sqrt(d) : 1) * Normal()))];
        return new SmallTable(Array.ConvertAll(labels, Row), labels);
    }

    private double LogLoss(ITransformer model, SmallTable table)
        => _context.BinaryClassification.Evaluate(model.Transform(table.ToView(_context)), "Positive").LogLoss;

    private ITransformer StockLoaded(ITransformer model)
    {
        using var file = new MemoryStream();
        _context.Model.Save(model, null, file);
        return new MLContext().Model.Load(file, out _);
    }

    private static SmallTable WithGaps(SmallTable table)
    {
        var random = new Random(2);
        return table with { Features = [.. table.Features.Select(row => Array.ConvertAll(row, x => random.Next(4) == 0 ? double.NaN : x))] };
    }

    // Class 2 becomes class 3: the key type has four classes, and one of them no rows.
    private static SmallTable WithAbsentClass(SmallTable table)
        => table with { Labels = Array.ConvertAll(table.Labels, label => label == 2 ? 3 : label) };
}
