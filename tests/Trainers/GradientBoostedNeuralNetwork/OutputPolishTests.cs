using Microsoft.ML;
using MLExtensions.Estimators.Optimization;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork.Reference;
using Fitted = MLExtensions.Estimators.Scoring.PredictionTransformer<MLExtensions.Trainers.GradientBoostedNeuralNetworkModelParameters>;
using Options = MLExtensions.Trainers.GradientBoostedNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>The final fit of all output weights together.</summary>
public class OutputPolishTests
{
    private readonly MLContext _context = new(seed: 1);

    public static TheoryData<PredictionTask, RegressionLoss> Cases { get; } = new()
    {
        { PredictionTask.Regression, RegressionLoss.Squared },
        { PredictionTask.Regression, RegressionLoss.Huber },
        { PredictionTask.Regression, RegressionLoss.Poisson },
        { PredictionTask.BinaryClassification, RegressionLoss.Squared },
        { PredictionTask.MulticlassClassification, RegressionLoss.Squared },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_training_loss_does_not_rise_and_falls_with_a_lower_penalty(PredictionTask task, RegressionLoss loss)
    {
        var plain = Fit(task, new() { Loss = loss });
        var last = plain.Model.Steps[^1].TrainingLoss;
        Assert.Null(plain.Model.PolishedTrainingLoss);
        foreach (var penalty in new[] { 1e9, 10, 0.1, 0 })
        {
            var polished = Fit(task, new() { Loss = loss, PolishOutputWeights = true, PolishPenalty = penalty }).Model;
            Assert.Equal(plain.Model.HiddenWeights.ToArray(), polished.HiddenWeights.ToArray());
            Assert.Equal(plain.Model.OutputWeights.ToArray(), polished.BoostedOutputWeights.ToArray());
            var now = polished.PolishedTrainingLoss!.Value;
            Assert.True(now <= last * (1 + 1e-12), $"{now} with {penalty}, {last} before");
            last = now;
        }
        Assert.True(last < 0.95 * plain.Model.Steps[^1].TrainingLoss);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_huge_penalty_leaves_the_boosted_weights(PredictionTask task, RegressionLoss loss)
    {
        var model = Fit(task, new() { Loss = loss, PolishOutputWeights = true, PolishPenalty = 1e9 }).Model;
        var largest = model.BoostedOutputWeights.ToArray().Max(Math.Abs);
        for (var i = 0; i < model.OutputWeights.Length; i++)
            Assert.Equal(model.BoostedOutputWeights[i], model.OutputWeights[i], 1e-4 * largest);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_cut_network_has_its_boosted_weights_and_a_whole_one_keeps_the_polish(PredictionTask task, RegressionLoss loss)
    {
        var (plain, polished) = (Fit(task, new() { Loss = loss }), Fit(task, new() { Loss = loss, PolishOutputWeights = true }));
        var view = View(task);
        var (expected, cut) = (plain.Truncate(7), polished.Truncate(7));
        Assert.Null(cut.Model.PolishedTrainingLoss);
        Snapshot.AssertSame(Snapshot.Of(expected.Transform(view), "Score"), Snapshot.Of(cut.Transform(view), "Score"), "cut", 0);
        Assert.Same(polished.Model, polished.Truncate(polished.Model.UnitCount).Model);
        Assert.ThrowsAny<Exception>(() => Snapshot.AssertSame(Snapshot.Of(plain.Transform(view), "Score"), Snapshot.Of(polished.Transform(view), "Score")));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_polished_model_is_saved_with_both_sets_of_weights(PredictionTask task, RegressionLoss loss)
    {
        var polished = Fit(task, new() { Loss = loss, PolishOutputWeights = true });
        var view = View(task);
        var expected = Snapshot.Of(polished.Transform(view), "Score");
        foreach (var (form, model) in Models.Forms(_context, polished, view.Schema))
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(view), "Score"), form);
        var (state, again) = (polished.Model.GetState(), GradientBoostedNeuralNetworkModelParameters.FromState(polished.Model.GetState()));
        Assert.Equal(polished.Model.PolishedTrainingLoss, again.PolishedTrainingLoss);
        Assert.All(again.GetState().Numbers, numbers => Assert.Equal(state.Numbers[numbers.Key], numbers.Value));
        Dictionary<string, double[]> damaged = new(state.Numbers) { ["PolishedWeights"] = [1] };
        Assert.Throws<FormatException>(() => GradientBoostedNeuralNetworkModelParameters.FromState(new(state.OptionsJson, damaged, state.Texts)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Going_on_starts_from_the_boosted_weights(PredictionTask task, RegressionLoss loss)
    {
        var (plain, polished) = (Fit(task, new() { Loss = loss }).Model, Fit(task, new() { Loss = loss, PolishOutputWeights = true }).Model);
        double[] Longer(GradientBoostedNeuralNetworkModelParameters start, bool polish)
            => Trainer(task, new() { Loss = loss, NumberOfUnits = 5, PolishOutputWeights = polish }).Fit(View(task), start).Model.BoostedOutputWeights.ToArray();
        Assert.Equal(Longer(plain, false), Longer(polished, false));
        Assert.Equal(Longer(plain, false), Longer(polished, true));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_polish_does_not_depend_on_the_number_of_threads(PredictionTask task, RegressionLoss loss)
    {
        var models = _context.NumbersByThreads(task, () => new() { Loss = loss, PolishOutputWeights = true, NumberOfUnits = 20, UnitsPerStep = 2 });
        Assert.NotEmpty(models[0]["PolishedWeights"]);
        Assert.All(models, model => Assert.Equal(models[0]["PolishedWeights"], model["PolishedWeights"]));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1e9, true)]
    public void Validation_rows_that_get_worse_keep_the_boosted_weights(double penalty, bool isKept)
    {
        // Without a penalty, 60 units learn 310 noisy rows by heart; with a huge one nearly nothing changes, towards a lower training loss.
        var (train, test) = (SmallTables.Diabetes.Train, SmallTables.Diabetes.Test);
        LogLines log = new(_context);
        Fitted Fit(bool polish, SmallTable validation)
            => Trainer(PredictionTask.Regression, new() { NumberOfUnits = 60, PolishOutputWeights = polish, PolishPenalty = penalty }).Fit(train.ToView(_context), validation.ToView(_context));
        // Training rows as validation rows never get worse.
        var (validation, kept) = isKept ? (train, "polished") : (test, "boosted");
        var (plain, polished) = (Fit(false, validation).Model, Fit(true, validation).Model);
        Assert.Equal(plain.BoostedOutputWeights.ToArray(), polished.BoostedOutputWeights.ToArray());
        Assert.Equal(isKept, polished.PolishedTrainingLoss is not null);
        Assert.Equal(isKept, !polished.OutputWeights.SequenceEqual(plain.OutputWeights));
        Assert.Contains(log.All, line => line.Contains($"the {kept} ones are kept", StringComparison.Ordinal));
    }

    [Fact]
    public void Squared_loss_gives_the_ridge_regression()
    {
        // The normal equations hold at the minimum: A'W(y - F) = penalty (V - V0), and 0 for the bias.
        var (activations, weights, random) = Problem();
        var targets = Numbers(random, 200);
        var start = Numbers(random, 7);
        var found = new OutputPolish(new SquaredLoss(targets, weights), activations, start, 3, OneThread).Minimize();
        double[] scores = [.. Enumerable.Range(0, 200).Select(i => found[6] + activations.Select((column, unit) => column[i] * found[unit]).Sum())];
        for (var unit = 0; unit < 6; unit++)
            Assert.Equal(3 * (found[unit] - start[unit]), activations[unit].Select((a, i) => weights[i] * a * (targets[i] - scores[i])).Sum(), 1e-6);
        Assert.Equal(0, scores.Select((score, i) => weights[i] * (targets[i] - score)).Sum(), 1e-6);
    }

    [Theory]
    [InlineData("logistic")]
    [InlineData("softmax")]
    [InlineData("huber")]
    [InlineData("poisson")]
    public void The_gradient_is_that_of_finite_differences(string name)
    {
        var (activations, weights, random) = Problem();
        int[] classes = [.. Enumerable.Range(0, 200).Select(i => i % 3)];
        BoostingLoss loss = name switch
        {
            "logistic" => new LogisticLoss([.. classes.Select(k => k % 2)], weights),
            "softmax" => new SoftmaxLoss(classes, weights, 3),
            "huber" => new HuberLoss(Numbers(random, 200), weights, 0.7),
            _ => new PoissonLoss([.. classes.Select(k => (double)k)], weights),
        };
        OutputPolish polish = new(loss, activations, Numbers(random, 7 * loss.OutputCount), 2, OneThread);
        var point = Numbers(random, 7 * loss.OutputCount);
        double[] gradient = new double[point.Length], ignored = new double[point.Length];
        polish.Evaluate(point, gradient);
        for (var i = 0; i < point.Length; i++)
        {
            double At(double shift) => polish.Evaluate([.. point.Select((value, j) => j == i ? value + shift : value)], ignored);
            Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, gradient[i], 1e-6);
        }
    }

    [Fact]
    public void Units_that_say_the_same_do_no_harm()
    {
        var (activations, weights, random) = Problem();
        var targets = Numbers(random, 200);
        double[][] twice = [.. activations, .. activations, new double[200]];
        var found = new OutputPolish(new SquaredLoss(targets, weights), twice, new double[14], 0, OneThread).Minimize();
        Assert.All(found, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void A_triangle_solves_both_ways()
    {
        double[] matrix = [4, 2, -2, 2, 10, 2, -2, 2, 5];
        Cholesky factor = new([.. matrix], 3);
        // Two columns at once.
        double[] values = [1, 2, 3, 4, 5, 6];
        var solved = values.ToArray();
        factor.SolveLower(solved, 2);
        factor.SolveUpper(solved, 2);
        for (var i = 0; i < 3; i++)
        {
            for (var column = 0; column < 2; column++)
                Assert.Equal(values[(i * 2) + column], Enumerable.Range(0, 3).Sum(j => matrix[(i * 3) + j] * solved[(j * 2) + column]), 1e-12);
        }
        Assert.Throws<ArgumentException>(() => new Cholesky([1, 2, 2, 1], 2));
    }

    private static (double[][] Activations, double[] Weights, Random Random) Problem()
    {
        var random = new Random(4);
        return ([.. Enumerable.Range(0, 6).Select(_ => Numbers(random, 200))], [.. Enumerable.Range(0, 200).Select(i => 0.5 + (i % 4))], random);
    }

    private static double[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];

    private Fitted Fit(PredictionTask task, Options options)
    {
        options.NumberOfUnits = 20;
        return Trainer(task, options).Fit(View(task));
    }

    private GradientBoostedNeuralNetworkTrainer Trainer(PredictionTask task, Options options)
    {
        options.Seed = 3;
        return _context.Trainer(task, options);
    }

    private IDataView View(PredictionTask task) => Networks.Table(task).ToView(_context);
}
