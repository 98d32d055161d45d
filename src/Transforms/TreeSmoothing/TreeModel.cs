using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using MLExtensions.Estimators.Catalogs;

namespace MLExtensions.Transforms;

/// <summary>The trainers whose models can be analysed.</summary>
internal enum TreeTrainer
{
    FastForestRegression,
    FastForestBinary,
    FastTreeRegression,
    FastTreeBinary,
    LightGbmRegression,
    LightGbmBinary,
}

/// <summary>The trees inside what a pipeline author holds: a prediction transformer or a chain with one.</summary>
internal sealed class TreeModel
{
    private TreeModel(
        TreeTrainer trainer, DecisionTree[] trees, double[][] leafValues, string? settings, string featureColumnName, int featureCount, IReadOnlyList<ITransformer> preparation)
        => (Trainer, Trees, LeafValues, Settings, FeatureColumnName, FeatureCount, Preparation) = (trainer, trees, leafValues, settings, featureColumnName, featureCount, preparation);

    public TreeTrainer Trainer { get; }

    public bool IsLightGbm => Trainer is TreeTrainer.LightGbmRegression or TreeTrainer.LightGbmBinary;

    public bool IsBinary => Trainer is TreeTrainer.FastForestBinary or TreeTrainer.FastTreeBinary or TreeTrainer.LightGbmBinary;

    public DecisionTree[] Trees { get; }

    /// <summary>The stored value of each leaf.</summary>
    public double[][] LeafValues { get; }

    /// <summary>The trainer's settings as text.</summary>
    public string? Settings { get; }

    public string FeatureColumnName { get; }

    public int FeatureCount { get; }

    /// <summary>The transformers of the chain before the trees.</summary>
    public IReadOnlyList<ITransformer> Preparation { get; }

    /// <summary>Finds the trees.</summary>
    /// <exception cref="ArgumentException">There are none, or of a kind that is not supported; the message says what was found.</exception>
    public static TreeModel Of(ITransformer transformer)
    {
        ITransformer[] parts = [.. Flat(transformer)];
        // A calibrator counts as a predictor, too: the trees are before it.
        var position = Array.FindLastIndex(parts, part => ParametersOf(part) is TreeEnsembleModelParameters);
        if (position < 0)
            throw NotTrees(Describe(parts));
        var predictor = (ISingleFeaturePredictionTransformer<object>)parts[position];
        var trees = (TreeEnsembleModelParameters)ParametersOf(predictor)!;
        if (predictor.FeatureColumnType is not VectorDataViewType { Size: > 0 } features)
            throw NotTrees($"a model whose feature column '{predictor.FeatureColumnName}' is {predictor.FeatureColumnType}");
        return Create(trees, predictor.FeatureColumnName, features.Size, parts[..position]);
    }

    // What a predictor has learned, without its calibrator; nothing of other transformers.
    private static object? ParametersOf(ITransformer part)
        => (part as ISingleFeaturePredictionTransformer<object>)?.Model is var model && model is CalibratedModelParametersBase calibrated ? calibrated.SubModel : model;

    // What the last predictor of a chain is, for a message.
    private static string Describe(ITransformer[] parts)
    {
        if (Array.FindLast(parts, part => ParametersOf(part) is not null) is { } predictor)
        {
            var model = ParametersOf(predictor)!;
            return $"a {NameOf(predictor.GetType())} with {NameOf(model.GetType())}{(model is OneVersusAllModelParameters ? ": one ensemble a class. Train a binary model for the class of interest and analyse that" : "")}";
        }
        return parts.Length == 0
            ? "a chain without transformers"
            : $"a {NameOf(parts[^1].GetType())}{(parts.Length > 1 ? $" at the end of a chain of {parts.Length} transformers" : "")}, which predicts nothing";
    }

    /// <summary>The view with the feature column: what the trees of the model see of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing or has another type or size.</exception>
    public IDataView Prepare(IDataView view)
    {
        var prepared = Preparation.Aggregate(view, (current, transformer) => transformer.Transform(current));
        CheckFeatures(prepared.Schema);
        return prepared;
    }

