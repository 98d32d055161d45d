using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>The per-row transform gives what the report gives, in memory and saved, for every kind of split and value.</summary>
public sealed class TransformTests
{
    private static readonly MLContext Ml = new(1);
    private static readonly string[] Outputs = ["TreeEffectiveNeighbours", "TreeLeverage", "TreeWeightSum", "TreePredictionVariance", "TreeTopRows", "TreeTopWeights"];

    // One of each kind of leaf value, split and weight.
    private static readonly string[] Kinds =
    [
        "forest", "binary forest, weights", "tree, bags, smoothing, weights", "tree, categories", "LightGBM, missing values", "LightGBM, categories, missing values",
        "LightGBM, log-loss, weights, unbalanced",
    ];

    public static TheoryData<string> Names => [.. Kinds];

    [Theory, MemberData(nameof(Names))]
    public void Columns_are_those_of_the_report(string name)
    {
        var missing = TreeModels.HasMissing(name) ? 7 : int.MaxValue;
        var (train, query) = (TreeData.View(Ml, TreeRow.Create(300, missingEvery: missing)), TreeData.View(Ml, TreeRow.Create(40, seed: 2, missingEvery: 5)));
        var model = TreeModels.All[name]().Fit(train);
        var options = OptionsOf(name);
        var report = Ml.Model.AnalyzeTreeSmoothing(model, train, query, options);
        var fitted = Ml.Transforms.TreeSmoothing(model, train, options).Fit(train);

        foreach (var (form, transformer) in Models.Forms(Ml, fitted, train.Schema))
        {
            var rows = Ml.Data.CreateEnumerable<Support>(transformer.Transform(query), reuseRowObject: false).ToArray();
            Assert.Equal(40, rows.Length);
            for (var i = 0; i < rows.Length; i++)
            {
                Assert.Equal(report.QueryLeverage[i], rows[i].TreeLeverage, 1e-5 * report.QueryLeverage[i]);
                Assert.Equal(1 / report.QueryLeverage[i], rows[i].TreeEffectiveNeighbours, 1e-5 / report.QueryLeverage[i]);
                Assert.Equal(3 * report.QueryLeverage[i], rows[i].TreePredictionVariance, 3e-5 * report.QueryLeverage[i]);
                Assert.InRange(rows[i].TreeWeightSum, report.RowSums.Minimum - 1e-5, report.RowSums.Maximum + 1e-5);
                if (!TreeModels.IsLinearized(name))
                    Assert.Equal(TreeModels.RowSumOf(name, report.TreeCount), rows[i].TreeWeightSum, 1e-6);
                AssertTopRows(report.GetTopRows(i, 5), rows[i], form);
            }
        }
    }

    /// <summary>ML.NET's own featurizer says which leaf a row reaches; one-hot over all leaves.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Rows_reach_the_leaves_that_ML_NET_says(string name)
    {
        var rows = TreeData.View(Ml, TreeRow.Create(200, seed: 3, missingEvery: 3));
        var model = TreeModels.All[name]().Fit(TreeData.View(Ml, TreeRow.Create(300, missingEvery: TreeModels.HasMissing(name) ? 7 : int.MaxValue)));
        var trees = TreeModel.Of(model);
        var featurizer = Ml.Transforms.FeaturizeByPretrainTreeEnsemble(new PretrainedTreeFeaturizationEstimator.Options
        {
            InputColumnName = "Features",
            LeavesColumnName = "Leaves",
            ModelParameters = ParametersOf(model),
        });
        var expected = featurizer.Fit(rows).Transform(rows).GetColumn<float[]>("Leaves").ToArray();
        var features = rows.GetColumn<float[]>("Features").ToArray();
        Assert.Contains(features, row => row.Any(float.IsNaN));
        for (var i = 0; i < features.Length; i++)
        {
            var offset = 0;
            foreach (var tree in trees.Trees)
            {
                Assert.Equal(1, expected[i][offset + tree.LeafOf(features[i])]);
                offset += tree.LeafCount;
            }
        }
    }

    [Fact]
    public void A_chain_takes_what_it_takes_itself_trained_and_loaded()
    {
        var (train, query) = (TreeData.View(Ml, TreeRow.Create(300)), TreeData.View(Ml, TreeRow.Create(30, seed: 2)));
        var chain = Ml.Transforms.NormalizeMinMax("Features", "Features")
            .Append(Ml.Transforms.Categorical.OneHotEncoding("Kind", "Category"))
            .Append(Ml.Transforms.Concatenate("Inputs", "A", "B", "Kind"))
            .Append(Ml.Regression.Trainers.FastTree(featureColumnName: "Inputs", numberOfTrees: 10))
            .Append(Ml.Transforms.CopyColumns("Price", "Score"))
            .Fit(train);
        using MemoryStream file = new();
        Ml.Model.Save(chain, train.Schema, file);
        var expected = Ml.Model.AnalyzeTreeSmoothing(chain, train, query);
        foreach (var model in new ITransformer[] { chain, new MLContext().Model.Load(file, out _) })
        {
            Assert.Equal(expected.EffectiveParametersQuery, Ml.Model.AnalyzeTreeSmoothing(model, train, query).EffectiveParametersQuery);
            var estimator = Ml.Transforms.TreeSmoothing(model, train, outputPrefix: "My");
            var fitted = estimator.Fit(train);
            var scored = fitted.Transform(query);
            Assert.Equal(expected.QueryLeverage.Select(leverage => (float)leverage), scored.GetColumn<float>("MyLeverage"));
            Assert.Equal(
                MlNetAccess.ShapeOf(fitted.GetOutputSchema(train.Schema)).Select(column => column.Name).Order(),
                estimator.GetOutputSchema(MlNetAccess.ShapeOf(train.Schema)).Select(column => column.Name).Order());
            Snapshot.AssertSame(Snapshot.Of(scored, "MyLeverage", "A"), Snapshot.Of(Models.LoadStock(Ml.Save(fitted, train.Schema)).Transform(query), "MyLeverage", "A"));
        }
    }

