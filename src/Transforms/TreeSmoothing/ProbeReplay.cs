using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// Norms and trace from probes: the recursion of the leaf values with a vector g for the labels gives S g in O(rows * trees) time. For random sign vectors (Hutchinson's probes)
/// E (S g)_x^2 = ||s(x)||^2 and E g^T S g = tr(S); the unit vectors of all training rows give both exactly.
/// </summary>
/// <remarks>Eight probes at a time are replayed together. They are shared out among a fixed number of tasks: the results do not depend on the number of threads.</remarks>
internal sealed class ProbeReplay
{
    /// <summary>Probes that are replayed together; their number is a multiple of it.</summary>
    public const int Together = 8;

    // Each holds the scores of all rows for eight probes.
    private const int MostTasks = 16;

    private static readonly int Vectors = Together / Vector<double>.Count;

    private readonly Stages _stages;
    private readonly SmootherStructure _structure;
    private readonly ushort[][]? _query;
    private readonly int _queryCount;
    private readonly bool _curve;

    private ProbeReplay(Stages stages, ushort[][]? query, int queryCount, bool curve)
        => (_stages, _structure, _query, _queryCount, _curve) = (stages, stages.Structure, query, queryCount, curve);

    /// <summary>Replays random sign vectors.</summary>
    /// <param name="stages">The structure.</param>
    /// <param name="query">For each tree the leaf of every query row, or <see langword="null"/>.</param>
    /// <param name="queryCount">Number of query rows.</param>
    /// <param name="probes">Number of probes, a multiple of <see cref="Together"/>.</param>
    /// <param name="curve">Whether to give the sums after each tree.</param>
    /// <param name="seed">Seed of the signs.</param>
    /// <param name="work">Threads.</param>
    /// <param name="afterGroup">Called after each eight probes: progress and cancellation.</param>
    public static SmoothingNorms Estimate(Stages stages, ushort[][]? query, int queryCount, int probes, bool curve, int seed, FixedBlocks work, Action afterGroup)
    {
        ProbeReplay replay = new(stages, query, queryCount, curve);
        var tasks = replay.Run(probes / Together, work, group => new ProbeVectors(Signs(seed, group, stages.Structure.RowCount), ProbeVectors.SignTable), afterGroup);
        var (trace, traceError) = MeanAndError(tasks.SelectMany(task => task.Traces));
        RowNorms Mean(Func<Totals, Scores> select) => Sum(tasks, select, 1.0 / probes) with { StandardError = MeanAndError(tasks.SelectMany(task => select(task).ProbeSums)).Error };
        return new SmoothingNorms(Mean(task => task.Train), query is null ? null : Mean(task => task.Query!), trace, traceError);
    }

    /// <summary>Replays the unit vectors of all training rows: exact, in O(rows^2 * trees) time.</summary>
    public static SmoothingNorms Exact(Stages stages, ushort[][]? query, int queryCount, bool curve, FixedBlocks work, Action afterGroup)
    {
        ProbeReplay replay = new(stages, query, queryCount, curve);
        var rows = stages.Structure.RowCount;
        var tasks = replay.Run((rows + Together - 1) / Together, work, group => new ProbeVectors(Units(group, rows), ProbeVectors.UnitTable), afterGroup);
        return new SmoothingNorms(
            Sum(tasks, task => task.Train, 1), query is null ? null : Sum(tasks, task => task.Query!, 1), tasks.Sum(task => task.Traces.Sum()), 0);
    }

