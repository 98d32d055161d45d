using System.Globalization;
using System.Numerics.Tensors;

namespace MLExtensions.Transforms;

/// <summary>
/// Repeats how the trainer computed its leaf values, tree by tree, and compares them with those that the model holds: the check that decides whether what follows is exact.
/// Where the settings leave something open (which draw of a bag was used, which penalty below a categorical split), the values in the model decide.
/// </summary>
internal sealed class LeafValueCheck
{
    /// <summary>Largest relative error up to which a model counts as reproduced: labels, thresholds and scores are single precision.</summary>
    public const double Tolerance = 1e-4;

    // Times the tolerance, what single precision rounds a value by.
    private const double RoundingScale = 1e-3;

    private readonly TreeModel _model;
    private readonly TreeRows _rows;
    private readonly LeafRule _rule;
    private readonly bool _ofProbability;
    private readonly SmootherStructure _structure;
    private readonly double[] _targets;
    private readonly double[] _scores;
    private readonly double[] _weights;
    private readonly double[] _steps;
    private readonly double[] _values;
    private readonly BagReplay? _draws;
    private readonly byte[][]? _bags;
    private int _failures;

    private LeafValueCheck(TreeModel model, TreeRows rows, LeafRule rule, BagSource bagSource, bool ofProbability)
    {
        (_model, _rows, _rule, _ofProbability) = (model, rows, rule, ofProbability);
        var bagCount = rule.TreesPerBag == 0 ? 0 : (model.Trees.Length + rule.TreesPerBag - 1) / rule.TreesPerBag;
        _bags = bagSource switch
        {
            BagSource.Supplied => rows.Bags,
            BagSource.Replay when bagCount > 0 => new byte[bagCount][],
            _ => null,
        };
        if (_bags is not null && bagSource == BagSource.Replay)
            _draws = new BagReplay(rule.BagSeed, rule.BagFraction, rows.Count);
        _failures = Math.Max(0, rule.RequestedTrees - model.Trees.Length);

        var weights = new RowWeights(rows.Weights, _bags, bagSource == BagSource.Supplied ? 1 : Math.Max(1, rule.TreesPerBag), ClassWeights());
        int[] leafCounts = [.. model.Trees.Select(tree => tree.LeafCount)];
        _structure = rule.StartsAtMean
            ? Structure([1, .. leafCounts], [new ushort[rows.Count], .. rows.Leaves], weights)
            : Structure(leafCounts, rows.Leaves, weights);
        // FastForest's binary trees are means of +1 and -1.
        _targets = model.Trainer == TreeTrainer.FastForestBinary ? [.. rows.Labels.Select(label => (2 * label) - 1)] : rows.Labels;
        _scores = new double[rows.Count];
        _weights = new double[rows.Count];
        _steps = new double[_structure.LeafTotal];
        _values = new double[_structure.LeafTotal];
    }

    /// <summary>What was found.</summary>
    /// <param name="Stages">The structure, ready to be replayed.</param>
    /// <param name="MaxRelativeError">The largest difference of a leaf value from the model's, relative to the spread of the leaf values of its tree; NaN where nothing could be computed.</param>
    /// <param name="Worst">Where it is, for messages.</param>
    public sealed record Result(Stages Stages, double MaxRelativeError, string Worst);

    /// <summary>Replays the leaf values of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Its training rows.</param>
    /// <param name="rule">How its trainer computed leaf values.</param>
    /// <param name="bagSource">Where bags come from.</param>
    /// <param name="ofProbability">Whether the stages of a logistic loss are to give probabilities instead of scores.</param>
    /// <param name="beforeTree">Called before each tree; it may throw to cancel.</param>
    public static Result Run(TreeModel model, TreeRows rows, LeafRule rule, BagSource bagSource, bool ofProbability, Action beforeTree)
        => new LeafValueCheck(model, rows, rule, bagSource, ofProbability).Run(beforeTree);

    private SmootherStructure Structure(int[] leafCounts, ushort[][] leaves, RowWeights weights)
        => new(leafCounts, leaves, weights, _rows.Count) { Rule = _rule, HasStart = _rule.StartsAtMean, LabelFactor = _rule.Sigmoid ?? 1 };

    // What a logistic loss multiplies the weights of its classes by.
    private double[]? ClassWeights()
    {
        if (_rule.Sigmoid is null || _rule.PositiveWeight == 1)
            return null;
        double positives = _rows.Labels.Count(label => label > 0), negatives = _rows.Count - positives;
        // Only their ratio matters without a penalty; LightGBM raises the rarer class, and FastTree has no penalty.
        var (positive, negative) = (_rule.PositiveWeight, positives > negatives) switch
        {
            ({ } given, _) => (given, 1.0),
            (null, true) => (1.0, positives / negatives),
            (null, false) => (negatives / positives, 1.0),
        };
        return [.. _rows.Labels.Select(label => label > 0 ? positive : negative)];
    }

