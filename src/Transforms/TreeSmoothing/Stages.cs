using System.Numerics.Tensors;

namespace MLExtensions.Transforms;

/// <summary>One tree of a replay: the sum of a leaf is the sum over its rows of Labels_i e_i - Scores_i S_i.</summary>
/// <param name="Tree">Number of the tree.</param>
/// <param name="Labels">Weight of each row's label; <see langword="null"/> for 1 everywhere. Overwritten when the next stage is asked for.</param>
/// <param name="Scores">Weight of each row's score; the same array where it is the same.</param>
internal readonly record struct Stage(int Tree, double[]? Labels, double[]? Scores);

/// <summary>The trees of a structure one after the other, with the weights of their rows.</summary>
internal abstract class Stages(SmootherStructure structure)
{
    public SmootherStructure Structure => structure;

    /// <summary>The leaf values that make the scores at which predictions are probabilities; <see langword="null"/> where the score itself is the prediction.</summary>
    public virtual double[]? SlopeValues => null;

    /// <summary>From the first tree to the last.</summary>
    public abstract IEnumerable<Stage> Forward();

    /// <summary>From the last tree to the first.</summary>
    public abstract IEnumerable<Stage> Backward();
}

/// <summary>The stages of the squared loss and of forests: a row's label and score count alike.</summary>
internal sealed class SquaredStages(SmootherStructure structure) : Stages(structure)
{
    public override IEnumerable<Stage> Forward() => Visit(Enumerable.Range(0, Structure.TreeCount));

    public override IEnumerable<Stage> Backward() => Visit(Enumerable.Range(0, Structure.TreeCount).Reverse());

    private IEnumerable<Stage> Visit(IEnumerable<int> trees)
    {
        var weights = Structure.Weights.AreOnes ? null : new double[Structure.RowCount];
        var filled = false;
        foreach (var tree in trees)
        {
            // Only bags change from tree to tree; the start has none.
            if (weights is not null && (!filled || Structure.Weights.DifferByTree))
                Structure.FillLabelWeights(tree, 0, weights);
            filled = true;
            yield return new Stage(tree, weights, weights);
        }
    }
}

/// <summary>
/// The stages of the logistic loss, linearised with the trained scores F: dv = factor * sum of b_i (sigma e_i - gamma_i J_i) with
/// gamma_i = h_i + (v / eta) dh_i/dF_i, h_i = sigma^2 p_i (1 - p_i), p_i = 1 / (1 + exp(-sigma F_i)) (section 5 of the card).
/// </summary>
/// <param name="structure">The structure, with factors eta / (sum of b_i h_i + lambda).</param>
/// <param name="leafValues">What each leaf adds to the score.</param>
/// <param name="steps">v / eta of each leaf before smoothing: its gradient over its hessian.</param>
/// <param name="ofProbability">Whether the prediction is the probability of the positive class instead of the score.</param>
internal sealed class LogisticStages(SmootherStructure structure, double[] leafValues, double[] steps, bool ofProbability) : Stages(structure)
{
    public override double[]? SlopeValues => ofProbability ? leafValues : null;

    public override IEnumerable<Stage> Forward()
    {
        var scores = new double[Structure.RowCount];
        var buffers = (Labels: new double[Structure.RowCount], Scores: new double[Structure.RowCount]);
        for (var tree = 0; tree < Structure.TreeCount; tree++)
        {
            yield return At(tree, scores, buffers);
            Add(tree, 1, scores);
        }
    }

    public override IEnumerable<Stage> Backward()
    {
        var scores = new double[Structure.RowCount];
        var buffers = (Labels: new double[Structure.RowCount], Scores: new double[Structure.RowCount]);
        for (var tree = 0; tree < Structure.TreeCount; tree++)
            Add(tree, 1, scores);
        for (var tree = Structure.TreeCount - 1; tree >= 0; tree--)
        {
            Add(tree, -1, scores);
            yield return At(tree, scores, buffers);
        }
    }

    private void Add(int tree, double sign, double[] scores)
    {
        var values = leafValues.AsSpan(Structure.LeafOffsets[tree], Structure.LeafCounts[tree]);
        var leaves = Structure.Leaves[tree];
        for (var i = 0; i < scores.Length; i++)
            scores[i] += sign * values[leaves[i]];
    }

    private Stage At(int tree, double[] scores, (double[] Labels, double[] Scores) buffers)
    {
        Structure.FillLabelWeights(tree, 0, buffers.Labels);
        if (Structure.TrainedTree(tree) < 0)
            return new Stage(tree, buffers.Labels, buffers.Labels);
        var sigmoid = Structure.LabelFactor;
        var leafSteps = steps.AsSpan(Structure.LeafOffsets[tree], Structure.LeafCounts[tree]);
        var leaves = Structure.Leaves[tree];
        TensorPrimitives.Multiply(scores, sigmoid, buffers.Scores);
        TensorPrimitives.Sigmoid(buffers.Scores, buffers.Scores);
        for (var i = 0; i < scores.Length; i++)
        {
            var p = buffers.Scores[i];
            // The label weight holds one factor sigma already.
            buffers.Scores[i] = buffers.Labels[i] * sigmoid * p * (1 - p) * (1 + (leafSteps[leaves[i]] * sigmoid * (1 - (2 * p))));
        }
        return new Stage(tree, buffers.Labels, buffers.Scores);
    }
}
