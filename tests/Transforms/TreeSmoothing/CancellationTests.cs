using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>An analysis stops wherever it is: while a table is read and within each method, by its token and by its context.</summary>
public sealed class CancellationTests
{
    private static readonly FixedBlocks Work = new(1);
    private static readonly TreeRow[] Rows = TreeRow.Create(3000);

    public static TheoryData<SmoothingMethod, bool, bool> Methods { get; } = new()
    {
        { SmoothingMethod.LeafSpace, true, false }, { SmoothingMethod.LeafSpace, false, true }, { SmoothingMethod.Probe, true, true }, { SmoothingMethod.Probe, false, false },
        { SmoothingMethod.RowWise, true, false }, { SmoothingMethod.RowWise, false, true },
    };

    /// <summary>Cancelled between the check of the leaf values and what the method computes.</summary>
    [Theory, MemberData(nameof(Methods))]
    public void Each_method_stops(SmoothingMethod method, bool isForest, bool byContext)
    {
        MLContext ml = new(1);
        var train = TreeData.View(ml, Rows[..300]);
        ITransformer model = isForest ? ml.Regression.Trainers.FastForest(numberOfTrees: 5).Fit(train) : ml.Regression.Trainers.FastTree(numberOfTrees: 5).Fit(train);
        using CancellationTokenSource source = new();
        var reached = false;
        ml.Log += (_, line) =>
        {
            if (!line.Message.Contains("Leaf values recomputed", StringComparison.Ordinal))
                return;
            reached = true;
            if (byContext)
                CancelExecution(ml);
            else
                source.Cancel();
        };
        Assert.ThrowsAny<OperationCanceledException>(() => ml.Model.AnalyzeTreeSmoothing(model, train, null, new() { Method = method }, source.Token));
        Assert.True(reached);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Reading_a_table_stops(bool ofQuery)
    {
        MLContext ml = new(1);
        var train = TreeData.View(ml, Rows);
        var model = ml.Regression.Trainers.FastTree(numberOfTrees: 2).Fit(train);
        using CancellationTokenSource source = new();
        var read = 0;
        var slow = ml.Data.LoadFromEnumerable(Cancelling());
        Assert.ThrowsAny<OperationCanceledException>(() => ml.Model.AnalyzeTreeSmoothing(model, ofQuery ? train : slow, ofQuery ? slow : null, cancellationToken: source.Token));
        // Within the block of rows in which it was cancelled.
        Assert.InRange(read, 1500, 2048);

        IEnumerable<TreeRow> Cancelling()
        {
            foreach (var row in Rows)
            {
                if (++read == 1500)
                    source.Cancel();
                yield return row;
            }
        }
    }

    /// <summary>The loops over trees and probes ask before each of them, not only at their beginning.</summary>
    [Fact]
    public void Loops_stop_at_the_step_at_which_they_are_cancelled()
    {
        MLContext ml = new(1);
        var train = TreeData.View(ml, Rows[..300]);
        var forest = TreeModels.Smoother(ml.Regression.Trainers.FastForest(numberOfTrees: 6).Fit(train), train, new()).Stages;
        var boosted = TreeModels.Smoother(ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 6 }).Fit(train), train, new()).Stages;

        AssertStops(3, step => _ = new RowWiseSmoother(forest.Structure, step));
        AssertStops(3, step => LeafReplay.LeafValues(boosted, new double[300], step));
        // Six trees for the sums of the leaves, then six for those of the rows.
        AssertStops(3, step => TreeSmoothingReport.RowSumsOf(boosted, null, step));
        AssertStops(9, step => TreeSmoothingReport.RowSumsOf(boosted, null, step));
        AssertStops(3, step => LeafSpace.Build(boosted, Work, (_, _) => step()));
        AssertStops(3, step => ProbeReplay.Estimate(boosted, null, 0, 64, false, 1, Work, step));
        AssertStops(3, step => ProbeReplay.Exact(boosted, null, 0, false, Work, step));
    }

    private static void AssertStops(int at, Action<Action> run)
    {
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => run(() =>
        {
            if (++steps == at)
                throw new OperationCanceledException();
        }));
        Assert.Equal(at, steps);
    }

    // What AutoML's time limit calls; ML.NET keeps it internal.
    private static void CancelExecution(MLContext ml)
        => typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.Invoke(ml, null);
}
