using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;
using MLExtensions.Trainers;
using TorchSharp;
using static MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork.Reference;
using static MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork.NoiseReference;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>The losses and schedules against numbers that were computed independently, in double.</summary>
public sealed class ReferenceNumbersTests : IDisposable
{
    private const double Tolerance = 2e-9;

    private readonly DisposeScope _scope = Begin();

    private static DisposeScope Begin()
    {
        TorchLibrary.EnsureLoaded();
        return NewDisposeScope();
    }

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Early_learning_regularisation()
    {
        var example = NoiseReference.Of("elr_step");
        var (rows, labels) = (arange(2), tensor(example.Indices("labels")));
        using EarlyLearningRegularization earlyLearning = new(History(example.Matrix("t_old")), example.Number("beta"), example.Number("lam"));
        var logits = example.Matrix("logits").requires_grad_();
        var logarithms = logits.log_softmax(1);
        var probabilities = logarithms.exp();
        earlyLearning.Update(rows, probabilities.detach());
        var losses = -logarithms.gather(1, labels.unsqueeze(1)).squeeze(1);
        var (penalties, agreement) = earlyLearning.Regularize(rows, probabilities);
        var loss = (losses + penalties).mean();
        loss.backward();

        Close(example.Flat("p"), probabilities.Values(), Tolerance);
        Close(example.Flat("t_new"), earlyLearning.Targets.Values.Values(), Tolerance);
        Close(example.Flat("ce"), losses.Values(), Tolerance);
        Close([.. example.Flat("reg").Select(value => value * example.Number("lam"))], penalties.Values(), 1e-8);
        Assert.Equal(example.Number("loss"), loss.item<double>(), 1e-8);
        Close(example.Flat("grad"), logits.grad!.Values(), Tolerance);
        var expected = example.Flat("inner").Zip(earlyLearning.Targets.Values.sum(1).Values(), (inner, sum) => inner / sum).Average();
        Assert.Equal(expected, agreement.item<double>(), 1e-8);
    }

    [Fact]
    public void A_row_that_is_predicted_with_certainty_keeps_its_regulariser()
    {
        // The published code clips the probabilities inside the logarithm, and its gradient here is that of the wrong label alone.
        var example = NoiseReference.Of("elr_clamped");
        using EarlyLearningRegularization earlyLearning = new(History(example.Matrix("t_old")), example.Number("beta"), example.Number("lam"));
        var logits = example.Matrix("logits").requires_grad_();
        var probabilities = logits.softmax(1);
        earlyLearning.Update(arange(1), probabilities.detach());
        Close(example.Flat("t_new"), earlyLearning.Targets.Values.Values(), 2e-9);

        earlyLearning.Regularize(arange(1), probabilities).Penalties.sum().backward();
        var (p, t) = (probabilities.Values(), earlyLearning.Targets.Values.Values());
        var inner = p.Zip(t, (a, b) => a * b).Sum();
        // The example's is that of the clipped probabilities.
        Assert.Equal(example.Flat("inner")[0], inner, 1e-4);
        Close([.. p.Zip(t, (a, b) => example.Number("lam") * a * (inner - b) / (1 - inner))], logits.grad!.Values(), 1e-12);
        Assert.NotEqual(0, logits.grad!.Values()[1]);
        Assert.All(example.Flat("grad_reg"), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Averages_start_at_0_and_are_not_corrected()
    {
        var example = NoiseReference.Of("elr_temporal");
        using EarlyLearningRegularization earlyLearning = new(History(zeros(1, 3, dtype: ScalarType.Float64)), example.Number("beta"), 3);
        foreach (var expected in example.GetProperty("t").EnumerateArray())
        {
            earlyLearning.Update(arange(1), tensor(example.Flat("p")).unsqueeze(0));
            Close(expected.Flat(), earlyLearning.Targets.Values.Values(), Tolerance);
        }
    }

    [Fact]
    public void Self_distillation()
    {
        var example = NoiseReference.Of("pskd_step");
        using SelfDistillation distillation = new(History(example.Matrix("prev")), example.Number("alpha_T"), (int)example.Number("epochs"));
        distillation.BeginEpoch((int)example.Number("epoch"));
        var targets = distillation.Targets(arange(2), tensor(example.Indices("labels")));
        var logits = example.Matrix("logits").requires_grad_();
        var loss = -(targets * logits.log_softmax(1)).sum(1).mean();
        loss.backward();

        Close(example.Flat("soft"), targets.Values(), Tolerance);
        Assert.Equal(example.Number("loss"), loss.item<double>(), Tolerance);
        Close(example.Flat("grad"), logits.grad!.Values(), Tolerance);
        Close(NoiseReference.Of("pskd_alpha").Flat(), [.. Enumerable.Range(1, 10).Select(distillation.ShareOf)], 1e-15);
    }

    [Theory]
    [InlineData("nested_N8_s3.0", 8, 3)]
    [InlineData("nested_N64_s10.0", 64, 10)]
    public void Nested_dropout(string name, int features, double sigma)
    {
        var example = NoiseReference.Of(name);
        NestedDropout nested = new(features, sigma);
        Close(example.Flat("p"), nested.Probabilities, Tolerance);
        Assert.Equal(example.Number("expected_k"), nested.Probabilities.Select((p, i) => p * (i + 1)).Sum(), 1e-8);
        Close(example.Flat("keep_probability_of_channel"), [.. Enumerable.Range(0, features).Select(feature => nested.Probabilities.Skip(feature).Sum())], Tolerance);
        if (features == 8)
            Assert.Equal([1, 1, 1, 2, 4], new[] { 0, 0.2, 0.35, 0.7, 0.95 }.Select(nested.WidthAt));
    }

    [Fact]
    public void Co_teaching()
    {
        var example = NoiseReference.Of("coteaching");
        SmallLossSelection selection = new(example.Number("forget_rate"), warmEpochs: 0);
        foreach (var (losses, rows) in new[] { ("loss1", "idx1"), ("loss2", "idx2") })
            Assert.Equal(example.Indices(rows), selection.Select(tensor(example.Flat(losses))).data<long>());

        SmallLossSelection schedule = new(0.2, warmEpochs: 5);
        Close([0, 0.05, 0.1, 0.15, 0.2, 0.2], [.. Enumerable.Range(1, 6).Select(schedule.ForgottenShare)], 1e-15);
    }
}
