using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Tests.Examples;

/// <summary>The smallest possible featurizer on the base: divides the numbers of its input columns by their largest magnitude.</summary>
public sealed class ScalingFeaturizer(IHostEnvironment environment, string outputColumnName, string[] inputColumnNames, ScalingFeaturizer.Options options)
    : FeaturizerBase<ScalingFeaturizer.Options, ScalingModel>(environment, [outputColumnName], inputColumnNames, options)
{
    public sealed class Options : ComponentOptions;

    protected override bool NamesSlots => true;

    protected override ScalingModel Train(TrainingData data, IReadOnlyList<FeatureInput> inputs, TrainingContext context)
    {
        var largest = data.Aggregate(
            () => new double[data.FeatureCount], AddBlock,
            (total, next) =>
            {
                for (var j = 0; j < total.Length; j++)
                    total[j] = Math.Max(total[j], next[j]);
            });
        var names = Enumerable.Range(0, data.FeatureCount).Select(data.FeatureName);
        return new ScalingModel(FeaturizerOptions, inputs, new FeatureOutput(OutputColumnNames[0], data.FeatureCount, [.. names]), largest);
    }

    private static void AddBlock(double[] largest, RowBlock block)
    {
        var row = new double[block.FeatureCount];
        for (var i = 0; i < block.Count; i++)
        {
            block.CopyRow(i, row);
            for (var j = 0; j < row.Length; j++)
                largest[j] = Math.Max(largest[j], double.IsNaN(row[j]) ? 0 : Math.Abs(row[j]));
        }
    }
}

/// <summary>The largest magnitude of each number.</summary>
public sealed class ScalingModel : FeatureModel, IRestorable<ScalingModel>
{
    private readonly ScalingFeaturizer.Options _options;
    private readonly double[] _largest;

    internal ScalingModel(ScalingFeaturizer.Options options, IReadOnlyList<FeatureInput> inputs, FeatureOutput output, double[] largest)
        => (_options, Inputs, Outputs, _largest) = (options, inputs, [output], largest);

    public override IReadOnlyList<FeatureInput> Inputs { get; }

    public override IReadOnlyList<FeatureOutput> Outputs { get; }

    public static ScalingModel FromState(ModelState state)
        => new(state.GetOptions<ScalingFeaturizer.Options>(), state.GetInputs(), state.GetOutputs()[0], state.GetNumbers("largest"));

    public override ModelState GetState() => ModelState.Create(_options, this, new Dictionary<string, double[]> { ["largest"] = _largest });

    public override IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs)
    {
        var scale = _largest.Select(largest => largest > 0 ? (float)(1 / largest) : 0);
        return [graph.Mul(graph.Concat(1, [.. inputs]), graph.Constant([.. scale], _largest.Length))];
    }
}
