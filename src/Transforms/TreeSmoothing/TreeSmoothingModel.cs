using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Transforms;

/// <summary>A tree ensemble as a smoother: gives each row's leverage, effective neighbours and sum of weights, and on request the training rows behind its score.</summary>
/// <remarks>Sources as of <see cref="TreeSmoothingReport"/>.</remarks>
public sealed partial class TreeSmoothingModel : FeatureModel, IRestorable<TreeSmoothingModel>
{
    private readonly TreeSmoothingOptions _options;
    private readonly DecisionTree[] _trees;
    private readonly int[] _offsets;
    private readonly double[] _gram;
    private readonly double[] _rowSums;
    private readonly double[] _slopeValues;
    private readonly double[] _percentiles;
    private readonly TopRowsState? _topRows;

    private TreeSmoothingModel(
        TreeSmoothingOptions options, string prefix, FeatureInput input, DecisionTree[] trees, double[] gram, double[] rowSums, double[] slopeValues, double[] percentiles,
        TopRowsState? topRows)
    {
        (_options, OutputPrefix, Inputs) = (options, prefix, [input]);
        (_trees, _gram, _rowSums, _slopeValues, _percentiles, _topRows) = (trees, gram, rowSums, slopeValues, percentiles, topRows);
        _offsets = new int[trees.Length + 1];
        for (var tree = 0; tree < trees.Length; tree++)
            _offsets[tree + 1] = _offsets[tree] + trees[tree].LeafCount;
        Outputs = OutputsOf(prefix, options);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureInput> Inputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureOutput> Outputs { get; }

    /// <summary>What the names of the columns begin with.</summary>
    public string OutputPrefix { get; }

    /// <summary>How far the model was reproduced.</summary>
    public SmoothingExactness Exactness { get; private init; }

    /// <summary>The largest relative difference between a leaf value of the model and the recomputed one.</summary>
    public double MaxRelativeError { get; private init; }

    /// <summary>n: training rows that the trainer used.</summary>
    public int TrainRowCount { get; private init; }

    /// <summary>
    /// The 0th, 1st, ... 100th percentile of the leverage of the training rows. A row far above the 99th is supported by few training rows: its score is an extrapolation.
    /// </summary>
    public IReadOnlyList<double> TrainLeveragePercentiles => _percentiles;

    /// <summary>The columns of a transform before it is fitted.</summary>
    internal static FeatureOutput[] OutputsOf(string prefix, TreeSmoothingOptions options)
    {
        List<FeatureOutput> outputs = [new(prefix + "EffectiveNeighbours", null), new(prefix + "Leverage", null), new(prefix + "WeightSum", null)];
        if (options.NoiseVariance is not null)
            outputs.Add(new(prefix + "PredictionVariance", null));
        if (options.NumberOfTopRows > 0)
        {
            outputs.Add(new FeatureOutput(prefix + "TopRows", options.NumberOfTopRows) { ElementType = Estimators.Onnx.OnnxElementType.UInt32 });
            outputs.Add(new FeatureOutput(prefix + "TopWeights", options.NumberOfTopRows));
        }
        return [.. outputs];
    }
}
