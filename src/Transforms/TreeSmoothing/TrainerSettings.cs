using System.Globalization;

namespace MLExtensions.Transforms;

/// <summary>What a model says about the settings it was trained with: ML.NET keeps them as text in the model, in memory and saved.</summary>
internal sealed class TrainerSettings
{
    private readonly Dictionary<string, string> _values;

    private TrainerSettings(Dictionary<string, string> values) => _values = values;

    /// <summary>Settings under which the replay is only approximate, for messages.</summary>
    public List<string> Approximate { get; } = [];

    /// <summary>Settings under which scores are not linear in the labels, for messages.</summary>
    public List<string> NotLinear { get; } = [];

    /// <summary>The rule that the settings of a model stand for.</summary>
    public static (LeafRule Rule, TrainerSettings Settings) Read(TreeModel model)
    {
        var settings = new TrainerSettings(Split(model.Settings ?? ""));
        return (model.IsLightGbm ? settings.LightGbm(model.IsBinary) : settings.FastTree(model.Trainer), settings);
    }

    // FastTree writes what differs from its defaults, by the short names of its options.
    private LeafRule FastTree(TreeTrainer trainer)
    {
        var isForest = trainer is TreeTrainer.FastForestRegression or TreeTrainer.FastForestBinary;
        var treesPerBag = (int)Number("bag", isForest ? 1 : 0);
        var common = new LeafRule
        {
            IsForest = isForest,
            TreesPerBag = treesPerBag,
            BagFraction = Number("bagfrac", 0.7),
            BagSeed = (int)Number("r1", 123),
            RequestedTrees = (int)Number("iter", 100),
        };
        Flag("CompressEnsemble", IsOn("cmp"), Approximate);
        if (isForest)
        {
            Flag("ShuffleLabels", IsOn("ShuffleLabels"), Approximate);
            return common;
        }
        Flag("DropoutRate", Number("tdrop", 0) > 0, Approximate);
        Flag("RandomStart", IsOn("rs"), Approximate);
        Flag("GetDerivativesSampleRate", Number("sr", 1) > 1, Approximate);
        Flag("OptimizationAlgorithm", _values.GetValueOrDefault("oa", "GradientDescent") != "GradientDescent", Approximate);
        Flag("UseLineSearch", IsOn("ls"), Approximate);
        Flag("BestStepRankingRegressionTrees", IsOn("bsr"), Approximate);
        Flag("FilterZeroLambdas", IsOn("fzl"), Approximate);
        var learningRate = Number("lr", 0.2);
        var boosted = common with { LearningRate = learningRate * Number("shrk", 1), Smoothing = Number("s", 0) };
        return trainer == TreeTrainer.FastTreeRegression
            ? boosted
            : boosted with { Sigmoid = 2 * learningRate, MaximumOutput = Number("mo", 100), PositiveWeight = IsOn("us") ? null : 1 };
    }

    // LightGBM's are written in full, by its own names.
    private LeafRule LightGbm(bool isBinary)
    {
        var objective = _values.GetValueOrDefault("objective", isBinary ? "binary" : "regression");
        Flag($"objective {objective}", objective != (isBinary ? "binary" : "regression"), NotLinear);
        Flag("L1Regularization", Number("reg_alpha", 0) > 0, NotLinear);
        Flag("max_delta_step", Number("max_delta_step", 0) > 0, NotLinear);
        var boosting = _values.GetValueOrDefault("boosting_type", "gbdt");
        Flag($"Booster {boosting}", boosting != "gbdt", Approximate);
        Flag("SubsampleFraction", Number("subsample", 1) < 1 && Number("subsample_freq", 0) > 0, Approximate);
        Flag("UseZeroAsMissingValue", IsOn("zero_as_missing"), Approximate);
        return new LeafRule
        {
            LearningRate = Number("learning_rate", 0.1),
            L2Regularization = Number("reg_lambda", Number("lambda_l2", 0)),
            CategoricalL2Regularization = Number("cat_l2", 10),
            StartsAtMean = true,
            Sigmoid = isBinary ? Number("sigmoid", 1) : null,
            PositiveWeight = IsOn("unbalanced_sets") ? null : Number("scale_pos_weight", 1),
        };
    }

    private static void Flag(string name, bool isSet, List<string> problems)
    {
        if (isSet)
            problems.Add(name);
    }

    private double Number(string name, double byDefault)
        => _values.TryGetValue(name, out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : byDefault;

    private bool IsOn(string name) => _values.TryGetValue(name, out var text) && (text == "+" || text.Equals("true", StringComparison.OrdinalIgnoreCase) || text == "1");

    // name=value pairs between spaces; a value in braces or quotes may hold spaces.
    private static Dictionary<string, string> Split(string text)
    {
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        var (start, depth, quoted) = (0, 0, false);
        for (var i = 0; i <= text.Length; i++)
        {
            var end = i == text.Length || (text[i] == ' ' && depth == 0 && !quoted);
            if (end && text[start..i].Split('=', 2) is [var name, var value])
                values[name] = value;
            if (end)
                start = i + 1;
            else if (text[i] is '{' or '}')
                depth += text[i] == '{' ? 1 : -1;
            else if (text[i] == '"')
                quoted = !quoted;
        }
        return values;
    }
}
