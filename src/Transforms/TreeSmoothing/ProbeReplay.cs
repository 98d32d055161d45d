using System.Numerics;
using System.Runtime.InteropServices;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// Estimates of norms and trace from random sign vectors g (Hutchinson's probes): the recursion of the leaf values with g for the labels gives S g in O(rows * trees) time, and
/// E (S g)_x^2 = ||s(x)||^2, E g^T S g = tr(S).
/// </summary>
/// <remarks>Eight probes at a time are a task of their own: the estimates do not depend on the number of threads.</remarks>
internal sealed class ProbeReplay
{
    /// <summary>Probes that are replayed together; their number is a multiple of it.</summary>
    public const int Together = 8;

    private static readonly int Vectors = Together / Vector<double>.Count;

    private readonly Stages _stages;
    private readonly SmootherStructure _structure;
    private readonly ushort[][]? _query;
    private readonly int _queryCount;
    private readonly bool _curve;
    private readonly int _seed;

    private ProbeReplay(Stages stages, ushort[][]? query, int queryCount, bool curve, int seed)
        => (_stages, _structure, _query, _queryCount, _curve, _seed) = (stages, stages.Structure, query, queryCount, curve, seed);

    /// <summary>Replays probes.</summary>
    /// <param name="stages">The structure.</param>
    /// <param name="query">For each tree the leaf of every query row, or <see langword="null"/>.</param>
    /// <param name="queryCount">Number of query rows.</param>
    /// <param name="probes">Number of probes, a multiple of <see cref="Together"/>.</param>
    /// <param name="curve">Whether to give the sums after each tree.</param>
    /// <param name="seed">Seed of the signs.</param>
    /// <param name="work">Threads.</param>
    /// <param name="afterGroup">Called after each eight probes: progress and cancellation.</param>
    public static SmoothingNorms Run(Stages stages, ushort[][]? query, int queryCount, int probes, bool curve, int seed, FixedBlocks work, Action<int> afterGroup)
    {
        var replay = new ProbeReplay(stages, query, queryCount, curve, seed);
        var groups = new Group[probes / Together];
        work.ForEach(groups.Length, (long)stages.Structure.RowCount * stages.Structure.TreeCount * Together, group =>
        {
            groups[group] = replay.RunGroup(group);
            afterGroup(group);
        });
        var (trace, traceError) = MeanAndError(groups, group => group.Traces);
        return new SmoothingNorms(
            Merge(groups, group => group.Train, probes), query is null ? null : Merge(groups, group => group.Query!, probes), trace, traceError);
    }

    private Group RunGroup(int group)
    {
        var structure = _structure;
        var scores = new Scores(structure, structure.Leaves, structure.RowCount, _curve);
        var queryScores = _query is null ? null : new Scores(structure, _query, _queryCount, _curve);
        var signs = Signs(group);
        var sums = new double[structure.LeafCounts.Max() * Together];
        var values = new double[sums.Length];
        foreach (var stage in _stages.Forward())
        {
            var count = structure.LeafCounts[stage.Tree];
            AddLeafSums(stage, signs, structure.Rule.IsForest ? null : scores.Values, sums.AsSpan(0, count * Together));
            Finish(stage.Tree, sums, values);
            scores.Add(stage.Tree, values);
            queryScores?.Add(stage.Tree, values);
        }
        return new Group(scores.Finish(), queryScores?.Finish(), scores.Times(signs));
    }

    private byte[] Signs(int group)
    {
        var signs = new byte[_structure.RowCount];
        var random = SplitMix64.Of(_seed, group);
        for (var i = 0; i < signs.Length; i++)
            signs[i] = (byte)(random.NextUInt64() >> 56);
        return signs;
    }

    private void AddLeafSums(Stage stage, byte[] signs, double[]? scores, Span<double> sums)
    {
        sums.Clear();
        var leafSums = MemoryMarshal.Cast<double, Vector<double>>(sums);
        var rowScores = MemoryMarshal.Cast<double, Vector<double>>(scores.AsSpan());
        var leaves = _structure.Leaves[stage.Tree];
        for (var i = 0; i < leaves.Length; i++)
        {
            var signVectors = SignTable.Of(signs[i]);
            var label = stage.Labels is null ? 1 : stage.Labels[i];
            var score = stage.Scores is null ? 1 : stage.Scores[i];
            for (var v = 0; v < Vectors; v++)
            {
                var contribution = signVectors[v] * label;
                if (scores is not null)
                    contribution -= rowScores[(i * Vectors) + v] * score;
                leafSums[(leaves[i] * Vectors) + v] += contribution;
            }
        }
    }

