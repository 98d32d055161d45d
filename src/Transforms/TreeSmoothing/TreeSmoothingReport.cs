using System.Numerics.Tensors;

namespace MLExtensions.Transforms;

/// <summary>How far the recomputed model is the model itself.</summary>
public enum SmoothingExactness
{
    /// <summary>Scores are linear in the labels, and the leaf values of the model were reproduced: all figures are the model's own.</summary>
    Exact,

    /// <summary>
    /// The leaf values were reproduced, but scores are not linear in the labels (logistic loss): the figures are those of the derivatives of the scores by the labels,
    /// with the structure of the trees fixed.
    /// </summary>
    Linearized,

    /// <summary>The leaf values were not reproduced: <see cref="TreeSmoothingReport.MaxRelativeError"/> says by how much.</summary>
    Approximate,
}

/// <summary>Effective parameters of the first trees of an ensemble.</summary>
/// <param name="Trees">Number of trees, from 1.</param>
/// <param name="Train">Effective parameters on the training rows.</param>
/// <param name="Query">Effective parameters on the query rows, <see langword="null"/> without any.</param>
public sealed record SmoothingCurvePoint(int Trees, double Train, double? Query);

/// <summary>The smallest and the largest of some figures.</summary>
/// <param name="Minimum">The smallest.</param>
/// <param name="Maximum">The largest.</param>
public readonly record struct SmoothingRange(double Minimum, double Maximum);

/// <summary>The weight of a training row's label in a score.</summary>
/// <param name="Row">Number of the row in the training view, from 0.</param>
/// <param name="Weight">Its weight: by how much the score changes if the label changes by 1, the trees being the same. Can be negative in boosted models.</param>
public readonly record struct RowContribution(long Row, double Weight);

/// <summary>How a tree ensemble smooths its training labels: effective parameters, leverage of rows, and which training rows made a prediction.</summary>
/// <remarks>
/// <para>
/// With the structure of the trees fixed, a score is a weighted sum of the training labels, f(x) = s(x)^T y. The leverage of a row is ||s(x)||^2: the variance of its score if the
/// labels had independent noise of variance 1. Effective parameters on a set of rows are n times its mean leverage, n being the number of training rows: as many parameters as a linear
/// regression with the same mean variance on its training rows.
/// </para>
/// <para>
/// Figures of two models can be compared on the same training and query rows. The trees were chosen with the labels, so the trace understates degrees of freedom: it is no basis for
/// leave-one-out or generalized cross-validation shortcuts. Figures of binary classification are those of
/// probabilities (and of mean votes of FastForest) unless <see cref="Scale"/> says otherwise.
/// </para>
/// <para>
/// Sources: A. Curth, A. Jeffares, M. van der Schaar, "Why do Random Forests Work? Understanding Tree Ensembles as Self-Regularizing Adaptive Smoothers", 2024, arXiv 2402.01502;
/// "A U-turn on Double Descent: Rethinking Parameter Counting in Statistical Learning", NeurIPS 2023, arXiv 2310.18988.
/// </para>
/// </remarks>
public sealed partial class TreeSmoothingReport
{
    private readonly TrainedSmoother _smoother;
    private readonly ushort[][]? _queryLeaves;
    private readonly SmoothingNorms _norms;

    internal TreeSmoothingReport(TrainedSmoother smoother, TreeRows? query, ushort[][]? queryLeaves, SmoothingNorms norms, SmoothingMethod method, TreeSmoothingOptions options, Action beforeTree)
    {
        (_smoother, _queryLeaves, _norms) = (smoother, queryLeaves, norms);
        (Method, Scale, NoiseVariance) = (method, options.Scale, options.NoiseVariance);
        TrainRowCount = smoother.Rows.Count;
        QueryRowCount = query?.Count;
        CurveOverTrees = [.. norms.Train.Curve.Select((train, i) => new SmoothingCurvePoint(i + 1, train, norms.Query is null ? null : Parameters(norms.Query.Curve[i], norms.Query)))];
        RowSums = RowSumsOf(smoother.Stages, queryLeaves, beforeTree);
    }

    /// <summary>p_train: effective parameters on the training rows. Of a single tree without bags, weights or learning rate the number of its leaves.</summary>
    public double EffectiveParametersTrain => Parameters(_norms.Train.Sum, _norms.Train);

    /// <summary>p_query: effective parameters on the query rows; <see langword="null"/> without any. Far below <see cref="EffectiveParametersTrain"/>, the model smooths new rows more than its own.</summary>
    public double? EffectiveParametersQuery => _norms.Query is { } query ? Parameters(query.Sum, query) : null;

    /// <summary>The sum over the training rows of the weight of their own label.</summary>
    public double Trace => _norms.Trace;

    /// <summary>The sum of a row's weights, over training and query rows: 1 for means; 1 - (1 - eta)^trees for boosting from zero.</summary>
    public SmoothingRange RowSums { get; }

    /// <summary>Effective parameters after 1, 2, ... trees; empty if the options leave it out.</summary>
    public IReadOnlyList<SmoothingCurvePoint> CurveOverTrees { get; }

    /// <summary>How far the figures are the model's own.</summary>
    public SmoothingExactness Exactness => _smoother.Exactness;

    /// <summary>The largest difference between a leaf value of the model and the recomputed one, relative to how far the values of its tree spread around their mean. At most 0.0001 unless <see cref="Exactness"/> is <see cref="SmoothingExactness.Approximate"/>.</summary>
    public double MaxRelativeError => _smoother.MaxRelativeError;