    // A fixed number of tasks, each of which adds its groups up in their order. Memory: 64 bytes for each training and query row a thread (slopes of probabilities take 8 more) while a
    // task runs, and 8 bytes a row for the sums of each task until all are done.
    private Totals[] Run(int groups, FixedBlocks work, Func<int, ProbeVectors> create, Action afterGroup)
    {
        var tasks = new Totals[Math.Min(groups, MostTasks)];
        work.ForEach(tasks.Length, (long)_structure.RowCount * _structure.TreeCount * Together, task =>
        {
            Totals totals = new(new Scores(_stages, _structure.Leaves, _structure.RowCount, _curve), _query is null ? null : new Scores(_stages, _query, _queryCount, _curve));
            for (var group = (int)((long)task * groups / tasks.Length); group < (int)((task + 1L) * groups / tasks.Length); group++)
            {
                Replay(create(group), totals);
                afterGroup();
            }
            totals.Train.Release();
            totals.Query?.Release();
            tasks[task] = totals;
        });
        return tasks;
    }

    private void Replay(ProbeVectors probes, Totals totals)
    {
        var structure = _structure;
        totals.Train.Start();
        totals.Query?.Start();
        var sums = new double[structure.LeafCounts.Max() * Together];
        var values = new double[sums.Length];
        foreach (var stage in _stages.Forward())
        {
            var count = structure.LeafCounts[stage.Tree];
            AddLeafSums(stage, probes, structure.Rule.IsForest ? null : totals.Train.Values, sums.AsSpan(0, count * Together));
            Finish(stage.Tree, sums, values);
            totals.Train.Add(stage.Tree, values);
            totals.Query?.Add(stage.Tree, values);
        }
        totals.Train.Finish();
        totals.Query?.Finish();
        totals.Traces.AddRange(totals.Train.Times(probes));
    }

    // Eight bits a row, one for each probe.
    private static byte[] Signs(int seed, int group, int rows)
    {
        var signs = new byte[rows];
        var random = SplitMix64.Of(seed, group);
        for (var i = 0; i < signs.Length; i++)
            signs[i] = (byte)(random.NextUInt64() >> 56);
        return signs;
    }

    // 0, but for the eight rows whose unit vectors these are.
    private static byte[] Units(int group, int rows)
    {
        var units = new byte[rows];
        for (var probe = 0; probe < Together && (group * Together) + probe < rows; probe++)
            units[(group * Together) + probe] = (byte)(probe + 1);
        return units;
    }