    private Result Run(Action beforeTree)
    {
        var (worstError, worstTree, worstLeaf) = (0.0, 0, 0);
        var largest = _model.LeafValues.Max(values => Largest(values));
        if (_rule.StartsAtMean)
            Start();
        for (var tree = 0; tree < _model.Trees.Length; tree++)
        {
            beforeTree();
            var error = Replay(tree, largest, out var leaf);
            if (error > worstError || double.IsNaN(error))
                (worstError, worstTree, worstLeaf) = (error, tree, leaf);
            if (double.IsNaN(error))
                break;
        }
        var worst = string.Create(
            CultureInfo.InvariantCulture,
            $"leaf {worstLeaf} of tree {worstTree} holds {StoredValues(worstTree)[worstLeaf]:G6}, recomputed {Values(worstTree)[worstLeaf]:G6} from {InBagCounts(worstTree)[worstLeaf]} rows");
        Stages stages = _rule.Sigmoid is null ? new SquaredStages(_structure) : new LogisticStages(_structure, _values, _steps, _ofProbability);
        return new Result(stages, worstError, worst);
    }

    private void Start()
    {
        // The weights of the examples alone: neither a bag nor a class weight.
        _structure.Weights.Fill(-1, 0, _weights);
        var total = TensorPrimitives.Sum<double>(_weights);
        var mean = TensorPrimitives.Dot<double>(_weights, _targets) / total;
        _structure.Factors[0] = _rule.Sigmoid is { } sigmoid ? 1 / (total * mean * (1 - mean) * sigmoid) : 1 / total;
        _values[0] = _rule.Sigmoid is { } factor ? Math.Log(mean / (1 - mean)) / factor : mean;
        Array.Fill(_scores, _values[0]);
    }

    // The relative error of a tree's leaf values, after its bag and penalties are found and its factors are set.
    private double Replay(int tree, double largest, out int worstLeaf)
    {
        if (_draws is null || tree % _rule.TreesPerBag != 0)
            return ReplayOnce(tree, largest, out worstLeaf);
        var first = _bags![tree / _rule.TreesPerBag] = _draws.Next();
        var error = ReplayOnce(tree, largest, out worstLeaf);
        // A bag on which no tree could be grown was drawn and lost.
        for (var skipped = 0; error > Tolerance && skipped < _failures; skipped++)
        {
            UndoScores(tree);
            _bags[tree / _rule.TreesPerBag] = _draws.Next();
            error = ReplayOnce(tree, largest, out worstLeaf);
            if (error <= Tolerance)
                _failures -= skipped + 1;
        }
        if (error > Tolerance)
        {
            UndoScores(tree);
            _bags[tree / _rule.TreesPerBag] = first;
            _failures = 0;
            error = ReplayOnce(tree, largest, out worstLeaf);
        }
        return error;
    }

    private double ReplayOnce(int tree, double largest, out int worstLeaf)
    {
        var sums = SumLeaves(tree);
        SetFactors(tree, sums);
        var values = Values(tree);
        TensorPrimitives.Multiply(sums.Labels, FactorsOf(tree), values);
        if (_rule.Sigmoid is not null)
            KeepStepsAndClip(tree, values);
        _structure.Mix(Index(tree), values);
        AddScores(tree, values, 1);
        return ErrorOf(tree, largest, out worstLeaf);
    }

    /// <summary>Per leaf: the sum of weighted residuals (a forest's: labels), of weights, and of the loss's second derivatives.</summary>
    private sealed record LeafSums(double[] Labels, double[] Weights, double[] Hessians);

    private LeafSums SumLeaves(int tree)
    {
        var count = _structure.LeafCounts[Index(tree)];
        LeafSums sums = new(new double[count], new double[count], new double[count]);
        var leaves = _structure.Leaves[Index(tree)];
        _structure.Weights.Fill(tree, 0, _weights);
        for (var i = 0; i < leaves.Length; i++)
        {
            // The scores of a forest stay 0: each of its trees is fitted to the labels.
            var residual = _targets[i] - _scores[i];
            sums.Weights[leaves[i]] += _weights[i];
            if (_rule.Sigmoid is { } sigmoid)
            {
                var p = 1 / (1 + Math.Exp(-sigmoid * _scores[i]));
                residual = sigmoid * (_targets[i] - p);
                sums.Hessians[leaves[i]] += _weights[i] * sigmoid * sigmoid * p * (1 - p);
            }
            sums.Labels[leaves[i]] += _weights[i] * residual;
        }
        return sums;
    }

