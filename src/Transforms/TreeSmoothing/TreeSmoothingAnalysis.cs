using Microsoft.ML;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>From a model and its training table to a report.</summary>
internal static class TreeSmoothingAnalysis
{
    /// <summary>Leaves up to which pairs of leaves fit into matrices: 288 MB each.</summary>
    public const int MostLeaves = 6000;

    // Leaves up to which solving for the functionals of a boosted model, in their third power, is worth it; a forest has nothing to solve.
    private const int AutomaticLeaves = 4000;

    // About half a minute and a gigabyte.
    private const double AutomaticRowWiseSteps = 1e10;
    private const long AutomaticRowWiseEntries = 100_000_000;

    /// <summary>Analyses a model.</summary>
    public static TreeSmoothingReport Run(ITransformer model, IDataView trainData, IDataView? queryData, TreeSmoothingOptions options, TrainingContext context)
    {
        var work = new FixedBlocks(options.NumberOfThreads ?? Environment.ProcessorCount, beforeEach: context.ThrowIfCanceled);
        var smoother = TrainedSmoother.Of(model, trainData, options, work, context);
        var query = queryData is null ? null : TreeRows.ReadQuery(smoother.Model.Prepare(queryData), smoother.Model, work, context);
        if (query is { Count: 0 })
            throw new InvalidOperationException("The query data has no rows; expected at least one. Leave queryData out to analyse the training rows alone.");
        return Compute(smoother, query, options, work, context);
    }

    private static TreeSmoothingReport Compute(TrainedSmoother smoother, TreeRows? query, TreeSmoothingOptions options, FixedBlocks work, TrainingContext context)
    {
        var structure = smoother.Stages.Structure;
        var method = MethodFor(structure, query?.Count ?? 0, options.Method, context);
        var queryLeaves = query is null ? null : WithStart(structure, query);
        var norms = method switch
        {
            SmoothingMethod.LeafSpace => ByLeafSpace(smoother.Stages, queryLeaves, query?.Count ?? 0, options, work, context),
            SmoothingMethod.RowWise => ByRows(smoother.Stages, queryLeaves, query?.Count ?? 0, options, work, context),
            _ => ByProbes(smoother.Stages, queryLeaves, query?.Count ?? 0, options, work, context),
        };
        return new TreeSmoothingReport(smoother, query, queryLeaves, norms, method, options, context.ThrowIfCanceled);
    }

    /// <summary>For each tree, a start at the mean included, the leaf of every row.</summary>
    public static ushort[][] WithStart(SmootherStructure structure, TreeRows rows) => structure.HasStart ? [new ushort[rows.Count], .. rows.Leaves] : rows.Leaves;

    private static SmoothingMethod MethodFor(SmootherStructure structure, int queryRows, SmoothingMethod asked, TrainingContext context)
    {
        var (leaves, most) = (structure.LeafTotal, structure.Rule.IsForest ? MostLeaves : AutomaticLeaves);
        switch (asked)
        {
            case SmoothingMethod.LeafSpace when leaves > MostLeaves:
                context.Warn($"The trees have {leaves} leaves, more than the {MostLeaves} whose pairs fit in memory: using the method {SmoothingMethod.Probe} instead of {asked}.");
                return SmoothingMethod.Probe;
            case SmoothingMethod.RowWise when structure.Rule.IsForest && (long)structure.RowCount * structure.TreeCount > Array.MaxLength:
                context.Warn($"{structure.RowCount} rows in {structure.TreeCount} trees are more than the {Array.MaxLength} that fit in a list: using the method {SmoothingMethod.Probe} instead of {asked}.");
                return SmoothingMethod.Probe;
            case SmoothingMethod.Auto when leaves > most:
                var method = RowWiseIsCheap(structure, queryRows) ? SmoothingMethod.RowWise : SmoothingMethod.Probe;
                context.Info($"The trees have {leaves} leaves, more than {most}: using the method {method} instead of {SmoothingMethod.LeafSpace}.");
                return method;
            case SmoothingMethod.Auto:
                return SmoothingMethod.LeafSpace;
            default:
                return asked;
        }
    }

    private static bool RowWiseIsCheap(SmootherStructure structure, int queryRows)
    {
        var rows = (double)structure.RowCount + queryRows;
        return structure.Rule.IsForest
            ? (long)structure.RowCount * structure.TreeCount <= AutomaticRowWiseEntries && RowWiseSmoother.WorkPerRow(structure) * rows <= AutomaticRowWiseSteps
            : structure.RowCount * rows * structure.TreeCount <= AutomaticRowWiseSteps;
    }

    private static SmoothingNorms ByLeafSpace(Stages stages, ushort[][]? query, int queryCount, TreeSmoothingOptions options, FixedBlocks work, TrainingContext context)
    {
        using var progress = context.StartProgress("steps");
        var space = LeafSpace.Build(stages, work, (step, steps) =>
        {
            context.ThrowIfCanceled();
            progress.Report(step, steps);
        });
        var structure = stages.Structure;
        return new SmoothingNorms(
            space.Norms(structure.Leaves, structure.RowCount, options.Curve, work),
            query is null ? null : space.Norms(query, queryCount, options.Curve, work),
            space.Trace, 0);
    }

    private static SmoothingNorms ByRows(Stages stages, ushort[][]? query, int queryCount, TreeSmoothingOptions options, FixedBlocks work, TrainingContext context)
    {
        var structure = stages.Structure;
        if (!structure.Rule.IsForest)
        {
            using var progress = new ProbeProgress(context, structure.RowCount);
            return ProbeReplay.Exact(stages, query, queryCount, options.Curve, work, progress.Next);
        }
        var smoother = new RowWiseSmoother(structure, context.ThrowIfCanceled);
        return new SmoothingNorms(
            smoother.Norms(structure.Leaves, structure.RowCount, options.Curve, work),
            query is null ? null : smoother.Norms(query, queryCount, options.Curve, work),
            smoother.Trace, 0);
    }

    private static SmoothingNorms ByProbes(Stages stages, ushort[][]? query, int queryCount, TreeSmoothingOptions options, FixedBlocks work, TrainingContext context)
    {
        var probes = (options.ProbeCount + ProbeReplay.Together - 1) / ProbeReplay.Together * ProbeReplay.Together;
        using var progress = new ProbeProgress(context, probes);
        return ProbeReplay.Estimate(stages, query, queryCount, probes, options.Curve, context.Seed, work, progress.Next);
    }

    private sealed class ProbeProgress(TrainingContext context, int probes) : IDisposable
    {
        private readonly TrainingProgress _progress = context.StartProgress("probes");
        private int _done;

        public void Next()
        {
            context.ThrowIfCanceled();
            _progress.Report(Interlocked.Add(ref _done, ProbeReplay.Together), probes);
        }

        public void Dispose() => _progress.Dispose();
    }
}