    private void AddLeafSums(Stage stage, ProbeVectors probes, double[]? scores, Span<double> sums)
    {
        sums.Clear();
        var leafSums = MemoryMarshal.Cast<double, Vector<double>>(sums);
        var rowScores = MemoryMarshal.Cast<double, Vector<double>>(scores.AsSpan());
        var leaves = _structure.Leaves[stage.Tree];
        for (var i = 0; i < leaves.Length; i++)
        {
            var labels = probes.Of(i);
            var label = stage.Labels is null ? 1 : stage.Labels[i];
            var score = stage.Scores is null ? 1 : stage.Scores[i];
            for (var v = 0; v < Vectors; v++)
            {
                var contribution = labels[v] * label;
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

    private static RowNorms Sum(Totals[] tasks, Func<Totals, Scores> select, double factor)
    {
        var first = select(tasks[0]);
        var norms = new double[first.SquaredNorms.Length];
        var curve = new double[first.Curve.Length];
        foreach (var scores in tasks.Select(select))
        {
            TensorPrimitives.MultiplyAdd(scores.SquaredNorms, factor, norms, norms);
            TensorPrimitives.MultiplyAdd(scores.Curve, factor, curve, curve);
        }
        return new RowNorms(norms, curve);
    }

    private static (double Mean, double Error) MeanAndError(IEnumerable<double> probes)
    {
        double[] values = [.. probes];
        var mean = values.Average();
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
        return (mean, Math.Sqrt(variance / values.Length));
    }

    /// <summary>What the probes of a task have added up to.</summary>
    private sealed record Totals(Scores Train, Scores? Query)
    {
        /// <summary>g^T S g of each probe.</summary>
        public List<double> Traces { get; } = [];
    }

    /// <summary>The scores of some rows for eight probes, and over all probes so far the sums of their squares.</summary>
    private sealed class Scores(Stages stages, ushort[][] leaves, int rows, bool curve)
    {
        private readonly SmootherStructure _structure = stages.Structure;
        private RowSlopes _slopes = new(stages, 0);

        public double[] Values { get; private set; } = new double[rows * Together];

        /// <summary>Of each row.</summary>
        public double[] SquaredNorms { get; } = new double[rows];

        /// <summary>Of all rows after each tree.</summary>
        public double[] Curve { get; } = new double[curve ? stages.Structure.TreeCount - (stages.Structure.HasStart ? 1 : 0) : 0];

        /// <summary>Of all rows for each probe.</summary>
        public List<double> ProbeSums { get; } = [];

        public void Start()
        {
            Array.Clear(Values);
            _slopes = new RowSlopes(stages, rows);
        }

        /// <summary>Drops what only a replay needs; the sums remain.</summary>
        public void Release() => (Values, _slopes) = ([], new RowSlopes(stages, 0));

        public void Add(int tree, double[] values)
        {
            var leafValues = MemoryMarshal.Cast<double, Vector<double>>(values.AsSpan());
            var scores = MemoryMarshal.Cast<double, Vector<double>>(Values.AsSpan());
            var treeLeaves = leaves[tree];
            Vector<double> squares = default;
            _slopes.AddTree(tree, treeLeaves);
            for (var i = 0; i < rows; i++)
            {
                var slope = Curve.Length == 0 ? 1 : _slopes[i];
                for (var v = 0; v < Vectors; v++)
                {
                    var score = scores[(i * Vectors) + v] + leafValues[(treeLeaves[i] * Vectors) + v];
                    scores[(i * Vectors) + v] = score;
                    squares += score * score * (slope * slope);
                }
            }
            var trained = _structure.TrainedTree(tree);
            if (trained < 0 || Curve.Length == 0)
                return;
            var divisor = _structure.DivisorAfter(trained + 1);
            Curve[trained] += Vector.Sum(squares) / (divisor * divisor);
        }

        public void Finish()
        {
            var sums = new double[Together];
            for (var i = 0; i < rows; i++)
            {
                var slope = _slopes[i] / _structure.Divisor;
                for (var probe = 0; probe < Together; probe++)
                {
                    var score = slope * Values[(i * Together) + probe];
                    SquaredNorms[i] += score * score;
                    sums[probe] += score * score;
                }
            }
            ProbeSums.AddRange(sums);
        }

        /// <summary>g^T S g of each probe.</summary>
        public double[] Times(ProbeVectors probes)
        {
            var scores = MemoryMarshal.Cast<double, Vector<double>>(Values.AsSpan());
            Span<Vector<double>> products = stackalloc Vector<double>[Vectors];
            for (var i = 0; i < rows; i++)
            {
                var slope = _slopes[i] / _structure.Divisor;
                for (var v = 0; v < Vectors; v++)
                    products[v] += probes.Of(i)[v] * scores[(i * Vectors) + v] * slope;
            }
            return MemoryMarshal.Cast<Vector<double>, double>(products).ToArray();
        }
    }

    /// <summary>Eight vectors over the rows: each row has a code, and a table has the eight values that it stands for.</summary>
    private readonly struct ProbeVectors(byte[] codes, Vector<double>[] table)
    {
        /// <summary>A byte's bits are signs.</summary>
        public static Vector<double>[] SignTable { get; } = Create((code, probe) => ((code >> probe) & 1) == 0 ? 1 : -1);

        /// <summary>0 stands for zeros, k for 1 in the k-th vector.</summary>
        public static Vector<double>[] UnitTable { get; } = Create((code, probe) => code == probe + 1 ? 1 : 0);

        public ReadOnlySpan<Vector<double>> Of(int row) => table.AsSpan(codes[row] * Vectors, Vectors);

        private static Vector<double>[] Create(Func<int, int, double> value)
        {
            double[] values = [.. Enumerable.Range(0, 256 * Together).Select(i => value(i / Together, i % Together))];
            return MemoryMarshal.Cast<double, Vector<double>>(values.AsSpan()).ToArray();
        }
    }
}
