using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Tests.Examples;

/// <summary>
/// The smallest trainer with categorical columns, for all three tasks: naive Bayes over counts. A feature becomes a category too: 1 up to its mean, 2 above, 0 where it
/// is missing. A target is predicted from two groups of rows, those below and those above the mean target.
/// </summary>
public sealed class NaiveCountsTrainer(IHostEnvironment environment, PredictionTask task, NaiveCountsTrainer.Options options)
    : TrainerBase<NaiveCountsTrainer.Options, NaiveCountsModel>(environment, task, options)
{
    public sealed class Options : CategoricalTrainerOptions;

    protected override NaiveCountsModel Train(TrainingData data, NaiveCountsModel? startFrom, TrainingContext context)
    {
        var rows = data.ReadAll();
        var weights = rows.Weights.IsEmpty ? [.. Enumerable.Repeat(1f, rows.Count)] : rows.Weights.ToArray();
        var groups = data.Task == PredictionTask.Regression ? HighAndLow(rows.Targets, weights) : rows.Classes.ToArray();
        var columns = FeatureCategories(rows, weights, out var thresholds);
        for (var i = 0; i < rows.CategoricalColumnCount; i++)
            columns.Add(rows.Categories(i).ToArray());

        var counts = data.CategoricalColumns.Select(column => column.Count).ToArray();
        var groupCount = Math.Max(2, data.ClassCount);
        var (priors, targets) = (new double[groupCount], new double[groupCount]);
        for (var row = 0; row < rows.Count; row++)
        {
            priors[groups[row]] += weights[row];
            targets[groups[row]] += data.Task == PredictionTask.Regression ? weights[row] * rows.Targets[row] : 0;
        }
        var table = columns.Zip(NaiveCountsModel.Sizes(data.FeatureCount, counts), (categories, size) => LogProbabilities(categories, size, groups, weights, priors));
        return new NaiveCountsModel(
            thresholds, counts, [.. table.SelectMany(values => values)], [.. priors.Select(prior => prior > 0 ? Math.Log(prior) : -1e30)],
            [.. targets.Zip(priors, (sum, prior) => sum / Math.Max(prior, 1e-300))], TrainerOptions);
    }

    // Log-probability of each category in each group, [size, K], every category seen once more than it was.
    private static double[] LogProbabilities(int[] categories, int size, int[] groups, float[] weights, double[] priors)
    {
        var table = new double[size * priors.Length];
        for (var row = 0; row < categories.Length; row++)
            table[(categories[row] * priors.Length) + groups[row]] += weights[row];
        return [.. table.Select((sum, i) => Math.Log((sum + 1) / (priors[i % priors.Length] + size)))];
    }

    private static List<int[]> FeatureCategories(RowBlock rows, float[] weights, out float[] thresholds)
    {
        thresholds = new float[rows.FeatureCount];
        var columns = thresholds.Select(_ => new float[rows.Count]).ToList();
        var features = new double[rows.FeatureCount];
        for (var row = 0; row < rows.Count; row++)
        {
            rows.CopyRow(row, features);
            for (var i = 0; i < features.Length; i++)
                columns[i][row] = (float)features[i];
        }
        for (var i = 0; i < thresholds.Length; i++)
            thresholds[i] = Mean(columns[i], weights);
        return [.. columns.Zip(thresholds, (values, threshold) => Array.ConvertAll(values, value => float.IsNaN(value) ? 0 : value > threshold ? 2 : 1))];
    }

    private static int[] HighAndLow(ReadOnlySpan<float> targets, float[] weights)
    {
        var mean = Mean(targets, weights);
        return Array.ConvertAll(targets.ToArray(), target => target > mean ? 1 : 0);
    }

    private static float Mean(ReadOnlySpan<float> values, float[] weights)
    {
        double sum = 0, total = 0;
        for (var i = 0; i < values.Length; i++)
        {
            sum += float.IsNaN(values[i]) ? 0 : weights[i] * (double)values[i];
            total += float.IsNaN(values[i]) ? 0 : weights[i];
        }
        return (float)(sum / Math.Max(total, 1e-300));
    }
}

/// <summary>The log-probabilities of the categories of all columns, one below the other, [sum of sizes, K].</summary>
public sealed class NaiveCountsModel : PredictionModel, IRestorable<NaiveCountsModel>
{
    private readonly float[] _thresholds;
    private readonly int[] _counts;
    private readonly double[] _table;
    private readonly double[] _priors;
    private readonly double[] _targets;
    private readonly NaiveCountsTrainer.Options _options;

    internal NaiveCountsModel(float[] thresholds, int[] counts, double[] table, double[] priors, double[] targets, NaiveCountsTrainer.Options options)
        => (_thresholds, _counts, _table, _priors, _targets, _options) = (thresholds, counts, table, priors, targets, options);

    public override int FeatureCount => _thresholds.Length;

    public override IReadOnlyList<int> CategoryCounts => _counts;

    public static NaiveCountsModel FromState(ModelState state) => new(
        Array.ConvertAll(state.GetNumbers("thresholds"), x => (float)x), Array.ConvertAll(state.GetNumbers("counts"), x => (int)x),
        state.GetNumbers("table"), state.GetNumbers("priors"), state.GetNumbers("targets"), state.GetOptions<NaiveCountsTrainer.Options>());

    public override ModelState GetState() => ModelState.Create(_options, new Dictionary<string, double[]>
    {
        ["thresholds"] = Array.ConvertAll(_thresholds, x => (double)x),
        ["counts"] = Array.ConvertAll(_counts, x => (double)x),
        ["table"] = _table,
        ["priors"] = _priors,
        ["targets"] = _targets,
    });

    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task) => BuildScores(graph, features, [], task);

    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories, PredictionTask task)
    {
        var isHigh = graph.Greater(features, graph.Constant(_thresholds, FeatureCount));
        var ofFeatures = graph.Where(graph.IsNaN(features), graph.Constant(0L), graph.Where(isHigh, graph.Constant(2L), graph.Constant(1L)));
        var all = graph.Concat(1, [ofFeatures, .. categories.Select(category => graph.Unsqueeze(category, 1))]);

        var sizes = Sizes(FeatureCount, _counts).ToArray();
        var starts = sizes.Select((_, i) => sizes.Take(i).Sum(size => (long)size)).ToArray();
        var table = graph.Constant(_table, sizes.Sum(), _priors.Length);
        var evidence = graph.Gather(table, graph.Add(all, graph.Constant(starts, starts.Length)));
        var scores = graph.Add(graph.ReduceSum(evidence, [1], keepDimensions: false), graph.Constant(_priors, _priors.Length));
        return task switch
        {
            PredictionTask.MulticlassClassification => graph.Softmax(scores),
            PredictionTask.BinaryClassification => graph.MatMul(scores, graph.Constant([-1d, 1d], 2, 1)),
            _ => graph.MatMul(graph.Softmax(scores), graph.Constant(_targets, 2, 1)),
        };
    }

    /// <summary>Number of categories of each column, the missing one included: the features, then the categorical columns.</summary>
    internal static IEnumerable<int> Sizes(int featureCount, int[] counts) => [.. Enumerable.Repeat(3, featureCount), .. counts.Select(count => count + 1)];
}
