using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>The check of the leaf values: it tells a wrong table or unsupported settings from the right ones, and says why. And all other bad input.</summary>
public sealed class CheckTests
{
    private static readonly MLContext Ml = new(1);
    private static readonly TreeRow[] Rows = TreeRow.Create(300);
    private static readonly IDataView Train = TreeData.View(Ml, Rows);

    [Theory, InlineData("forest"), InlineData("tree"), InlineData("tree, bags"), InlineData("LightGBM"), InlineData("FastTree, log-loss"), InlineData("LightGBM, log-loss")]
    public void Another_order_another_table_and_another_label_are_detected(string name)
    {
        var (model, options) = (TreeModels.All[name]().Fit(Train), TreeModels.OptionsOf(name));
        IDataView[] wrong =
        [
            Ml.Data.ShuffleRows(Train, seed: 1),
            Ml.Data.SkipRows(Train, 1),
            TreeData.View(Ml, TreeRow.Create(300, seed: 9)),
            TreeData.View(Ml, [.. Rows.Select((row, i) => Copy(row, other => (other.Label, other.Positive) = (Rows[(i + 1) % 300].Label, Rows[(i + 1) % 300].Positive)))]),
        ];
        // Without bags and from zero or the mean, the order of the rows does not matter.
        foreach (var view in name is "forest" or "tree, bags" ? wrong : wrong[1..])
        {
            Errors.AssertDataError(
                () => Ml.Model.AnalyzeTreeSmoothing(model, view, null, options),
                "The leaf values of the model do not follow from the training data: leaf ", "of tree ", "recomputed", "Expected the very table that it was trained on", $"LabelColumnName is '{options.LabelColumnName}'", "AllowApproximate");
        }
        Assert.InRange(Ml.Model.AnalyzeTreeSmoothing(model, Train, null, options).MaxRelativeError, 0, LeafValueCheck.Tolerance);
    }

