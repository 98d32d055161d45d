using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// Scores how difficult labelled rows are to small networks early in their training. Easy rows are redundant; the most difficult ones are rare, or their labels are wrong.
/// </summary>
/// <remarks>
/// <para>Input columns: features, a known-size vector of <see cref="float"/>; label, Boolean or a key of known cardinality; optionally weights, <see cref="float"/>, and categorical
/// columns, keys of known cardinality. Weights count in the training of the networks, not in the scores.</para>
/// <para>
/// Output columns: Difficulty, <see cref="float"/>, the mean score over the runs, higher = more difficult; DifficultyStd, <see cref="float"/>, the standard deviation of the runs' scores
/// (NaN for a single run); SuggestedLabel, of the label's type, the class that the networks together find most probable; SuggestedLabelProbability, <see cref="float"/>, their mean
/// probability of it. A row without a label has NaN as Difficulty and DifficultyStd, and a suggested label.
/// </para>
/// <list type="table">
/// <listheader><term>Characteristics</term><description></description></listheader>
/// <item><term>Task</term><description>binary for a Boolean label, multiclass for a key</description></item>
/// <item><term>Normalization, caching</term><description>not needed: features are standardised, rows are read once into memory</description></item>
/// <item><term>Missing values</term><description>see <see cref="DifficultyOptions.MissingValues"/></description></item>
/// <item><term>Further package</term><description>libtorch, to fit</description></item>
/// <item><term>ONNX</term><description>yes: the networks of all runs side by side in one graph, with the label as an input</description></item>
/// </list>
/// <para>
/// Source: M. Paul, S. Ganguli, G. K. Dziugaite, "Deep Learning on a Data Diet: Finding Important Examples Early in Training", NeurIPS 2021, arXiv:2107.07075. Scores at initialisation are
/// refused: they did not replicate (A. Kirsch, arXiv:2303.14753). GraNd is computed in closed form instead of row by row.
/// </para>
/// </remarks>
[Component("[Paul et al. 2021](https://arxiv.org/abs/2107.07075)", "example-difficulty.md", NeedsTorch = true)]
public sealed partial class ExampleDifficultyEstimator : IEstimator<FeatureTransformer<ExampleDifficultyModel>>
{
    private readonly IHost _host;
    private readonly Options _options;

    internal ExampleDifficultyEstimator(IHostEnvironment environment, Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.Score == DifficultyScore.Forgetting)
        {
            throw new ArgumentException(
                $"{nameof(DifficultyScore.Forgetting)} counts what happens to the rows of a training while it goes on, and cannot score others. Use ml.Data.ScoreTrainingRows, or another score.", nameof(options));
        }
        _host = environment.Register(nameof(ExampleDifficultyEstimator));
        _options = options.Clone();
    }

    /// <summary>Trains the networks on a view.</summary>
    /// <param name="input">The training rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or too many runs diverged; the message says what to do.</exception>
    public FeatureTransformer<ExampleDifficultyModel> Fit(IDataView input) => Fit(input, CancellationToken.None);

    /// <summary>Trains the networks on a view until they are done or cancelled.</summary>
    /// <param name="input">The training rows.</param>
    /// <param name="cancellationToken">Stops the fit within one step.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or too many runs diverged; the message says what to do.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public FeatureTransformer<ExampleDifficultyModel> Fit(IDataView input, CancellationToken cancellationToken)
        => new DifficultyTraining(_host, _options).Fit(input, cancellationToken).Transformer;

    /// <summary>The columns after this transform, from the columns before it.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return DifficultyColumns.After(inputSchema, _options);
    }
}
