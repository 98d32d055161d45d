using MLExtensions.Estimators.Torch;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Trainers;

/// <summary>
/// Co-teaching: both networks score the whole batch, and each is trained on the rows that the other one finds easiest. Errors of one network do not feed on
/// themselves that way. The model's probabilities are the mean of both networks'.
/// </summary>
/// <remarks>
/// Source: B. Han et al., "Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels", NeurIPS 2018, arXiv:1804.06872, algorithm 1. Rows are chosen by
/// the cross-entropy of their labels in scoring mode, whatever else the loss has.
/// </remarks>
/// <param name="first">The first network's step.</param>
/// <param name="second">The second network's step.</param>
/// <param name="selection">How many rows are passed on.</param>
/// <param name="setting">What the steps of the fit share.</param>
internal sealed class CoTeachingStep(NoiseRobustStep first, NoiseRobustStep second, SmallLossSelection selection, NoiseRobustSetting setting) : TrainingStep
{
    private const double SmallestProbability = 1e-30;

    private readonly Tensor _scored = zeros(setting.Training.Count, device: setting.Training.Features.device).DetachFromDisposeScope();
    private readonly Tensor _chosen = zeros(setting.Training.Count, device: setting.Training.Features.device).DetachFromDisposeScope();

    /// <inheritdoc/>
    public override IReadOnlyList<TrainableNetwork> Networks { get; } = [first.Network, second.Network];

    /// <inheritdoc/>
    public override int MinimumRows => first.MinimumRows;

    /// <summary>Number of classes with training rows: among these, wrong labels are expected.</summary>
    public required int ClassCount { get; init; }

    /// <summary>Share of a batch that is left out in the end, tau: as given, or as estimated last.</summary>
    public double ForgetRate => selection.ForgetRate;

    /// <summary>Share of the epochs and networks in which each training row was left out, [n].</summary>
    public Tensor RejectedShares => ScalarArithmetic.OneMinus(_chosen / _scored.AtLeast(1));

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch)
    {
        first.BeginEpoch(epoch);
        second.BeginEpoch(epoch);
        selection.BeginEpoch(epoch);
    }

    /// <inheritdoc/>
    public override double Train(Batch batch, double learningRate)
    {
        setting.Nested?.Draw();
        var (byFirst, bySecond) = (first.Score(batch), second.Score(batch));
        var (easyForFirst, easyForSecond) = (selection.Select(byFirst.Losses), selection.Select(bySecond.Losses));
        Note(batch, byFirst.Probabilities.Plus(bySecond.Probabilities), easyForFirst, easyForSecond);
        var losses = first.TrainSelected(batch.Select(easyForSecond), learningRate) + second.TrainSelected(batch.Select(easyForFirst), learningRate);
        first.Teach(batch.Rows, byFirst.Probabilities);
        second.Teach(batch.Rows, bySecond.Probabilities);
        return losses / 2;
    }

    /// <inheritdoc/>
    public override void EndEpoch(int epoch)
    {
        first.FinishEpoch();
        second.FinishEpoch();
        setting.Trace.EndEpoch(epoch);
        if (selection.IsEstimated)
            selection.Learn(EstimateErrorShare(setting.Validation ?? setting.Training));
    }

    /// <inheritdoc/>
    public override ValidationScore Validate(TrainingTable table)
    {
        double loss = 0, correct = 0, weight = 0;
        first.Evaluate(table, batch =>
        {
            var probabilities = Probabilities(batch);
            var rows = batch.TotalWeight;
            weight += rows;
            loss += rows * batch.Mean(F.nll_loss(probabilities.AtLeast(SmallestProbability).log(), batch.Labels!, reduction: nn.Reduction.None)).item<float>();
            correct += rows * batch.Mean(probabilities.argmax(1).eq(batch.Labels!).to(ScalarType.Float32)).item<float>();
        });
        return new(loss / weight, correct / weight);
    }

    /// <inheritdoc/>
    public override void Keep()
    {
        first.Keep();
        second.Keep();
    }

    /// <inheritdoc/>
    public override void Restore()
    {
        first.Restore();
        second.Restore();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        first.DisposeHistories();
        second.DisposeHistories();
        _scored.Dispose();
        _chosen.Dispose();
    }

    private Tensor Probabilities(Batch batch) => first.Probabilities(batch).Plus(second.Probabilities(batch)).Over(2);

    private double EstimateErrorShare(TrainingTable table)
    {
        using var scope = NewDisposeScope();
        List<Tensor> parts = [];
        first.Evaluate(table, batch => parts.Add(Probabilities(batch).gather(1, batch.Labels!.unsqueeze(1)).squeeze(1).MoveToOuterDisposeScope()));
        return LabelErrorShare.LowerBound(Numbers.Of(cat(parts, 0)), table.Weights is { } weights ? Numbers.Of(weights) : [], ClassCount);
    }

    private void Note(Batch batch, Tensor scores, params ReadOnlySpan<Tensor> easy)
    {
        using var noGradient = no_grad();
        using var one = 1.ToScalar();
        setting.Trace.Record(batch.Rows, scores);
        foreach (var chosen in easy)
        {
            _scored.index_add_(0, batch.Rows, ones_like(batch.Rows, dtype: ScalarType.Float32), one);
            _chosen.index_add_(0, batch.Rows.index_select(0, chosen), ones_like(chosen, dtype: ScalarType.Float32), one);
        }
    }
}
