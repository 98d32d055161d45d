using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>Finds the labels that are likely wrong, when training is over.</summary>
/// <param name="data">The names of the classes.</param>
/// <param name="rows">The rows of the fit.</param>
internal sealed class LabelAudit(TrainingData data, NetworkRows rows)
{
    private readonly string[] _names = [.. Enumerable.Range(0, data.ClassCount).Select(data.ClassName)];

    /// <summary>The rows, the most suspicious first.</summary>
    /// <param name="steps">The networks, as they are used.</param>
    /// <param name="rejected">How often co-teaching left each training row out, [n]; <see langword="null"/> without it.</param>
    public IReadOnlyList<LabelSuspicion> Run(IReadOnlyList<NoiseRobustStep> steps, Tensor? rejected)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var beliefs = Beliefs(steps);
        // Without a history of what was predicted, how often a row was rejected says more than what the network says in the end.
        var scores = rejected is null || HasHistory(steps[0]) ? Doubts(beliefs, rows.Training.Labels!) : rejected;
        var found = List(rows.RowNumbers, rows.Training.Labels!, beliefs, scores, isHeldOut: false);
        if (rows.HeldOutRowNumbers.Count > 0)
        {
            var probabilities = Probabilities(steps, rows.Validation!);
            found = found.Concat(List(rows.HeldOutRowNumbers, rows.Validation!.Labels!, probabilities, Doubts(probabilities, rows.Validation.Labels!), isHeldOut: true));
        }
        return [.. found.OrderByDescending(suspicion => suspicion.Score).ThenBy(suspicion => suspicion.Row)];
    }

    /// <summary>The same, summed up by class.</summary>
    public static IReadOnlyList<ClassLabels> Summarize(TrainingData data, IReadOnlyList<LabelSuspicion> suspicions)
    {
        var given = suspicions.ToLookup(suspicion => suspicion.GivenClass);
        var suggested = suspicions.CountBy(suspicion => suspicion.SuggestedClass).ToDictionary();
        return [.. Enumerable.Range(0, data.ClassCount).Select(k => new ClassLabels(
            data.ClassName(k), given[k].Count(), suggested.GetValueOrDefault(k),
            given[k].Select(suspicion => suspicion.SuggestedClass == k ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average(),
            given[k].Select(suspicion => suspicion.Score).DefaultIfEmpty(double.NaN).Average()))];
    }

    private static bool HasHistory(NoiseRobustStep step) => step.EarlyLearning is not null || step.Distillation is not null;

    // What the networks believed of the training rows, rows sum to 1: their histories, or what they say now where there is none.
    private Tensor Beliefs(IReadOnlyList<NoiseRobustStep> steps)
    {
        var now = Probabilities(steps, rows.Training);
        if (!HasHistory(steps[0]))
            return now;
        var histories = steps.Select(step => step.EarlyLearning?.Targets.Values ?? step.Distillation!.Teacher.Values).Aggregate((sum, next) => sum.Plus(next));
        histories = WithoutAbsentClasses(histories);
        var sums = histories.sum(1, keepdim: true);
        // A row that no batch has had: the last, incomplete one is left out with batch normalisation if it is a single row.
        return where(sums.IsAbove(0), histories / sums, now);
    }

    private Tensor Probabilities(IReadOnlyList<NoiseRobustStep> steps, TrainingTable table)
    {
        List<Tensor> parts = [];
        steps[0].Evaluate(table, batch =>
        {
            var probabilities = steps.Select(step => step.Probabilities(batch)).Aggregate((sum, next) => sum.Plus(next)).Over(steps.Count);
            probabilities = WithoutAbsentClasses(probabilities);
            parts.Add((probabilities / probabilities.sum(1, keepdim: true)).MoveToOuterDisposeScope());
        });
        return cat(parts, 0);
    }

    private Tensor WithoutAbsentClasses(Tensor beliefs)
    {
        using var nothing = 0.ToScalar();
        foreach (var absent in rows.AbsentClasses)
            beliefs = beliefs.index_fill(1, tensor([(long)absent], device: beliefs.device), nothing);
        return beliefs;
    }

    private static Tensor Doubts(Tensor beliefs, Tensor labels) => ScalarArithmetic.OneMinus(beliefs.gather(1, labels.unsqueeze(1)).squeeze(1)).Within(0, 1);

    private IEnumerable<LabelSuspicion> List(IReadOnlyList<long> numbers, Tensor labels, Tensor beliefs, Tensor scores, bool isHeldOut)
    {
        var (given, suggested, doubts) = (labels.cpu().data<long>().ToArray(), beliefs.argmax(1).cpu().data<long>().ToArray(), Numbers.Of(scores));
        return numbers.Select((number, i) => new LabelSuspicion(
            number, (int)given[i], _names[given[i]], (int)suggested[i], _names[suggested[i]], doubts[i], isHeldOut));
    }
}
