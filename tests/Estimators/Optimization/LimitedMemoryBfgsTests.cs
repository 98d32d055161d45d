using MLExtensions.Estimators.Optimization;

namespace MLExtensions.Tests.Estimators.Optimization;

public class LimitedMemoryBfgsTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(101)]
    public void Rosenbrocks_valley_is_followed_to_its_end(int dimension)
    {
        var point = Enumerable.Range(0, dimension).Select(i => i % 2 == 0 ? -1.2 : 1).ToArray();
        var result = new LimitedMemoryBfgs(2000, relativeDecrease: 0, gradientTolerance: 1e-9).Minimize(Rosenbrock, point);

        Assert.True(result.Reason is StopReason.SmallGradient or StopReason.NoProgress or StopReason.SmallDecrease, $"{result}");
        Assert.InRange(result.Value, 0, 1e-15);
        Assert.All(point, x => Assert.Equal(1, x, 1e-6));
        Assert.True(result.Evaluations < 20 * dimension + 60, $"{result}");
    }

    [Fact]
    public void An_ill_conditioned_quadratic_is_solved()
    {
        // Curvatures from 1 to 1e4.
        var curvatures = Enumerable.Range(0, 30).Select(i => Math.Pow(10, 4 * i / 29.0)).ToArray();
        double Quadratic(ReadOnlySpan<double> x, Span<double> gradient)
        {
            var value = 0.0;
            for (var i = 0; i < x.Length; i++)
            {
                gradient[i] = curvatures[i] * (x[i] - 1);
                value += 0.5 * gradient[i] * (x[i] - 1);
            }
            return value;
        }
        var point = new double[30];
        var result = new LimitedMemoryBfgs(5000, relativeDecrease: 0, gradientTolerance: 1e-6).Minimize(Quadratic, point);

        Assert.True(result.Reason == StopReason.SmallGradient, $"{result}");
        Assert.All(point, x => Assert.Equal(1, x, 1e-5));
    }

    [Fact]
    public void Every_iteration_lowers_the_value_and_the_result_is_the_last_point()
    {
        var last = double.PositiveInfinity;
        for (var iterations = 0; iterations < 40; iterations++)
        {
            double[] point = [-1.2, 1];
            var result = new LimitedMemoryBfgs(iterations, relativeDecrease: 0).Minimize(Rosenbrock, point);
            Assert.Equal(Rosenbrock(point, new double[2]), result.Value);
            Assert.True(result.Value < last || result.Reason != StopReason.IterationLimit, $"{iterations}: {result}");
            last = result.Value;
        }
    }

    [Fact]
    public void A_region_where_the_function_is_not_finite_is_stepped_back_from()
    {
        // -x - ln(2 - x), defined below 2 only; the steps from far away land beyond.
        static double Barrier(ReadOnlySpan<double> x, Span<double> gradient)
        {
            gradient[0] = -1 + (1 / (2 - x[0]));
            return x[0] < 2 ? -x[0] - Math.Log(2 - x[0]) : double.NaN;
        }
        double[] point = [-50];
        var result = new LimitedMemoryBfgs(gradientTolerance: 1e-10, relativeDecrease: 0).Minimize(Barrier, point);

        Assert.Equal(1, point[0], 1e-7);
        Assert.Equal(-1, result.Value, 1e-12);
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(double.PositiveInfinity, 0)]
    [InlineData(0, double.NaN)]
    public void A_start_that_is_not_finite_is_reported_and_left_alone(double value, double slope)
    {
        double[] point = [3];
        var result = new LimitedMemoryBfgs().Minimize((_, gradient) => (gradient[0] = slope) * 0 + value, point);

        Assert.Equal((StopReason.NotFinite, 0, 3.0), (result.Reason, result.Iterations, point[0]));
    }

    [Fact]
    public void Stopping_rules_are_named()
    {
        Assert.Equal(StopReason.SmallGradient, Stop(new(), [1.0, 1.0]));
        Assert.Equal(StopReason.IterationLimit, Stop(new(3), [-1.2, 1]));
        Assert.Equal(StopReason.SmallDecrease, Stop(new(200, relativeDecrease: 0.5), [-1.2, 1]));
        Assert.Equal(StopReason.NoProgress, new LimitedMemoryBfgs().Minimize((x, gradient) => (gradient[0] = 1) - 1, new double[1]).Reason);
    }

    [Fact]
    public void An_instance_can_be_used_again_and_gives_the_same_bits()
    {
        var solver = new LimitedMemoryBfgs();
        double[] first = [-1.2, 1], other = [.. Enumerable.Repeat(-1.0, 7)], second = [-1.2, 1];
        var expected = solver.Minimize(Rosenbrock, first);
        solver.Minimize(Rosenbrock, other);
        Assert.Equal(expected, solver.Minimize(Rosenbrock, second));
        Assert.Equal(first, second);
    }

    [Fact]
    public void Sums_do_not_depend_on_where_the_arrays_lie()
    {
        var random = new Random(1);
        double[] a = [.. Enumerable.Range(0, 1003).Select(_ => random.NextDouble())], b = [.. a.Select(x => x - 0.5)];
        var expected = VectorMath.Dot(a, b);
        Assert.Equal(a.Zip(b).Sum(pair => pair.First * pair.Second), expected, 1e-10);
        for (var offset = 0; offset < 9; offset++)
        {
            double[] movedA = [.. new double[offset], .. a], movedB = [.. new double[offset], .. b];
            Assert.Equal(expected, VectorMath.Dot(movedA.AsSpan(offset), movedB.AsSpan(offset)));
        }
    }

    private static StopReason Stop(LimitedMemoryBfgs solver, double[] point) => solver.Minimize(Rosenbrock, point).Reason;

    private static double Rosenbrock(ReadOnlySpan<double> x, Span<double> gradient)
    {
        gradient.Clear();
        var value = 0.0;
        for (var i = 0; i + 1 < x.Length; i++)
        {
            var (valley, slope) = (x[i + 1] - (x[i] * x[i]), 1 - x[i]);
            value += (100 * valley * valley) + (slope * slope);
            gradient[i] += (-400 * valley * x[i]) - (2 * slope);
            gradient[i + 1] += 200 * valley;
        }
        return value;
    }
}
