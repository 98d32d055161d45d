using System.Numerics.Tensors;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <content>From a trained model and its training table to the per-row transform.</content>
public sealed partial class TreeSmoothingModel
{
    // 40 MB of leaf numbers in the graph.
    private const long MostTopRowEntries = 10_000_000;

    /// <summary>Learns the smoother of a model.</summary>
    internal static TreeSmoothingModel Fit(ITransformer model, IDataView trainData, string prefix, TreeSmoothingOptions options, TrainingContext context)
    {
        var work = new FixedBlocks(options.NumberOfThreads ?? Environment.ProcessorCount, beforeEach: context.ThrowIfCanceled);
        var smoother = TrainedSmoother.Of(model, trainData, options, work, context);
        var structure = smoother.Stages.Structure;
        CheckSize(structure, options);

        using var progress = context.StartProgress("steps");
        var space = LeafSpace.Build(smoother.Stages, work, (step, steps) =>
        {
            context.ThrowIfCanceled();
            progress.Report(step, steps);
        });
        var train = space.Norms(structure.Leaves, structure.RowCount, curve: false, work);
        DecisionTree[] trees = structure.HasStart ? [DecisionTree.SingleLeaf, .. smoother.Model.Trees] : smoother.Model.Trees;
        return new TreeSmoothingModel(
            options, prefix, new FeatureInput(smoother.Model.FeatureColumnName, smoother.Model.FeatureCount), trees, Triangle(space.Gram, structure), RowSums(smoother.Stages),
            SlopeValues(smoother.Stages), Percentiles(train.SquaredNorms), options.NumberOfTopRows == 0 ? null : TopRowsOf(smoother, work))
        {
            TrainRowCount = structure.RowCount,
            Exactness = smoother.Exactness,
            MaxRelativeError = smoother.MaxRelativeError,
        };
    }

    private static void CheckSize(SmootherStructure structure, TreeSmoothingOptions options)
    {
        if (options.Method is not (SmoothingMethod.Auto or SmoothingMethod.LeafSpace))
            throw new InvalidOperationException($"Leverage of any row needs the method {nameof(SmoothingMethod.LeafSpace)}, got {options.Method}: the others compute it for the rows of a report only.");
        if (structure.LeafTotal > TreeSmoothingAnalysis.MostLeaves)
        {
            throw new InvalidOperationException(
                $"The trees have {structure.LeafTotal} leaves; expected at most {TreeSmoothingAnalysis.MostLeaves}, because a transform keeps a number for each pair of them. Model.AnalyzeTreeSmoothing has no such limit.");
        }
        if (options.NumberOfTopRows > structure.RowCount)
            throw new InvalidOperationException($"{nameof(TreeSmoothingOptions.NumberOfTopRows)} is {options.NumberOfTopRows}; expected at most the number of training rows, {structure.RowCount}.");
        if (options.NumberOfTopRows > 0 && (long)structure.RowCount * structure.TreeCount > MostTopRowEntries)
        {
            throw new InvalidOperationException(
                $"{structure.RowCount} training rows in {structure.TreeCount} trees are more than the {MostTopRowEntries:N0} places that a transform can keep to name top rows. The report's GetTopRows has no such limit.");
        }
    }

    // The lower triangle of G, divided as the score is.
    private static double[] Triangle(double[] gram, SmootherStructure structure)
    {
        var leaves = structure.LeafTotal;
        var triangle = new double[(long)leaves * (leaves + 1) / 2];
        var next = 0;
        for (var row = 0; row < leaves; row++)
        {
            TensorPrimitives.Divide(gram.AsSpan(row * leaves, row + 1), structure.Divisor * structure.Divisor, triangle.AsSpan(next, row + 1));
            next += row + 1;
        }
        return triangle;
    }

    private static double[] RowSums(Stages stages)
    {
        var ones = new double[stages.Structure.RowCount];
        Array.Fill(ones, 1);
        var sums = LeafReplay.LeafValues(stages, ones);
        TensorPrimitives.Divide(sums, stages.Structure.Divisor, sums);
        return sums;
    }

    // What the values of leaves add to sigma times the score, where predictions are probabilities; otherwise nothing.
    private static double[] SlopeValues(Stages stages)
        => stages.SlopeValues is { } values ? [.. values.Select(value => value * stages.Structure.LabelFactor), stages.Structure.LabelFactor] : [];

    private static double[] Percentiles(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return [.. Enumerable.Range(0, 101).Select(percent => sorted[(int)Math.Round(percent / 100.0 * (sorted.Length - 1))])];
    }

    private static TopRowsState TopRowsOf(TrainedSmoother smoother, FixedBlocks work)
    {
        var (structure, weights) = (smoother.Stages.Structure, smoother.Stages.Structure.Weights);
        var trained = Enumerable.Range(0, smoother.Model.Trees.Length).ToArray();
        double[] rowFactors = [], startFactors = [];
        if (!weights.WithoutBags().AreOnes || structure.LabelFactor != 1)
        {
            (rowFactors, startFactors) = (new double[structure.RowCount], new double[structure.RowCount]);
            weights.WithoutBags().Fill(0, 0, rowFactors);
            TensorPrimitives.Multiply(rowFactors, structure.LabelFactor, rowFactors);
            weights.Fill(-1, 0, startFactors);
        }
        var shares = structure.Rule.IsForest ? [.. structure.Factors.Select(factor => factor / structure.Divisor)] : LeafSpace.Functionals(smoother.Stages, work);
        return new TopRowsState(
            [.. smoother.Rows.RowNumbers.Select(number => (double)number)], smoother.Rows.Leaves,
            weights.BagOf(0) is null ? null : [.. trained.Select(tree => weights.BagOf(tree)!)], rowFactors, startFactors, shares);
    }
}
