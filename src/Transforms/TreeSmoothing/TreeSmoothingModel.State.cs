using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Transforms;

/// <content>What is saved.</content>
public sealed partial class TreeSmoothingModel
{
    // Of a file format: it grows when the meaning of the arrays changes.
    private const double Version = 1;

    // Leaf numbers and bag counts are small: several of them fit into the 53 bits that a double holds exactly.
    private const int LeavesPerNumber = 3;
    private const int CountsPerNumber = 6;

    /// <inheritdoc/>
    public override ModelState GetState()
    {
        Dictionary<string, double[]> numbers = new()
        {
            ["shape"] = [Version, Inputs[0].Width, TrainRowCount, (double)Exactness, MaxRelativeError, _topRows?.Leaves.Length ?? 0, _topRows?.Bags is null ? 0 : 1],
            ["gram"] = _gram,
            ["rowSums"] = _rowSums,
            ["slopeValues"] = _slopeValues,
            ["percentiles"] = _percentiles,
        };
        foreach (var (name, values) in TreeNumbers())
            numbers[name] = values;
        if (_topRows is not null)
        {
            numbers["rowNumbers"] = _topRows.RowNumbers;
            numbers["rowFactors"] = _topRows.RowFactors;
            numbers["startFactors"] = _topRows.StartFactors;
            numbers["shares"] = _topRows.Shares;
            numbers["leaves"] = Pack([.. _topRows.Leaves.SelectMany(leaves => leaves.Select(leaf => (int)leaf))], LeavesPerNumber, 1 << 16);
            numbers["bags"] = _topRows.Bags is null ? [] : Pack([.. _topRows.Bags.SelectMany(bag => bag.Select(count => (int)count))], CountsPerNumber, 1 << 8);
        }
        return ModelState.Create(_options, numbers, new Dictionary<string, string[]> { ["columns"] = [OutputPrefix, Inputs[0].Name] });
    }

    /// <inheritdoc/>
    public static TreeSmoothingModel FromState(ModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var shape = state.GetNumbers("shape");
        if (shape is not [Version, var features, var rows, var exactness, var error, var trainedTrees, var hasBags])
            throw new FormatException($"The model's state is not of version {Version}.");
        var columns = state.GetTexts("columns");
        var trees = TreesOf(state);
        var topRows = trainedTrees == 0 ? null : TopRowsOf(state, (int)rows, (int)trainedTrees, hasBags != 0);
        return new TreeSmoothingModel(
            state.GetOptions<TreeSmoothingOptions>(), columns[0], new FeatureInput(columns[1], (int)features), trees, state.GetNumbers("gram"), state.GetNumbers("rowSums"),
            state.GetNumbers("slopeValues"), state.GetNumbers("percentiles"), topRows)
        {
            TrainRowCount = (int)rows,
            Exactness = (SmoothingExactness)exactness,
            MaxRelativeError = error,
        };
    }

    // All trees one after the other; a tree's nodes are one fewer than its leaves.
    private IEnumerable<(string Name, double[] Values)> TreeNumbers()
    {
        yield return ("treeLeaves", [.. _trees.Select(tree => (double)tree.LeafCount)]);
        yield return ("splitFeatures", Nodes((tree, node) => [tree.Features[node]]));
        yield return ("thresholds", Nodes((tree, node) => [tree.Thresholds[node]]));
        yield return ("downs", Nodes((tree, node) => [tree.Down[node]]));
        yield return ("ups", Nodes((tree, node) => [tree.Up[node]]));
        yield return ("missingGoesDown", Nodes((tree, node) => [tree.MissingGoesDown(node) ? 1 : 0]));
        yield return ("categoryCounts", Nodes((tree, node) => [tree.CategoriesOf(node)?.Length ?? 0]));
        yield return ("categories", Nodes((tree, node) => [.. (tree.CategoriesOf(node) ?? []).Select(feature => (double)feature)]));

        double[] Nodes(Func<DecisionTree, int, IEnumerable<double>> select)
            => [.. _trees.SelectMany(tree => Enumerable.Range(0, tree.NodeCount).SelectMany(node => select(tree, node)))];
    }

    private static DecisionTree[] TreesOf(ModelState state)
    {
        int[] features = Integers(state, "splitFeatures"), downs = Integers(state, "downs"), ups = Integers(state, "ups"), counts = Integers(state, "categoryCounts"), listed = Integers(state, "categories");
        double[] thresholds = state.GetNumbers("thresholds"), missing = state.GetNumbers("missingGoesDown");
        List<DecisionTree> trees = [];
        var (node, category) = (0, 0);
        foreach (var leaves in Integers(state, "treeLeaves"))
        {
            var range = node..(node + leaves - 1);
            var categories = new int[]?[leaves - 1];
            for (var i = 0; i < categories.Length; i++)
            {
                categories[i] = counts[node + i] == 0 ? null : listed[category..(category + counts[node + i])];
                category += counts[node + i];
            }
            // Only which side a missing value takes matters, not what it counts as.
            float[] defaults = [.. thresholds[range].Zip(missing[range], (threshold, down) => down == 0 ? float.PositiveInfinity : (float)threshold)];
            trees.Add(new DecisionTree(features[range], [.. thresholds[range].Select(threshold => (float)threshold)], downs[range], ups[range], categories, defaults));
            node += leaves - 1;
        }
        return [.. trees];
    }

    private static TopRowsState TopRowsOf(ModelState state, int rows, int trees, bool hasBags)
    {
        ushort[][] leaves = [.. Unpack(state.GetNumbers("leaves"), LeavesPerNumber, 1 << 16, rows * trees).Select(leaf => (ushort)leaf).Chunk(rows)];
        byte[][]? bags = hasBags ? [.. Unpack(state.GetNumbers("bags"), CountsPerNumber, 1 << 8, rows * trees).Select(count => (byte)count).Chunk(rows)] : null;
        return new TopRowsState(state.GetNumbers("rowNumbers"), leaves, bags, state.GetNumbers("rowFactors"), state.GetNumbers("startFactors"), state.GetNumbers("shares"));
    }

    private static int[] Integers(ModelState state, string name) => Array.ConvertAll(state.GetNumbers(name), value => (int)value);

    private static double[] Pack(int[] values, int perNumber, int radix) => [.. values.Chunk(perNumber).Select(chunk => chunk.Reverse().Aggregate(0.0, (number, value) => (number * radix) + value))];

    private static IEnumerable<int> Unpack(double[] numbers, int perNumber, int radix, int count) => numbers.SelectMany(number => Digits((long)number, perNumber, radix)).Take(count);

    private static IEnumerable<int> Digits(long number, int count, int radix)
    {
        for (var i = 0; i < count; i++)
        {
            yield return (int)(number % radix);
            number /= radix;
        }
    }
}