    private void CheckFeatures(DataViewSchema schema)
    {
        var found = schema.Require("feature", FeatureColumnName).Type;
        if (found is not VectorDataViewType vector || vector.Size != FeatureCount || !vector.ItemType.Equals(NumberDataViewType.Single))
            throw SchemaErrors.Mismatch("feature", FeatureColumnName, new VectorDataViewType(NumberDataViewType.Single, FeatureCount).ToString(), found.ToString()!);
    }

    private static TreeModel Create(TreeEnsembleModelParameters model, string featureColumnName, int featureCount, IReadOnlyList<ITransformer> preparation)
    {
        var trainer = model switch
        {
            FastForestRegressionModelParameters => TreeTrainer.FastForestRegression,
            FastForestBinaryModelParameters => TreeTrainer.FastForestBinary,
            FastTreeRegressionModelParameters => TreeTrainer.FastTreeRegression,
            FastTreeBinaryModelParameters => TreeTrainer.FastTreeBinary,
            // By name, so that who does not use LightGBM need not reference it.
            { } other when other.GetType().FullName == "Microsoft.ML.Trainers.LightGbm.LightGbmRegressionModelParameters" => TreeTrainer.LightGbmRegression,
            { } other when other.GetType().FullName == "Microsoft.ML.Trainers.LightGbm.LightGbmBinaryModelParameters" => TreeTrainer.LightGbmBinary,
            _ => throw NotTrees($"{NameOf(model.GetType())}. Its scores are not linear in the labels, and only the logistic loss is linearised"),
        };
        IReadOnlyList<RegressionTreeBase> trees = model switch
        {
            TreeEnsembleModelParametersBasedOnRegressionTree boosted => boosted.TrainedTreeEnsemble.Trees,
            TreeEnsembleModelParametersBasedOnQuantileRegressionTree forest => forest.TrainedTreeEnsemble.Trees,
            _ => [],
        };
        if (trees.Count == 0)
            throw NotTrees($"a {NameOf(model.GetType())} without trees");
        var isLightGbm = trainer is TreeTrainer.LightGbmRegression or TreeTrainer.LightGbmBinary;
        var splits = trees.Select((tree, i) => isLightGbm && IsConstant(tree) ? DecisionTree.SingleLeaf : SplitsOf(tree, TreeModelAccess.DefaultsOf(model, i))).ToArray();
        var values = trees.Select((tree, i) => tree.LeafValues.Take(splits[i].LeafCount).ToArray()).ToArray();
        if (splits.FirstOrDefault(tree => tree.LeafCount > ushort.MaxValue) is { } large)
            throw NotTrees($"a model with a tree of {large.LeafCount} leaves; the most is {ushort.MaxValue}");
        return new TreeModel(trainer, splits, values, TreeModelAccess.TrainerSettingsOf(model), featureColumnName, featureCount, preparation);
    }

    // LightGBM's tree without a split comes as one leaf of value 0, or as two leaves of the same value split at feature 0 and value 0.
    private static bool IsConstant(RegressionTreeBase tree) => tree.LeafValues.Count == 1
        || (tree.LeafValues.Count == 2 && tree.LeafValues[0] == tree.LeafValues[1] && tree.NumericalSplitFeatureIndexes[0] == 0 && tree.NumericalSplitThresholds[0] == 0);

    private static DecisionTree SplitsOf(RegressionTreeBase tree, float[]? defaults)
    {
        var nodes = tree.LeftChild.Count;
        var categories = tree.CategoricalSplitFlags.Contains(true)
            ? Enumerable.Range(0, nodes).Select(node => tree.CategoricalSplitFlags[node] ? tree.GetCategoricalSplitFeaturesAt(node).ToArray() : null).ToArray()
            : null;
        return new DecisionTree([.. tree.NumericalSplitFeatureIndexes], [.. tree.NumericalSplitThresholds], [.. tree.LeftChild], [.. tree.RightChild], categories, defaults?[..nodes]);
    }

    private static IEnumerable<ITransformer> Flat(ITransformer transformer) => transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flat) : [transformer];

    private static ArgumentException NotTrees(string found, string model = "model")
        => new($"Expected a model of FastForest, FastTree or LightGbm for regression or binary classification, got {found}.", model);

    private static string NameOf(Type type) => type.Name.Split('`')[0];
}