    /// <summary>What a chain selects or drops is gone after the transform, too, whether or not the training table has it.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void Columns_that_a_chain_drops_are_not_promised(bool selects)
    {
        var train = TreeData.View(Ml, TreeRow.Create(300));
        IEstimator<ITransformer> drop = selects ? Ml.Transforms.SelectColumns("Inputs", "Label", "Weight") : Ml.Transforms.DropColumns("A", "Category");
        var chain = Ml.Transforms.Concatenate("Inputs", "A", "B").Append(drop).Append(Ml.Regression.Trainers.FastTree(featureColumnName: "Inputs", numberOfTrees: 3)).Fit(train);
        var estimator = Ml.Transforms.TreeSmoothing(chain, train);
        var more = train.Then(Ml.Transforms.CopyColumns("Extra", "Label")).Then(Ml.Transforms.Conversion.MapValueToKey("Key", "Category")).Then(Ml.Transforms.Concatenate("Vector", "A", "B"));
        foreach (var view in new[] { train, more })
        {
            var fitted = MlNetAccess.ShapeOf(estimator.Fit(view).GetOutputSchema(view.Schema));
            var promised = estimator.GetOutputSchema(MlNetAccess.ShapeOf(view.Schema));
            Assert.Equal(fitted.Select(Describe).Order(), promised.Select(Describe).Order());
            Assert.DoesNotContain(promised, column => column.Name == "Category");
            Assert.Equal(!selects && view == more, promised.Any(column => column.Name == "Extra"));
        }

        static string Describe(SchemaShape.Column column) => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey}";
    }

    [Fact]
    public void A_loaded_model_is_the_same_to_the_last_bit()
    {
        var train = TreeData.View(Ml, TreeRow.Create(300));
        foreach (var name in Kinds)
        {
            var fitted = Ml.Transforms.TreeSmoothing(TreeModels.All[name]().Fit(train), train, OptionsOf(name)).Fit(train);
            var loaded = Models.LoadAccelerated(Ml.Save(fitted, train.Schema));
            Models.AssertSameState(fitted, loaded);
            var model = Assert.IsType<FeatureTransformer<TreeSmoothingModel>>(loaded).Model;
            Assert.Equal(300, model.TrainRowCount);
            Assert.Equal(101, model.TrainLeveragePercentiles.Count);
            Assert.Equal(model.TrainLeveragePercentiles.Order(), model.TrainLeveragePercentiles);
            Snapshot.AssertSame(Snapshot.Of(fitted.Transform(train), Outputs), Snapshot.Of(loaded.Transform(train), Outputs));
        }
    }

    private static TreeSmoothingOptions OptionsOf(string name)
    {
        var options = TreeModels.OptionsOf(name);
        (options.NumberOfTopRows, options.NoiseVariance) = (5, 3);
        return options;
    }

    private static TreeEnsembleModelParameters ParametersOf(ITransformer model)
    {
        var parameters = ((ISingleFeaturePredictionTransformer<object>)model).Model;
        return (TreeEnsembleModelParameters)(parameters is Microsoft.ML.Calibrators.CalibratedModelParametersBase calibrated ? calibrated.SubModel : parameters);
    }

    // Rows with the same weight may change places.
    private static void AssertTopRows(IReadOnlyList<RowContribution> expected, Support row, string form)
    {
        Assert.Equal(expected.Count, row.TreeTopRows.Length);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.True(Math.Abs(expected[i].Weight - row.TreeTopWeights[i]) <= 1e-5 * Math.Abs(expected[0].Weight), $"{form}: {expected[i].Weight} {row.TreeTopWeights[i]}");
            var isTied = expected.Count(other => Math.Abs(Math.Abs(other.Weight) - Math.Abs(expected[i].Weight)) <= 1e-9 * Math.Abs(expected[0].Weight)) > 1 || i == expected.Count - 1;
            Assert.True(isTied || expected[i].Row == row.TreeTopRows[i], $"{form}: rows {expected[i].Row} and {row.TreeTopRows[i]} at {i}");
        }
    }

    private sealed class Support
    {
        public float TreeEffectiveNeighbours { get; set; }

        public float TreeLeverage { get; set; }

        public float TreeWeightSum { get; set; }

        public float TreePredictionVariance { get; set; }

        [VectorType(5)]
        public uint[] TreeTopRows { get; set; } = [];

        [VectorType(5)]
        public float[] TreeTopWeights { get; set; } = [];
    }
}