    private void Finish(int tree, double[] sums, double[] values)
    {
        var count = _structure.LeafCounts[tree];
        Span<double> one = new double[count], finished = new double[count];
        for (var probe = 0; probe < Together; probe++)
        {
            for (var leaf = 0; leaf < count; leaf++)
                one[leaf] = sums[(leaf * Together) + probe];
            _structure.Finish(tree, one, finished);
            for (var leaf = 0; leaf < count; leaf++)
                values[(leaf * Together) + probe] = finished[leaf];
        }
    }

    private static RowNorms Merge(Group[] groups, Func<Group, GroupNorms> select, int probes)
    {
        var first = select(groups[0]);
        var norms = new double[first.SquaredNorms.Length];
        var curve = new double[first.Curve.Length];
        foreach (var group in groups.Select(select))
        {
            for (var i = 0; i < norms.Length; i++)
                norms[i] += group.SquaredNorms[i] / probes;
            for (var tree = 0; tree < curve.Length; tree++)
                curve[tree] += group.Curve[tree] / probes;
        }
        return new RowNorms(norms, curve, MeanAndError(groups, group => select(group).Sums).Error);
    }

    private static (double Mean, double Error) MeanAndError(Group[] groups, Func<Group, double[]> select)
    {
        double[] values = [.. groups.SelectMany(select)];
        var mean = values.Average();
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
        return (mean, Math.Sqrt(variance / values.Length));
    }

    private sealed record Group(GroupNorms Train, GroupNorms? Query, double[] Traces);

    /// <summary>Over eight probes: the sum of each row's squares, of all rows after each tree, and of all rows for each probe.</summary>
    private sealed record GroupNorms(double[] SquaredNorms, double[] Curve, double[] Sums);

    /// <summary>The scores of some rows for eight probes.</summary>
    private sealed class Scores(SmootherStructure structure, ushort[][] leaves, int rows, bool curve)
    {
        private readonly double[] _curve = new double[curve ? structure.TreeCount - (structure.HasStart ? 1 : 0) : 0];

        public double[] Values { get; } = new double[rows * Together];

        public void Add(int tree, double[] values)
        {
            var leafValues = MemoryMarshal.Cast<double, Vector<double>>(values.AsSpan());
            var scores = MemoryMarshal.Cast<double, Vector<double>>(Values.AsSpan());
            var treeLeaves = leaves[tree];
            Vector<double> squares = default;
            for (var i = 0; i < rows; i++)
            {
                for (var v = 0; v < Vectors; v++)
                {
                    var score = scores[(i * Vectors) + v] + leafValues[(treeLeaves[i] * Vectors) + v];
                    scores[(i * Vectors) + v] = score;
                    squares += score * score;
                }
            }
            var trained = structure.TrainedTree(tree);
            if (trained < 0 || _curve.Length == 0)
                return;
            var divisor = structure.Rule.IsForest ? trained + 1.0 : 1;
            _curve[trained] = Vector.Sum(squares) / (divisor * divisor);
        }

        public GroupNorms Finish()
        {
            double[] norms = new double[rows], sums = new double[Together];
            for (var i = 0; i < rows; i++)
            {
                for (var probe = 0; probe < Together; probe++)
                {
                    var score = Values[(i * Together) + probe] / structure.Divisor;
                    norms[i] += score * score;
                    sums[probe] += score * score;
                }
            }
            return new GroupNorms(norms, _curve, sums);
        }

        /// <summary>g^T S g of each probe.</summary>
        public double[] Times(byte[] signs)
        {
            var products = new double[Together];
            for (var i = 0; i < rows; i++)
            {
                for (var probe = 0; probe < Together; probe++)
                    products[probe] += ((signs[i] >> probe) & 1) == 0 ? Values[(i * Together) + probe] : -Values[(i * Together) + probe];
            }
            return [.. products.Select(product => product / structure.Divisor)];
        }
    }

    /// <summary>For each byte the eight signs that its bits stand for.</summary>
    private static class SignTable
    {
        private static readonly Vector<double>[] Table = Create();

        public static ReadOnlySpan<Vector<double>> Of(byte bits) => Table.AsSpan(bits * Vectors, Vectors);

        private static Vector<double>[] Create()
        {
            var signs = new double[256 * Together];
            for (var i = 0; i < signs.Length; i++)
                signs[i] = ((i / Together) >> (i % Together) & 1) == 0 ? 1 : -1;
            return MemoryMarshal.Cast<double, Vector<double>>(signs.AsSpan()).ToArray();
        }
    }
}
