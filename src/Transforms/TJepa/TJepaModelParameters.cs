using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Transforms;

/// <summary>What a <see cref="TJepaFeaturizer"/> has learned: the encoder that turns rows into features, what it was trained with, and how training went.</summary>
public sealed partial class TJepaModelParameters : FeatureModel, IRestorable<TJepaModelParameters>
{
    private readonly TJepaFeaturizer.Options _options;

    internal TJepaModelParameters(
        TJepaFeaturizer.Options options, IReadOnlyList<FeatureInput> inputs, IReadOnlyList<FeatureOutput> outputs, TJepaColumns columns, TJepaWeights weights, IReadOnlyList<TJepaEpoch> history, int bestEpoch)
    {
        _options = options.Clone();
        (Inputs, Outputs, Table, Weights, History, BestEpoch) = (inputs, outputs, columns, weights, history, bestEpoch);
        Columns = [.. columns.Names.Select((name, i) => new TJepaColumn(name, columns.Layout.TokenOf(i), columns.Constant.Contains(i), weights.Deviations[i]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureInput> Inputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureOutput> Outputs { get; }

    /// <summary>The columns in the order of their tokens: numeric ones first, then categorical ones. The [REG] tokens are before them.</summary>
    public IReadOnlyList<TJepaColumn> Columns { get; }

    /// <summary>The epochs of pre-training in their order. After a fit that went on from a model, those of both.</summary>
    public IReadOnlyList<TJepaEpoch> History { get; }

    /// <summary>Number of the epoch whose weights the model has, in <see cref="History"/>.</summary>
    public int BestEpoch { get; }

    /// <summary>Weights of the encoder that the features come from.</summary>
    public long ParameterCount => Weights.Target.Count;

    /// <summary>What of a row is given.</summary>
    public TJepaOutput Output => _options.Output ?? TokenPooling.DefaultOf(Table.Layout.TokenCount, _options.HiddenSize, _options.RegTokens);

    /// <summary>How columns become tokens.</summary>
    internal TJepaColumns Table { get; }

    /// <summary>All weights.</summary>
    internal TJepaWeights Weights { get; }

    /// <summary>A copy of the options with which the model was trained.</summary>
    public TJepaFeaturizer.Options GetOptions() => _options.Clone();
}
