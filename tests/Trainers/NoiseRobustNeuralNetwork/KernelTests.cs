using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Estimators.Torch;
using MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;
using MLExtensions.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>The parts of the defences, each alone.</summary>
public sealed class KernelTests : IDisposable
{
    private readonly Training _training = new(new() { HiddenUnits = 12, HiddenLayers = 1, NumberOfThreads = 1 });
    private readonly DisposeScope _scope = NewDisposeScope();

    public KernelTests() => NoiseReference.RandomizeHead(_training.Module, _training.Fit.Generator(RandomUse.Validation));

    public void Dispose()
    {
        _scope.Dispose();
        _training.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_gradient_is_that_of_the_loss_with_fixed_averages(bool isClassBalanced)
    {
        const double Step = 1e-6;
        var draws = _training.Fit.Generator(RandomUse.Validation);
        var targets = rand(5, 4, dtype: ScalarType.Float64, generator: draws);
        using EarlyLearningRegularization earlyLearning = new(
            new(targets / targets.sum(1, keepdim: true)), 0.7, 3, isClassBalanced ? tensor([0.5, 2, 1, 4]).DetachFromDisposeScope() : null);
        var logits = randn(5, 4, dtype: ScalarType.Float64, generator: draws).requires_grad_();
        Tensor Loss() => earlyLearning.Regularize(arange(5), logits.softmax(1)).Penalties.sum();
        Loss().backward();
        var found = logits.grad!.Values();
        using var noGradient = no_grad();
        for (var i = 0; i < found.Length; i++)
        {
            var place = logits.view(-1).narrow(0, i, 1);
            place.add_(Step);
            var above = Loss().item<double>();
            place.sub_(2 * Step);
            var below = Loss().item<double>();
            place.add_(Step);
            Assert.Equal((above - below) / (2 * Step), found[i], 1e-8);
        }
    }

    [Theory]
    [InlineData(0.3, -0.356674944, -1.428571429)]
    // Below 1e-4 the value stays, and so does the gradient.
    [InlineData(0.99995, -9.210340372, -10000)]
    [InlineData(1.0, -9.210340372, -10000)]
    public void The_logarithm_has_a_floor_in_value_and_slope(double agreement, double value, double slope)
    {
        var x = tensor([agreement]).requires_grad_();
        var y = EarlyLearningRegularization.LogDisagreement(x);
        y.sum().backward();
        Assert.Equal(value, y.item<double>(), 1e-8);
        Assert.Equal(slope, x.grad!.item<double>(), 1e-8 * Math.Abs(slope));
    }

    [Fact]
    public void Factors_of_classes_are_the_inverse_of_their_frequency_within_limits()
    {
        // 1, 9 and 90 rows: their mean is 100 / 3. Class 1 has none.
        long[] labels = [0, .. Enumerable.Repeat(2L, 9), .. Enumerable.Repeat(3L, 90)];
        Assert.Equal([10f, 1f, 100f / 27, 100f / 270], EarlyLearningRegularization.ClassFactors(labels, 4));
    }

    [Fact]
    public void The_first_epoch_of_self_distillation_is_a_plain_one()
    {
        var labels = tensor([2L, 0, 1]);
        using SelfDistillation distillation = new(SelfDistillation.StartFrom(labels, 3, ScalarType.Float64), 0.8, epochs: 4);
        distillation.BeginEpoch(1);
        Assert.Equal([0, 0, 1, 1, 0, 0, 0, 1, 0], distillation.Targets(arange(3), labels).Values().Select(value => Math.Round(value, 12)));
    }

    [Fact]
    public void Histories_go_back_to_the_best_epoch()
    {
        using PredictionHistory history = new(zeros(3, 2));
        history.Set(tensor([2L, 0]), tensor([1f, 2, 3, 4], [2, 2]));
        history.Keep();
        history.Set(tensor([1L]), ones(1, 2));
        Assert.Equal([3, 4, 1, 1, 1, 2], history.Values.Values());
        history.Restore();
        Assert.Equal([3, 4, 0, 0, 1, 2], history.Values.Values());
        Assert.Equal([1, 2], history.Of(tensor([2L])).Values());
    }

    [Fact]
    public void Widths_are_drawn_as_often_as_they_are_probable()
    {
        const int Draws = 100_000;
        NestedDropout nested = new(8, 3, _training.Fit.Generator(RandomUse.FeatureCompression));
        var counts = new int[9];
        for (var i = 0; i < Draws; i++)
        {
            nested.Draw();
            counts[nested.Width]++;
        }
        foreach (var (k, p) in nested.Probabilities.Index())
            Assert.InRange(counts[k + 1], (Draws * p) - (4 * Math.Sqrt(Draws * p * (1 - p))), (Draws * p) + (4 * Math.Sqrt(Draws * p * (1 - p))));
    }

    [Fact]
    public void A_width_far_below_one_feature_keeps_the_first()
        => Assert.Equal(1, new NestedDropout(100, 1e-3).Probabilities[0], 1e-12);

    [Fact]
    public void All_widths_at_once_give_the_hits_of_each()
    {
        using var noGradient = no_grad();
        _training.Module.eval();
        var batch = _training.Table.Slice(0, 100);
        var hits = NestedDropout.HitsByWidth(_training.Module, batch);
        Assert.Equal(12, hits.Length);
        var features = _training.Module.Features(batch);
        for (var k = 1; k <= hits.Length; k++)
        {
            var masked = features.clone();
            masked.narrow(1, k, hits.Length - k).zero_();
            Assert.Equal(hits[k - 1], _training.Module.Head(masked).argmax(1).eq(batch.Labels!).sum().item<long>());
            Reference.Close(_training.Module.Head(masked).Values(), _training.Module.Head(features.narrow(1, 0, k)).Values(), 1e-5);
        }
    }

    [Fact]
    public void Weights_count_in_the_hits_of_each_width()
    {
        using Training weighted = new(_training.Options, weighted: true);
        using var noGradient = no_grad();
        var batch = weighted.Table.Slice(0, 100);
        var hit = weighted.Module.Forward(batch).argmax(1).eq(batch.Labels!).to(ScalarType.Float64);
        Assert.Equal((hit * batch.Weights!).sum().item<double>(), NestedDropout.HitsByWidth(weighted.Module, batch)[^1], 1e-4);
    }

    [Theory]
    [InlineData(3, 0.5, 0.9, 0.95, 0.9)]
    [InlineData(2, 0.5, 0.95, 0.95, 0.950005)]
    [InlineData(4, 0.5, 0.9, 0.95, 0.96)]
    public void The_best_width_is_small_among_equals(int expected, params double[] accuracies) => Assert.Equal(expected, NestedDropout.Best(accuracies));

    [Fact]
    public void Features_beyond_the_width_have_no_gradient()
    {
        var module = _training.Module;
        var features = module.Features(_training.Table.Slice(0, 100)).detach().requires_grad_();
        module.Head(features.narrow(1, 0, 5)).square().sum().backward();
        Assert.All(features.grad!.narrow(1, 5, 7).Values(), value => Assert.Equal(0, value));
        Assert.All(module.HeadWeight.grad!.narrow(1, 5, 7).Values(), value => Assert.Equal(0, value));
        Assert.Contains(module.HeadWeight.grad!.narrow(1, 0, 5).Values(), value => value != 0);
    }

    [Theory]
    [InlineData(0.3, 10, 1, 7)]
    [InlineData(0.5, 5, 1, 3)]
    [InlineData(0.99, 10, 1, 1)]
    [InlineData(0.99, 10, 2, 2)]
    [InlineData(0.99, 1, 2, 1)]
    [InlineData(0, 10, 1, 10)]
    public void A_batch_keeps_the_rounded_share_of_its_rows(double forgetRate, int rows, int minimum, int kept)
        => Assert.Equal(kept, new SmallLossSelection(forgetRate, 0, minimum).Select(rand(rows)).shape[0]);

    [Fact]
    public void The_share_that_is_left_out_follows_the_estimates_unless_it_was_given()
    {
        SmallLossSelection told = new(0.2, 0), estimated = new(null, 0), warming = new(null, 5);
        Assert.Equal((false, true), (told.IsEstimated, estimated.IsEstimated));
        Assert.Equal(0, estimated.ForgottenShare(1));
        // Half of each estimate, and half of what was believed before.
        foreach (var (errorShare, share) in new[] { (0.1, 0.1), (0.4, 0.25), (0.25, 0.25) })
        {
            told.Learn(errorShare);
            estimated.Learn(errorShare);
            warming.Learn(errorShare);
            Assert.Equal((0.2, share), (told.ForgottenShare(3), Math.Round(estimated.ForgottenShare(3), 12)));
        }
        Assert.Equal((0.2, 0.25, 0.125), (told.ForgetRate, estimated.ForgetRate, warming.ForgottenShare(3)));
    }

    [Fact]
    public void Equal_losses_are_taken_in_their_order()
        => Assert.Equal([1L, 0, 2], new SmallLossSelection(0.5, 0).Select(tensor([1f, 0.5f, 1f, 1f, 1f, 1f])).data<long>());
}