    /// <summary>Prices of 10,000 and a little: the offset is in every leaf value, and must not hide that the rest does not fit.</summary>
    [Theory, InlineData("forest"), InlineData("forest, lost trees"), InlineData("tree, few"), InlineData("tree, bags, few"), InlineData("LightGBM")]
    public void A_large_offset_of_the_labels_hides_nothing(string name)
    {
        TreeRow[] Shifted(int seed) => [.. TreeRow.Create(300, seed).Select(row => Copy(row, other => other.Label += 10_000))];
        var train = TreeData.View(Ml, Shifted(1));
        var model = Few(name).Fit(train);
        var report = Ml.Model.AnalyzeTreeSmoothing(model, train);
        Assert.Equal(SmoothingExactness.Exact, report.Exactness);
        Assert.True(name != "forest, lost trees" || report.TreeCount < 30);

        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, TreeData.View(Ml, Shifted(9))), "do not follow from the training data");
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Ml.Data.SkipRows(train, 1)), "do not follow from the training data");
        // Without bags the order of the rows does not matter.
        if (name is not ("tree, few" or "LightGBM"))
            Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Ml.Data.ShuffleRows(train, seed: 1)), "do not follow from the training data");

        static IEstimator<ITransformer> Few(string name) => name switch
        {
            "tree, few" => Ml.Regression.Trainers.FastTree(numberOfTrees: 3),
            "tree, bags, few" => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 4, BaggingSize = 2 }),
            _ => TreeModels.All[name](),
        };
    }

    [Fact]
    public void Weights_that_are_left_out_are_detected()
    {
        var model = Ml.Regression.Trainers.FastTree(exampleWeightColumnName: "Weight", numberOfTrees: 5).Fit(Train);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Train), "ExampleWeightColumnName is not set");
        Assert.Equal(SmoothingExactness.Exact, Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { ExampleWeightColumnName = "Weight" }).Exactness);
    }

    public static TheoryData<string> UnsupportedNames => [.. Unsupported.Keys];

    private static Dictionary<string, Func<IEstimator<ITransformer>>> Unsupported { get; } = new()
    {
        ["DropoutRate"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, DropoutRate = 0.3 }),
        ["GetDerivativesSampleRate"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, GetDerivativesSampleRate = 3 }),
        ["OptimizationAlgorithm"] = () => Ml.Regression.Trainers.FastTree(
            new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, OptimizationAlgorithm = BoostedTreeOptions.OptimizationAlgorithmType.ConjugateGradientDescent }),
        ["RandomStart"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, RandomStart = true }),
        ["OptimizationAlgorithm, accelerated"] = () => Ml.Regression.Trainers.FastTree(
            new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, OptimizationAlgorithm = BoostedTreeOptions.OptimizationAlgorithmType.AcceleratedGradientDescent }),
        ["UseLineSearch"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, UseLineSearch = true, MaximumNumberOfLineSearchSteps = 3 }),
        ["Booster dart"] = () => Ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { NumberOfIterations = 20, Booster = new DartBooster.Options { TreeDropFraction = 0.5 } }),
        ["Booster goss"] = () => Ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { NumberOfIterations = 20, Booster = new GossBooster.Options() }),
        ["SubsampleFraction"] = () => Ml.Regression.Trainers.LightGbm(
            new LightGbmRegressionTrainer.Options { NumberOfIterations = 20, Booster = new GradientBooster.Options { SubsampleFraction = 0.5, SubsampleFrequency = 1 } }),
    };

    [Theory, MemberData(nameof(UnsupportedNames))]
    public void Settings_that_cannot_be_repeated_are_refused_unless_an_approximation_will_do(string setting)
    {
        var model = Unsupported[setting]().Fit(Train);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Train), $"It was trained with {setting.Split(',')[0]}", "cannot be repeated exactly", "AllowApproximate");
        var report = Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { AllowApproximate = true });
        Assert.Equal(SmoothingExactness.Approximate, report.Exactness);
        Assert.True(report.MaxRelativeError > LeafValueCheck.Tolerance);
        Assert.True(double.IsFinite(report.EffectiveParametersTrain));
    }

    public static TheoryData<string> FlaggedNames => [.. Flagged.Keys];

    // Some of these make a difference only at times; then the check decides.
    private static Dictionary<string, Func<IEstimator<ITransformer>>> Flagged { get; } = new()
    {
        ["BestStepRankingRegressionTrees"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, BestStepRankingRegressionTrees = true }),
        ["CompressEnsemble"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, CompressEnsemble = true }),
        ["FilterZeroLambdas"] = () => Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 10, FilterZeroLambdas = true }),
        ["ShuffleLabels"] = () => Ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 10, ShuffleLabels = true }),
        ["UseZeroAsMissingValue"] = () => Ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { NumberOfIterations = 10, UseZeroAsMissingValue = true, HandleMissingValue = true }),
    };

    [Theory, MemberData(nameof(FlaggedNames))]
    public void Settings_that_may_not_be_repeated_are_named_where_the_check_fails(string setting)
    {
        var model = Flagged[setting]().Fit(Train);
        Assert.Equal([setting], TrainerSettings.Read(TreeModel.Of(model)).Settings.Approximate);
        var report = Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { AllowApproximate = true });
        Assert.Equal(report.MaxRelativeError <= LeafValueCheck.Tolerance ? SmoothingExactness.Exact : SmoothingExactness.Approximate, report.Exactness);
        if (report.Exactness == SmoothingExactness.Approximate)
            Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Train), $"It was trained with {setting}", "cannot be repeated exactly");
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Ml.Data.SkipRows(Train, 5)), $"It was trained with {setting}");
    }

    /// <summary>Trees that validation rows cut off do not matter: the earlier ones do not depend on them.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void FastTree_stopped_early_or_pruned_is_exact(bool prunes)
    {
        FastTreeRegressionTrainer.Options options = new() { NumberOfTrees = 100, LearningRate = 0.5, NumberOfLeaves = 30, MinimumExampleCountPerLeaf = 2 };
        if (prunes)
            options.EnablePruning = true;
        else
            options.EarlyStoppingRule = new ConsecutiveGeneralityLossRule(2);
        var model = Ml.Regression.Trainers.FastTree(options).Fit(Train, TreeData.View(Ml, TreeRow.Create(200, seed: 3)));
        var report = Ml.Model.AnalyzeTreeSmoothing(model, Train);
        Assert.Equal(SmoothingExactness.Exact, report.Exactness);
        Assert.InRange(report.TreeCount, 1, 99);
        Assert.Equal(1 - Math.Pow(0.5, report.TreeCount), report.RowSums.Maximum, 1e-9);
    }

    [Fact]
    public void An_L1_penalty_is_refused_in_any_case()
    {
        var model = Ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { NumberOfIterations = 5, Booster = new GradientBooster.Options { L1Regularization = 1 } }).Fit(Train);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { AllowApproximate = true }), "L1Regularization", "not linear in the labels");
    }

    /// <summary>A log-loss without both classes has no start: nothing can be computed, not even approximately.</summary>
    [Fact]
    public void A_table_of_one_class_is_refused_in_any_case()
    {
        var model = TreeModels.All["LightGBM, log-loss"]().Fit(Train);
        var oneClass = TreeData.View(Ml, [.. Rows.Where(row => row.Positive)]);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, oneClass, null, new() { LabelColumnName = "Positive", AllowApproximate = true }), "do not follow from the training data", "Expected the very table");
    }

    /// <summary>FastTree clips the leaf values of a log-loss before it smooths them; a clipped value does not move with the labels.</summary>
    [Theory, InlineData(0), InlineData(0.3)]
    public void Clipped_leaf_values_are_reproduced(double smoothing)
    {
        FastTreeBinaryTrainer.Options trainer = new() { LabelColumnName = "Positive", NumberOfTrees = 10, MaximumTreeOutput = 0.4, Smoothing = smoothing };
        var model = Ml.BinaryClassification.Trainers.FastTree(trainer).Fit(Train);
        Assert.Contains(model.Model.SubModel.TrainedTreeEnsemble.Trees[0].LeafValues, value => smoothing > 0 || Math.Abs(value) == 0.4);
        var report = Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { LabelColumnName = "Positive" });
        Assert.Equal(SmoothingExactness.Linearized, report.Exactness);
        Assert.InRange(report.MaxRelativeError, 0, 1e-6);
    }

    /// <summary>A wrong table leaves leaves without rows; nothing is divided by zero.</summary>
    [Fact]
    public void Leaves_without_rows_do_no_harm()
    {
        var model = Ml.Regression.Trainers.FastTree(numberOfTrees: 5).Fit(Train);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Ml.Data.TakeRows(Train, 12)), "recomputed 0 from 0 rows");
        var report = Ml.Model.AnalyzeTreeSmoothing(model, Ml.Data.TakeRows(Train, 12), Train, new() { AllowApproximate = true });
        Assert.All(report.QueryLeverage, leverage => Assert.True(double.IsFinite(leverage)));
    }

    [Fact]
    public void Weights_do_not_depend_on_the_labels_once_the_trees_are_fixed()
    {
        var permuted = TreeData.View(Ml, [.. Rows.Select((row, i) => Copy(row, other => other.Label = Rows[299 - i].Label))]);
        foreach (var name in new[] { "forest", "tree, bags, smoothing, weights", "LightGBM" })
        {
            var (model, options) = (TreeModels.All[name]().Fit(Train), TreeModels.OptionsOf(name));
            // Which draw of a bag was used is found by the labels.
            options.AllowApproximate = true;
            var (own, other) = (Ml.Model.AnalyzeTreeSmoothing(model, Train, null, options), Ml.Model.AnalyzeTreeSmoothing(model, permuted, null, options));
            Assert.Equal(SmoothingExactness.Approximate, other.Exactness);
            Assert.Equal(own.TrainLeverage, other.TrainLeverage);
            Assert.Equal(own.Trace, other.Trace);
        }
    }

    [Fact]
    public void A_constant_label_and_repeated_rows_are_fine()
    {
        var constant = TreeData.View(Ml, [.. Rows.Select(row => Copy(row, other => other.Label = 3))]);
        Assert.Equal(1, Ml.Model.AnalyzeTreeSmoothing(Ml.Regression.Trainers.LightGbm(numberOfIterations: 3).Fit(constant), constant).EffectiveParametersTrain, 9);
        var twice = TreeData.View(Ml, [.. Rows, .. Rows]);
        var tree = Ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 1, LearningRate = 1 }).Fit(twice);
        var report = Ml.Model.AnalyzeTreeSmoothing(tree, twice);
        Assert.Equal(report.LeafCount, report.EffectiveParametersTrain, 9);
        Assert.Equal(report.LeafCount, report.Trace, 9);
    }

    /// <summary>FastTree skips rows with missing values, so that its bags count the others only; LightGBM learns from them.</summary>
    [Theory, InlineData("forest"), InlineData("tree, bags"), InlineData("binary forest, weights"), InlineData("LightGBM")]
    public void Rows_with_missing_values_count_as_in_training(string name)
    {
        MLContext ml = new(1);
        LogLines log = new(ml);
        var train = TreeData.View(ml, TreeRow.Create(300, missingEvery: 10));
        var report = ml.Model.AnalyzeTreeSmoothing(TreeModels.All[name]().Fit(train), train, train, TreeModels.OptionsOf(name));
        Assert.Equal(SmoothingExactness.Exact, report.Exactness);
        Assert.Equal(name == "LightGBM" ? 300 : 270, report.TrainRowCount);
        Assert.Equal(300, report.QueryRowCount);
        Assert.Equal(name == "LightGBM" ? 0 : 1, log.Warnings.Count(line => line.Contains("Skipped 30 of 300 training rows", StringComparison.Ordinal)));
        // Rows are numbered as in the view: row 10 stands behind itself although row 9 was skipped.
        Assert.Contains(report.GetTopRows(10, 300), contribution => contribution.Row == 10);
        Assert.All(report.GetTopRows(10, 300), contribution => Assert.True(name == "LightGBM" || contribution.Row % 10 != 9));
    }

    [Fact]
    public void A_model_from_disk_is_as_good()
    {
        foreach (var name in TreeModels.All.Keys)
        {
            var train = TreeData.View(Ml, TreeRow.Create(300, missingEvery: TreeModels.HasMissing(name) ? 7 : int.MaxValue));
            var model = TreeModels.All[name]().Fit(train);
            var loaded = Models.LoadStock(Ml.Save(model, train.Schema));
            var (own, other) = (Ml.Model.AnalyzeTreeSmoothing(model, train, null, TreeModels.OptionsOf(name)), Ml.Model.AnalyzeTreeSmoothing(loaded, train, null, TreeModels.OptionsOf(name)));
            Assert.Equal(own.Exactness, other.Exactness);
            Assert.Equal(own.TrainLeverage, other.TrainLeverage);
        }
    }

    /// <summary>A calibrator of its own is a predictor by ML.NET's types, but the trees are before it.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void A_calibrator_at_the_end_of_a_chain_is_passed_over(bool isIsotonic)
    {
        TreeSmoothingOptions options = new() { LabelColumnName = "Positive" };
        IEstimator<ITransformer> calibrator = isIsotonic ? Ml.BinaryClassification.Calibrators.Isotonic("Positive") : Ml.BinaryClassification.Calibrators.Platt("Positive");
        var chain = Ml.BinaryClassification.Trainers.FastForest("Positive", numberOfTrees: 8).Append(calibrator).Fit(Train);
        var expected = Ml.Model.AnalyzeTreeSmoothing(((IEnumerable<ITransformer>)chain).First(), Train, null, options);
        foreach (var model in new ITransformer[] { chain, Models.LoadStock(Ml.Save(chain, Train.Schema)) })
        {
            var report = Ml.Model.AnalyzeTreeSmoothing(model, Train, null, options);
            Assert.Equal(SmoothingExactness.Exact, report.Exactness);
            Assert.Equal(expected.TrainLeverage, report.TrainLeverage);
        }
    }

    /// <summary>A model that LightGBM itself has trained and ML.NET has read: the settings that its text leaves out are options. The worked example, first stage.</summary>
    [Fact]
    public void A_model_that_was_imported_needs_its_settings()
    {
        const string Text = """
            tree
            version=v4
            num_class=1
            num_tree_per_iteration=1
            max_feature_idx=0
            objective=regression

            Tree=0
            num_leaves=2
            num_cat=0
            split_feature=0
            split_gain=1
            threshold=4.5
            decision_type=2
            left_child=-1
            right_child=-2
            leaf_value=3.1875 5.3125

            end of trees

            parameters:
            [learning_rate: 0.5]
            [categorical_feature: ]

            end of parameters

            """;
        using MemoryStream file = new(System.Text.Encoding.UTF8.GetBytes(Text.ReplaceLineEndings("\n")));
        float[] labels = [1, 2, 1.5f, 4, 5, 4.5f, 7, 9];
        var train = Ml.Data.LoadFromEnumerable(labels.Select((label, i) => new OneFeature { Features = [i + 1], Label = label }).ToArray());
        var model = Ml.Regression.Trainers.LightGbm(file).Fit(train);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, train, null, new() { LearningRate = 0.3 }), "recomputed");
        var report = Ml.Model.AnalyzeTreeSmoothing(model, train, null, new() { LearningRate = 0.5, L2Regularization = 0 });
        Assert.Equal(SmoothingExactness.Exact, report.Exactness);
        Assert.Equal(1.25, report.EffectiveParametersTrain, 12);
        Assert.Equal(1.5, report.Trace, 12);
    }

    [Fact]
    public void Bags_can_be_supplied_or_left_out()
    {
        var model = Ml.Regression.Trainers.FastForest(numberOfTrees: 4).Fit(Train);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { Bags = BagSource.None }), "recomputed");
        var smoother = TreeModels.Smoother(model, Train, new());
        var counts = Enumerable.Range(0, 300).Select(row => new Counts { Bag = [.. Enumerable.Range(0, 4).Select(tree => (float)smoother.Stages.Structure.Weights.CountOf(tree, row))] });
        var supplied = new AppendedBags(Ml, Rows, counts).View;
        var report = Ml.Model.AnalyzeTreeSmoothing(model, supplied, null, new() { Bags = BagSource.Supplied, BagColumnName = "Bag" });
        Assert.Equal(Ml.Model.AnalyzeTreeSmoothing(model, Train).TrainLeverage, report.TrainLeverage);
    }

    [Fact]
    public void What_is_no_tree_model_is_named()
    {
        Assert.Contains("got a RegressionPredictionTransformer with LinearRegressionModelParameters", NotTrees(Ml.Regression.Trainers.Sdca().Fit(Train)), StringComparison.Ordinal);
        Assert.Contains("got a chain without transformers", NotTrees(new TransformerChain<ITransformer>()), StringComparison.Ordinal);
        Assert.Contains("got a ColumnCopyingTransformer, which predicts nothing", NotTrees(Ml.Transforms.CopyColumns("X", "Label").Fit(Train)), StringComparison.Ordinal);
        var chain = Ml.Transforms.CopyColumns("X", "Label").Append(Ml.Transforms.CopyColumns("Z", "Label")).Fit(Train);
        Assert.Contains("got a ColumnCopyingTransformer at the end of a chain of 2 transformers, which predicts nothing", NotTrees(chain), StringComparison.Ordinal);
        Assert.Contains("FastTreeTweedieModelParameters. Its scores are not linear in the labels", NotTrees(Ml.Regression.Trainers.FastTreeTweedie(numberOfTrees: 2).Fit(Train)), StringComparison.Ordinal);
        var classes = Ml.Transforms.Conversion.MapValueToKey("Kind", "Category").Fit(Train).Transform(Train);
        var multiclass = Ml.MulticlassClassification.Trainers.LightGbm("Kind", numberOfIterations: 2).Fit(classes);
        Assert.Contains("with OneVersusAllModelParameters: one ensemble a class", NotTrees(multiclass), StringComparison.Ordinal);

        string NotTrees(ITransformer model)
        {
            var error = Assert.Throws<ArgumentException>(() => Ml.Model.AnalyzeTreeSmoothing(model, Train));
            Assert.StartsWith("Expected a model of FastForest, FastTree or LightGbm", error.Message, StringComparison.Ordinal);
            Assert.Equal(error.Message, Assert.Throws<ArgumentException>(() => Ml.Transforms.TreeSmoothing(model, Train)).Message);
            return error.Message;
        }
    }

    [Fact]
    public void Missing_and_mistyped_columns_are_named()
    {
        var model = Ml.Regression.Trainers.FastTree(numberOfTrees: 3).Fit(Train);
        Errors.AssertSchemaError("Could not find feature column 'Features'", () => Ml.Model.AnalyzeTreeSmoothing(model, Train.Then(Ml.Transforms.DropColumns("Features"))));
        Errors.AssertSchemaError("Could not find label column 'Price'", () => Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { LabelColumnName = "Price" }));
        Errors.AssertSchemaError("Schema mismatch for label column 'Positive': expected Single, got Boolean", () => Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { LabelColumnName = "Positive" }));
        Errors.AssertSchemaError("Could not find weight column 'W'", () => Ml.Model.AnalyzeTreeSmoothing(model, Train, null, new() { ExampleWeightColumnName = "W" }));
        var other = Train.Then(Ml.Transforms.Concatenate("Features", "Features", "Features"));
        Errors.AssertSchemaError("Schema mismatch for feature column 'Features': expected Vector<Single, 9>, got Vector<Single, 18>", () => Ml.Model.AnalyzeTreeSmoothing(model, other));
        Errors.AssertSchemaError("Schema mismatch for feature column 'Features': expected Vector<Single, 9>, got Vector<Single, 18>", () => Ml.Model.AnalyzeTreeSmoothing(model, Train, other));
        var bags = new TreeSmoothingOptions { Bags = BagSource.Supplied, BagColumnName = "Features" };
        Errors.AssertSchemaError("Schema mismatch for bag column 'Features': expected Vector<Single, 3>, one count a tree, got Vector<Single, 9>", () => Ml.Model.AnalyzeTreeSmoothing(model, Train, null, bags));
    }

    [Fact]
    public void Views_without_rows_are_refused()
    {
        var model = Ml.Regression.Trainers.FastTree(numberOfTrees: 3).Fit(Train);
        var empty = Ml.Data.SkipRows(Train, 300);
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, Train, empty), "The query data has no rows; expected at least one.", "Leave queryData out");
        Errors.AssertDataError(() => Ml.Model.AnalyzeTreeSmoothing(model, empty), "The training data has no rows", "expected rows with a label and a weight above 0");
    }

    [Fact]
    public void Many_leaves_switch_to_another_method_and_the_log_says_so()
    {
        MLContext ml = new(1);
        LogLines log = new(ml);
        var train = TreeData.View(ml, TreeRow.Create(600));
        var forest = ml.Regression.Trainers.FastForest(new FastForestRegressionTrainer.Options { NumberOfTrees = 40, NumberOfLeaves = 300, MinimumExampleCountPerLeaf = 1 }).Fit(train);
        var boosted = ml.Regression.Trainers.FastTree(numberOfTrees: 60, numberOfLeaves: 150, minimumExampleCountPerLeaf: 1).Fit(train);

        Assert.Equal(SmoothingMethod.RowWise, ml.Model.AnalyzeTreeSmoothing(forest, train).Method);
        Assert.Contains(log.All, line => line.Contains("more than 6000: using the method RowWise instead of LeafSpace", StringComparison.Ordinal));
        var rowWise = ml.Model.AnalyzeTreeSmoothing(boosted, train);
        Assert.Equal(SmoothingMethod.RowWise, rowWise.Method);
        Assert.True(rowWise.LeafCount > 6000);
        Assert.Equal(SmoothingMethod.Probe, ml.Model.AnalyzeTreeSmoothing(boosted, train, null, new() { Method = SmoothingMethod.LeafSpace }).Method);
        Assert.Contains(log.Warnings, line => line.Contains("more than the 6000 whose pairs fit in memory", StringComparison.Ordinal));

        var many = TreeData.View(ml, TreeRow.Create(20_000));
        Assert.Equal(SmoothingMethod.Probe, ml.Model.AnalyzeTreeSmoothing(ml.Regression.Trainers.FastTree(numberOfTrees: 30, numberOfLeaves: 150).Fit(many), many, null, new() { ProbeCount = 16 }).Method);
        Assert.Contains(log.All, line => line.Contains("using the method Probe instead of LeafSpace", StringComparison.Ordinal));

        // The forest's probes against its exact rows.
        var (exact, probes) = (ml.Model.AnalyzeTreeSmoothing(forest, train), ml.Model.AnalyzeTreeSmoothing(forest, train, null, new() { Method = SmoothingMethod.Probe, Seed = 2 }));
        Assert.InRange(probes.EffectiveParametersTrain, exact.EffectiveParametersTrain - (3 * probes.StandardErrorTrain), exact.EffectiveParametersTrain + (3 * probes.StandardErrorTrain));

        Errors.AssertDataError(() => ml.Transforms.TreeSmoothing(boosted, train).Fit(train), "expected at most 6000");
        Errors.AssertDataError(() => ml.Transforms.TreeSmoothing(forest, train, new TreeSmoothingOptions { Method = SmoothingMethod.Probe }).Fit(train), "needs the method LeafSpace, got Probe");
    }

    [Fact]
    public void Too_many_top_rows_are_refused()
    {
        var model = Ml.Regression.Trainers.FastTree(numberOfTrees: 3).Fit(Train);
        Errors.AssertDataError(() => Ml.Transforms.TreeSmoothing(model, Train, numberOfTopRows: 301).Fit(Train), "NumberOfTopRows is 301", "the number of training rows, 300");
        var report = Ml.Model.AnalyzeTreeSmoothing(model, Train, Train);
        Assert.Throws<ArgumentOutOfRangeException>(() => report.GetTopRows(300));
        Assert.Throws<ArgumentOutOfRangeException>(() => report.GetTopRows(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => report.GetTopRows(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ml.Model.AnalyzeTreeSmoothing(model, Train).GetTopRows(0));
        Assert.Throws<InvalidOperationException>(() => report.QueryPredictionVariance);
        Assert.Equal(report.QueryLeverage.Select(leverage => 2 * leverage), Ml.Model.AnalyzeTreeSmoothing(model, Train, Train, new() { NoiseVariance = 2 }).QueryPredictionVariance);
    }

    [Fact]
    public void An_analysis_can_be_cancelled()
    {
        var model = Ml.Regression.Trainers.FastTree(numberOfTrees: 3).Fit(Train);
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => Ml.Model.AnalyzeTreeSmoothing(model, Train, cancellationToken: source.Token));
        Assert.Throws<OperationCanceledException>(() => Ml.Transforms.TreeSmoothing(model, Train).Fit(Train, source.Token));
    }

    private static TreeRow Copy(TreeRow row, Action<TreeRow> change)
    {
        TreeRow copy = new() { Features = row.Features, A = row.A, B = row.B, Category = row.Category, Label = row.Label, Positive = row.Positive, Weight = row.Weight };
        change(copy);
        return copy;
    }

    private sealed class OneFeature
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class Counts
    {
        [VectorType(4)]
        public float[] Bag { get; set; } = [];

        [VectorType(TreeRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class AppendedBags(MLContext ml, TreeRow[] rows, IEnumerable<Counts> counts)
    {
        public IDataView View { get; } = ml.Data.LoadFromEnumerable(rows.Zip(counts, (row, bag) => new Counts { Bag = bag.Bag, Features = row.Features, Label = row.Label }).ToArray());
    }
}
