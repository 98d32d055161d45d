using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Tests.Examples;

/// <summary>
/// The smallest possible trainer on the base, for all three tasks: docs/writing-a-component.md shows it, and the contract suite
/// runs it so that the base is tested apart from any paper. Classes are scored by the distance to their mean; a target is
/// predicted by the mean of the nearer one of two groups of rows, those below and those above the mean target.
/// </summary>
public sealed class NearestMeanTrainer : TrainerBase<NearestMeanTrainer.Options, NearestMeanModel>
{
    public NearestMeanTrainer(IHostEnvironment environment, PredictionTask task, Options options)
        : base(environment, task, options)
    {
    }

    public sealed class Options : TrainerOptions;

    protected override NearestMeanModel Train(TrainingData data, NearestMeanModel? startFrom, TrainingContext context)
    {
        var rows = data.ReadAll();
        var groups = data.Task == PredictionTask.Regression ? GroupTargets(rows) : [.. rows.Classes];
        var count = Math.Max(2, data.ClassCount);
        var means = new double[count * data.FeatureCount];
        var targets = new double[count];
        var weights = new double[count];
        for (var i = 0; i < rows.Count; i++)
        {
            var weight = rows.Weights.IsEmpty ? 1 : rows.Weights[i];
            weights[groups[i]] += weight;
            if (data.Task == PredictionTask.Regression)
                targets[groups[i]] += weight * rows.Targets[i];
            foreach (var (feature, value) in Entries(rows, i))
                means[(groups[i] * data.FeatureCount) + feature] += weight * (float.IsNaN(value) ? 0 : value);
        }
        for (var i = 0; i < means.Length; i++)
            means[i] /= Math.Max(weights[i / data.FeatureCount], 1e-300);
        for (var k = 0; k < count; k++)
            targets[k] /= Math.Max(weights[k], 1e-300);
        return new NearestMeanModel(data.FeatureCount, means, targets, [.. weights.Select(weight => weight > 0 ? 0 : -1e30)], TrainerOptions);
    }

    private static int[] GroupTargets(RowBlock rows)
    {
        double sum = 0, total = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            var weight = rows.Weights.IsEmpty ? 1 : rows.Weights[i];
            sum += weight * rows.Targets[i];
            total += weight;
        }
        var mean = sum / total;
        return [.. rows.Targets.ToArray().Select(target => target > mean ? 1 : 0)];
    }

    private static List<(int Feature, float Value)> Entries(RowBlock rows, int row)
    {
        List<(int, float)> entries = [];
        var (start, end) = rows.IsSparse ? (rows.RowStarts[row], rows.RowStarts[row + 1]) : (row * rows.FeatureCount, (row + 1) * rows.FeatureCount);
        for (var i = start; i < end; i++)
            entries.Add((rows.IsSparse ? rows.Indices[i] : i - start, rows.Values[i]));
        return entries;
    }
}

/// <summary>The means of the groups, [K, d], and the mean target of each.</summary>
public sealed class NearestMeanModel : PredictionModel, IRestorable<NearestMeanModel>
{
    private readonly double[] _means;
    private readonly double[] _targets;
    private readonly double[] _offsets;
    private readonly NearestMeanTrainer.Options _options;

    internal NearestMeanModel(int featureCount, double[] means, double[] targets, double[] offsets, NearestMeanTrainer.Options options)
    {
        FeatureCount = featureCount;
        _means = means;
        _targets = targets;
        _offsets = offsets;
        _options = options;
    }

    public override int FeatureCount { get; }

    public ReadOnlySpan<double> Means => _means;

    public static NearestMeanModel FromState(ModelState state) => new(
        (int)state.GetNumbers("features")[0], state.GetNumbers("means"), state.GetNumbers("targets"), state.GetNumbers("offsets"),
        state.GetOptions<NearestMeanTrainer.Options>());

    public override ModelState GetState() => ModelState.Create(_options, new Dictionary<string, double[]>
    {
        ["features"] = [FeatureCount],
        ["means"] = _means,
        ["targets"] = _targets,
        ["offsets"] = _offsets,
    });

    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task)
    {
        // -|x - mu|^2 / 2d without the terms that all groups share; a missing value counts as 0.
        int d = FeatureCount, groups = _targets.Length;
        var x = graph.Cast(graph.Where(graph.IsNaN(features), graph.Constant(0f), features), OnnxElementType.Double);
        x = graph.Clip(x, graph.Constant(-1e38), graph.Constant(1e38));
        var offsets = new double[groups];
        for (var k = 0; k < groups; k++)
            offsets[k] = _offsets[k] - (_means.AsSpan(k * d, d).ToArray().Sum(mean => mean * mean) / (2 * d));
        var scores = graph.Gemm(
            x, graph.Constant([.. _means.Select(mean => mean / d)], groups, d), graph.Constant(offsets, groups), transposeB: true);
        return task switch
        {
            PredictionTask.MulticlassClassification => graph.Softmax(scores),
            PredictionTask.BinaryClassification => graph.MatMul(scores, graph.Constant([-1d, 1d], 2, 1)),
            _ => graph.MatMul(graph.Softmax(scores), graph.Constant(_targets, 2, 1)),
        };
    }
}