    /// <summary>How norms were computed.</summary>
    public SmoothingMethod Method { get; }

    /// <summary>Standard error of <see cref="EffectiveParametersTrain"/>: 0 unless the method is <see cref="SmoothingMethod.Probe"/>.</summary>
    public double StandardErrorTrain => Parameters(_norms.Train.StandardError, _norms.Train);

    /// <summary>Standard error of <see cref="EffectiveParametersQuery"/>; <see langword="null"/> without query rows.</summary>
    public double? StandardErrorQuery => _norms.Query is { } query ? Parameters(query.StandardError, query) : null;

    /// <summary>Standard error of <see cref="Trace"/>.</summary>
    public double StandardErrorTrace => _norms.TraceError;

    /// <summary>What the weights add up to: predictions or raw scores.</summary>
    public SmoothingScale Scale { get; }

    /// <summary>n: training rows that the trainer used.</summary>
    public int TrainRowCount { get; }

    /// <summary>Query rows; <see langword="null"/> without any.</summary>
    public int? QueryRowCount { get; }

    /// <summary>Trees of the model.</summary>
    public int TreeCount => _smoother.Model.Trees.Length;

    /// <summary>Leaves of all trees together.</summary>
    public int LeafCount => _smoother.Model.Trees.Sum(tree => tree.LeafCount);

    /// <summary>The noise variance of the options.</summary>
    public double? NoiseVariance { get; }

    /// <summary>The leverage ||s(x)||^2 of each training row that was used; an estimate if the method is <see cref="SmoothingMethod.Probe"/>.</summary>
    public IReadOnlyList<double> TrainLeverage => _norms.Train.SquaredNorms;

    /// <summary>The leverage ||s(x)||^2 of each query row; empty without any. 1 / leverage counts the training rows behind a score, if weights are not negative and add up to 1.</summary>
    public IReadOnlyList<double> QueryLeverage => _norms.Query?.SquaredNorms ?? [];

    /// <summary>The variance of each query row's score, noise variance times leverage; empty without query rows.</summary>
    /// <exception cref="InvalidOperationException">The options give no noise variance.</exception>
    public IReadOnlyList<double> QueryPredictionVariance => NoiseVariance is { } variance
        ? [.. QueryLeverage.Select(leverage => variance * leverage)]
        : throw new InvalidOperationException($"The variance of predictions needs the option {nameof(TreeSmoothingOptions.NoiseVariance)}.");

    /// <summary>The training rows with the largest weights in a query row's score, by magnitude, the largest first. Takes time in the order of training rows times trees.</summary>
    /// <param name="queryRow">Number of the query row, from 0.</param>
    /// <param name="count">How many training rows to give at most.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such query row, or <paramref name="count"/> is below 1.</exception>
    public IReadOnlyList<RowContribution> GetTopRows(int queryRow, int count = 10)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(queryRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(queryRow, QueryRowCount ?? 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ushort[] leaves = [.. _queryLeaves!.Select(tree => tree[queryRow])];
        var weights = LeafReplay.RowWeights(_smoother.Stages, leaves);
        TensorPrimitives.Multiply(weights, SlopeOf(leaves), weights);
        return [.. Enumerable.Range(0, weights.Length)
            .OrderByDescending(row => Math.Abs(weights[row]))
            .Take(count)
            .TakeWhile(row => weights[row] != 0)
            .Select(row => new RowContribution(_smoother.Rows.RowNumbers[row], weights[row]))];
    }

    private double SlopeOf(ushort[] leaves)
    {
        RowSlopes slopes = new(_smoother.Stages, 1);
        for (var tree = 0; tree < leaves.Length; tree++)
            slopes.AddTree(tree, leaves.AsSpan(tree, 1));
        return slopes[0];
    }

    private double Parameters(double sum, RowNorms norms) => TrainRowCount * sum / norms.SquaredNorms.Length;

    /// <summary>The range of the sums of weights over training and query rows.</summary>
    /// <param name="stages">The structure.</param>
    /// <param name="queryLeaves">For each tree the leaf of every query row, or <see langword="null"/>.</param>
    /// <param name="beforeTree">Called before each tree; it may throw to cancel.</param>
    internal static SmoothingRange RowSumsOf(Stages stages, ushort[][]? queryLeaves, Action beforeTree)
    {
        var structure = stages.Structure;
        var ones = new double[structure.RowCount];
        Array.Fill(ones, 1);
        var leafSums = LeafReplay.LeafValues(stages, ones, beforeTree);
        var (minimum, maximum) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var leaves in new[] { structure.Leaves, queryLeaves })
        {
            if (leaves is null)
                continue;
            var sums = new double[leaves[0].Length];
            RowSlopes slopes = new(stages, sums.Length);
            for (var tree = 0; tree < leaves.Length; tree++)
            {
                beforeTree();
                slopes.AddTree(tree, leaves[tree]);
                for (var i = 0; i < sums.Length; i++)
                    sums[i] += leafSums[structure.LeafOffsets[tree] + leaves[tree][i]] / structure.Divisor;
            }
            for (var i = 0; i < sums.Length; i++)
                sums[i] *= slopes[i];
            minimum = Math.Min(minimum, TensorPrimitives.Min<double>(sums));
            maximum = Math.Max(maximum, TensorPrimitives.Max<double>(sums));
        }
        return new SmoothingRange(minimum, maximum);
    }
}