    private void SetFactors(int tree, LeafSums sums)
    {
        var factors = FactorsOf(tree);
        var stored = StoredValues(tree);
        var (numerator, masses) = (_rule.IsForest ? 1 : _rule.LearningRate, _rule.Sigmoid is null ? sums.Weights : sums.Hessians);
        for (var leaf = 0; leaf < factors.Length; leaf++)
        {
            // A tree without a split adds nothing: LightGBM does not use it.
            if (sums.Weights[leaf] <= 0 || masses[leaf] <= 0 || (_model.IsLightGbm && factors.Length == 1))
            {
                factors[leaf] = 0;
                continue;
            }
            factors[leaf] = numerator / (masses[leaf] + _rule.L2Regularization);
            var categorical = numerator / (masses[leaf] + _rule.L2Regularization + _rule.CategoricalL2Regularization);
            if (IsBelowCategories(tree, leaf) && Math.Abs((categorical * sums.Labels[leaf]) - stored[leaf]) < Math.Abs((factors[leaf] * sums.Labels[leaf]) - stored[leaf]))
                factors[leaf] = categorical;
        }
        if (_rule.Smoothing > 0 && !_rule.IsForest)
            _structure.Mixing[Index(tree)] = new LeafSmoothing(_model.Trees[tree], InBagCounts(tree), _rule.Smoothing);
    }

    // LightGBM penalises the two sides of a split among several categories more, unless one category is split from the rest.
    private bool IsBelowCategories(int tree, int leaf)
    {
        if (!_model.IsLightGbm || _rule.CategoricalL2Regularization == 0)
            return false;
        var splits = _model.Trees[tree];
        var parent = splits.Down.IndexOf(~leaf) is >= 0 and var down ? down : splits.Up.IndexOf(~leaf);
        return parent >= 0 && splits.CategoriesOf(parent) is not null;
    }

    private void KeepStepsAndClip(int tree, Span<double> values)
    {
        var factors = FactorsOf(tree);
        for (var leaf = 0; leaf < values.Length; leaf++)
        {
            _steps[_structure.LeafOffsets[Index(tree)] + leaf] = values[leaf] / _rule.LearningRate;
            // A value at its limit does not move with the labels.
            if (Math.Abs(values[leaf]) <= _rule.MaximumOutput)
                continue;
            values[leaf] = Math.CopySign(_rule.MaximumOutput, values[leaf]);
            factors[leaf] = 0;
        }
    }

    private double ErrorOf(int tree, double largest, out int worstLeaf)
    {
        var stored = StoredValues(tree);
        var values = Values(tree);
        // By how far leaves differ, because a large offset of the labels is in all of them and would hide any wrong row; but not finer than single precision.
        // Late trees of a boosted model that fits its labels exactly hold rounding errors only.
        var scale = Math.Max(Spread(stored), Math.Max(RoundingScale * Largest(_model.LeafValues[tree]), 1e-8 * largest));
        var error = 0.0;
        worstLeaf = 0;
        for (var leaf = 0; leaf < values.Length; leaf++)
        {
            var difference = scale == 0 ? Math.Abs(values[leaf]) : Math.Abs(values[leaf] - stored[leaf]) / scale;
            if (difference <= error)
                continue;
            (error, worstLeaf) = (difference, leaf);
            if (double.IsNaN(difference))
                break;
        }
        return error;
    }

    // What the tree adds: LightGBM keeps the start in the first tree.
    private double[] StoredValues(int tree)
        => _rule.StartsAtMean && tree == 0 ? [.. _model.LeafValues[0].Select(value => value - _values[0])] : _model.LeafValues[tree];

    private Span<double> FactorsOf(int tree) => _structure.Factors.AsSpan(_structure.LeafOffsets[Index(tree)], _structure.LeafCounts[Index(tree)]);

    private Span<double> Values(int tree) => _values.AsSpan(_structure.LeafOffsets[Index(tree)], _structure.LeafCounts[Index(tree)]);

    private void UndoScores(int tree) => AddScores(tree, Values(tree), -1);

    private void AddScores(int tree, Span<double> values, int sign)
    {
        if (_rule.IsForest)
            return;
        var leaves = _structure.Leaves[Index(tree)];
        for (var i = 0; i < leaves.Length; i++)
            _scores[i] += sign * values[leaves[i]];
    }

    private int[] InBagCounts(int tree)
    {
        var counts = new int[_structure.LeafCounts[Index(tree)]];
        var leaves = _structure.Leaves[Index(tree)];
        for (var i = 0; i < leaves.Length; i++)
            counts[leaves[i]] += _structure.Weights.CountOf(tree, i) > 0 ? 1 : 0;
        return counts;
    }

    private int Index(int tree) => _rule.StartsAtMean ? tree + 1 : tree;

    private static double Largest(double[] values) => values.Max(Math.Abs);

    private static double Spread(double[] values)
    {
        var mean = values.Average();
        return values.Max(value => Math.Abs(value - mean));
    }
}
