using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Training;
using MLExtensions.Trainers;
using static MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork.Reference;

namespace MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;

/// <summary>Gradients, products and losses against finite differences and plain loops.</summary>
public class KernelTests
{
    public static TheoryData<HiddenActivation, int, int, double> Shapes { get; } = new MatrixTheory(
        from activation in Enum.GetValues<HiddenActivation>()
        from units in new[] { 1, 3 }
        from outputs in new[] { 1, 4 }
        from density in new[] { 1.0, 0.01 }
        select (activation, units, outputs, density));

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_gradient_of_a_block_is_that_of_finite_differences(HiddenActivation activation, int units, int outputs, double density)
    {
        var (rows, weights, random) = RandomRows(330, 21, density);
        Assert.Equal(density < 0.1, rows.SparseColumns.Length > 0);
        BlockShape shape = new(21, units, outputs);
        BlockObjective objective = new(rows, Standardization.Of(rows, weights), OneThread, shape, activation, 0.3);
        objective.Start([.. Enumerable.Range(0, 330).Where(i => i % 3 != 1)], Numbers(random, 330 * outputs), weights);
        var parameters = Numbers(random, shape.Length);
        double[] gradient = new double[shape.Length], ignored = new double[shape.Length];
        objective.Evaluate(parameters, gradient);

        for (var i = 0; i < shape.Length; i++)
        {
            const double Step = 1e-6;
            var original = parameters[i];
            parameters[i] = original + Step;
            var above = objective.Evaluate(parameters, ignored);
            parameters[i] = original - Step;
            var below = objective.Evaluate(parameters, ignored);
            parameters[i] = original;
            // A relu has kinks, which a row may lie near.
            Assert.Equal((above - below) / (2 * Step), gradient[i], activation == HiddenActivation.Relu ? 1e-5 : 1e-7);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void The_objective_is_the_same_bit_for_bit_with_any_number_of_threads(int threads)
    {
        // Large enough for blocks to run in parallel.
        var (rows, weights, random) = RandomRows(3000, 40, 1);
        BlockShape shape = new(40, 2, 1);
        var (residuals, parameters) = (Numbers(random, 3000), Numbers(random, shape.Length));
        double[] Evaluate(int count)
        {
            BlockObjective objective = new(rows, Standardization.Of(rows, weights), new(count), shape, HiddenActivation.Logistic, 1e-4);
            objective.Start([.. Enumerable.Range(0, 3000)], residuals, weights);
            var gradient = new double[shape.Length];
            return [objective.Evaluate(parameters, gradient), .. gradient];
        }
        Assert.Equal(Evaluate(1), Evaluate(threads));
    }

    [Fact]
    public void Sparse_and_dense_rows_give_the_same_objective()
    {
        var (sparse, weights, random) = RandomRows(500, 30, 0.01);
        var dense = new float[500 * 30];
        for (var i = 0; i < 500; i++)
            sparse.ForEach(i, (j, x) => dense[(i * 30) + j] = x + 1);
        // The same rows moved by 1 are dense; standardised, they are the same.
        for (var i = 0; i < dense.Length; i++)
            dense[i] = dense[i] == 0 ? 1 : dense[i];
        var moved = FeatureRows.From(RowBlock.Dense(30, dense));
        Assert.True(sparse.SparseColumns.Length > 0 && moved.SparseColumns.Length == 0);

        BlockShape shape = new(30, 2, 3);
        var (residuals, parameters) = (Numbers(random, 1500), Numbers(random, shape.Length));
        double[] Evaluate(FeatureRows rows)
        {
            BlockObjective objective = new(rows, Standardization.Of(rows, weights), OneThread, shape, HiddenActivation.Tanh, 1e-4);
            objective.Start([.. Enumerable.Range(0, 500)], residuals, weights);
            var gradient = new double[shape.Length];
            return [objective.Evaluate(parameters, gradient), .. gradient];
        }
        Close(Evaluate(sparse), Evaluate(moved), 1e-6);
    }

    [Theory]
    [InlineData("squared")]
    [InlineData("logistic")]
    [InlineData("softmax")]
    [InlineData("huber")]
    [InlineData("quantile")]
    [InlineData("poisson")]
    public void Residuals_and_curvature_are_derivatives_of_the_loss(string name)
    {
        var random = new Random(3);
        var weights = Numbers(random, 20).Select(w => w + 2).ToArray();
        int[] classes = [.. Enumerable.Range(0, 20).Select(i => i % 3)];
        BoostingLoss loss = name switch
        {
            "squared" => new SquaredLoss(Numbers(random, 20), weights),
            "logistic" => new LogisticLoss([.. classes.Select(k => k % 2)], weights),
            // Delta 3 is beyond all errors, where the bound on the curvature is the curvature; smaller ones have a test of their own.
            "huber" => new HuberLoss(Numbers(random, 20), weights, 3),
            "quantile" => new QuantileLoss(Numbers(random, 20), weights, 0.3),
            "poisson" => new PoissonLoss([.. Numbers(random, 20).Select(y => Math.Max(0, 3 * y))], weights),
            _ => new SoftmaxLoss(classes, weights, 3),
        };
        var (scores, direction) = (Numbers(random, 20 * loss.OutputCount), Numbers(random, 20 * loss.OutputCount));
        var residuals = new double[scores.Length];
        loss.Residuals(0, 20, scores, residuals);
        double Along(double step) => loss.LossAlong(0, 20, scores, direction, step);

        var slope = Enumerable.Range(0, scores.Length).Sum(i => weights[i / loss.OutputCount] * residuals[i] * direction[i]);
        Assert.Equal((Along(1e-5) - Along(-1e-5)) / 2e-5, -slope, 1e-6);
        Assert.Equal((Along(1e-3) - (2 * Along(0)) + Along(-1e-3)) / 1e-6, loss.Curvature(0, 20, scores, residuals, direction), 1e-3);
        // The start is the constant with the least loss.
        var start = loss.Start();
        double AtConstant(double shift) => loss.Loss(0, 20, [.. Enumerable.Repeat(start, 20).SelectMany(f => f.Select((value, k) => k == 0 ? value + shift : value))]);
        Assert.True(AtConstant(0) < AtConstant(1e-3) && AtConstant(0) < AtConstant(-1e-3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1e-6)]
    [InlineData(1e6)]
    public void The_start_of_an_absent_class_does_not_depend_on_the_unit_of_weights(double unit)
    {
        // Four rows of mean weight 3/2: half of that is as much as a class without rows counts.
        var start = new SoftmaxLoss([0, 0, 2, 2], [unit, 2 * unit, unit, 2 * unit], 3).Start();
        Assert.Equal(Math.Log(3 / 0.75), start[0] - start[1], 1e-9);
        Assert.Equal(start[0], start[2], 1e-12);
    }

    [Fact]
    public void Sums_are_added_up_in_the_order_of_the_blocks()
    {
        // The first block ends last; in any other order than the right one, the 1 is lost in rounding.
        double[] parts = [1e16, -1e16, 1];
        using CountdownEvent others = new(2);
        var sum = new FixedBlocks(2, 0).Sum(3 * FixedBlocks.Size, 1, (first, _) =>
        {
            var block = first / FixedBlocks.Size;
            if (block == 0)
                Assert.True(others.Wait(TimeSpan.FromMinutes(1)));
            else
                others.Signal();
            return parts[block];
        });
        Assert.Equal(1, sum);
    }

    [Fact]
    public void Blocks_run_at_the_same_time_when_there_is_enough_work()
    {
        // Each of two blocks waits for the other.
        using Barrier barrier = new(2);
        void Meet() => Assert.True(barrier.SignalAndWait(TimeSpan.FromMinutes(1)));
        new FixedBlocks(2, 0).Run(2 * FixedBlocks.Size, 1, (_, _, _) => Meet());
        new FixedBlocks(2, 0).ForEach(2, 1, _ => Meet());
        var thread = Environment.CurrentManagedThreadId;
        new FixedBlocks(2).Run(2 * FixedBlocks.Size, 1, (_, _, _) => Assert.Equal(thread, Environment.CurrentManagedThreadId));
    }

    [Theory]
    [InlineData(1e4)]
    [InlineData(-1e4)]
    public void Saturated_scores_give_finite_losses(double score)
    {
        foreach (var loss in new BoostingLoss[] { new LogisticLoss([0, 1], [1, 1]), new SoftmaxLoss([0, 1], [1, 1], 2) })
        {
            var scores = Enumerable.Range(0, 2 * loss.OutputCount).Select(i => i % 2 == 0 ? score : -score).ToArray();
            var residuals = new double[scores.Length];
            loss.Residuals(0, 2, scores, residuals);
            Assert.All(residuals, r => Assert.InRange(r, -2, 2));
            Assert.True(double.IsFinite(loss.Loss(0, 2, scores)) && double.IsFinite(loss.Curvature(0, 2, scores, residuals, scores)));
        }
    }

    [Fact]
    public void Rows_are_standardised_by_weighted_moments()
    {
        var (rows, weights, _) = RandomRows(400, 5, 1);
        var standardization = Standardization.Of(rows, weights);
        var values = new List<double>[5];
        for (var i = 0; i < 400; i++)
            rows.ForEach(i, (j, x) => (values[j] ??= []).Add(x));
        for (var j = 0; j < 5; j++)
        {
            var mean = values[j].Zip(weights, (x, w) => x * w).Sum() / weights.Sum();
            Assert.Equal(mean, standardization.Means[j], 1e-10);
            Assert.Equal(Math.Sqrt(values[j].Zip(weights, (x, w) => w * (x - mean) * (x - mean)).Sum() / weights.Sum()), standardization.Deviations[j], 1e-10);
        }
    }

    private static (FeatureRows Rows, double[] Weights, Random Random) RandomRows(int count, int features, double density)
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, count * features).Select(_ => random.NextDouble() < density ? (float)((2 * random.NextDouble()) - 0.5) : 0).ToArray();
        return (FeatureRows.From(RowBlock.Dense(features, values)), [.. Enumerable.Range(0, count).Select(i => 0.5 + (i % 4))], random);
    }

    private static double[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];

    private sealed class MatrixTheory : TheoryData<HiddenActivation, int, int, double>
    {
        public MatrixTheory(IEnumerable<(HiddenActivation Activation, int Units, int Outputs, double Density)> rows)
        {
            foreach (var (activation, units, outputs, density) in rows)
                Add(activation, units, outputs, density);
        }
    }
}
