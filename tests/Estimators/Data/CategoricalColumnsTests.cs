using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Examples;

namespace MLExtensions.Tests.Estimators.Data;

/// <summary>How categorical columns reach a trainer, and which views and models go together.</summary>
public sealed class CategoricalColumnsTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void Every_way_of_reading_brings_the_categories_along()
    {
        // Rows without a weight are no rows; every seventh group is missing.
        var rows = TestRow.Create().Changed((row, i) => (row.Weight, row.Group) = (i % 3 == 1 ? 0 : 1, i % 7 == 2 ? 99 : row.Group));
        int[] kept = [.. Enumerable.Range(0, 700).Where(i => i % 3 != 1)];
        int[] groups = [.. kept.Select(i => i % 7 == 2 ? 0 : (i % 5) + 1)], shades = [.. kept.Select(i => (i % 9) + 1)];
        Train(View(rows), data =>
        {
            var all = data.ReadAll();
            Assert.Equal(2, all.CategoricalColumnCount);
            AssertSame(groups, shades, [.. all.Categories(0)], [.. all.Categories(1)]);

            List<int> first = [], second = [];
            foreach (var block in data.Read(100))
            {
                first.AddRange(block.Categories(0));
                second.AddRange(block.Categories(1));
            }
            AssertSame(groups, shades, [.. first], [.. second]);

            var summed = data.Aggregate(
                () => (new List<int>(), new List<int>()).ToTuple(),
                (sum, block) =>
                {
                    sum.Item1.AddRange(block.Categories(0));
                    sum.Item2.AddRange(block.Categories(1));
                },
                (sum, next) =>
                {
                    sum.Item1.AddRange(next.Item1);
                    sum.Item2.AddRange(next.Item2);
                },
                rowsPerBlock: 64);
            AssertSame(groups, shades, [.. summed.Item1], [.. summed.Item2]);

            var half = all.Where(row => row % 2 == 0);
            int[] even = [.. Enumerable.Range(0, kept.Length).Where(i => kept[i] % 2 == 0)];
            AssertSame([.. even.Select(i => groups[i])], [.. even.Select(i => shades[i])], [.. half.Categories(0)], [.. half.Categories(1)]);
        });

        static void AssertSame(int[] groups, int[] shades, int[] readGroups, int[] readShades)
        {
            Assert.Equal(groups, readGroups);
            Assert.Equal(shades, readShades);
        }
    }

    [Theory]
    [InlineData(DataKind.Byte)]
    [InlineData(DataKind.UInt16)]
    [InlineData(DataKind.UInt64)]
    public void Keys_of_every_width_are_read(DataKind kind) => Train(
        View(TestRow.Create(20)).Then(_ml.Transforms.Conversion.ConvertType("Group", outputKind: kind)),
        data => Assert.Equal(Enumerable.Range(0, 20).Select(i => (i % 5) + 1), data.ReadAll().Categories(0).ToArray()));

    [Fact]
    public void Columns_know_their_counts_and_the_names_of_their_values()
    {
        var view = View(TestRow.Create()).Then(_ml.Transforms.Conversion.MapValueToKey("Group", "Species"));
        Train(view, data =>
        {
            Assert.Equal(["Group", "Shade"], data.CategoricalColumns.Select(column => column.Name));
            Assert.Equal([3, 9], data.CategoricalColumns.Select(column => column.Count));
            Assert.Equal(["missing", "virginica", "setosa", "versicolor"], Enumerable.Range(0, 4).Select(data.CategoricalColumns[0].ValueName));
            Assert.Equal(["missing", "key 1", "key 9"], new[] { 0, 1, 9 }.Select(data.CategoricalColumns[1].ValueName));
            Assert.Throws<ArgumentOutOfRangeException>(() => data.CategoricalColumns[0].ValueName(4));
            Assert.Throws<ArgumentOutOfRangeException>(() => data.CategoricalColumns[0].ValueName(-1));
        });
    }

    [Fact]
    public void Validation_rows_are_read_with_the_categories_of_training()
    {
        var validation = CaseData.WithGroups(_ml, PredictionTask.Regression, TestRow.Create(9).Changed((row, i) => row.Group = (uint)i), 9);
        Train(View(TestRow.Create()), data =>
        {
            Assert.Equal([1, 2, 3, 4, 5, 0, 0, 0, 0], data.Validation!.ReadAll().Categories(0).ToArray());
            Assert.Equal(5, data.Validation.CategoricalColumns[0].Count);
        }, validation);
    }

    [Fact]
    public void Validation_rows_with_other_key_values_are_refused()
    {
        IDataView Mapped(ValueToKeyMappingEstimator.KeyOrdinality order) => View(TestRow.Create()).Then(_ml.Transforms.Conversion.MapValueToKey("Group", "Species", keyOrdinality: order));
        Errors.AssertSchemaError(
            "Schema mismatch for validation categorical column 'Group': expected the key values of the training data",
            () => Train(Mapped(ValueToKeyMappingEstimator.KeyOrdinality.ByOccurrence), _ => { }, Mapped(ValueToKeyMappingEstimator.KeyOrdinality.ByValue)));
    }

    [Fact]
    public void A_fit_that_goes_on_needs_the_categorical_columns_of_its_model()
    {
        var view = View(TestRow.Create());
        var model = Train(view, _ => { }).Model;
        Train(view, _ => { }, startFrom: model);
        Errors.AssertSchemaError(
            "Schema mismatch for categorical column 'Group': expected a key of 5 values, as in the model to go on from, got Key<UInt32, 0-8>",
            () => Train(CaseData.WithGroups(_ml, PredictionTask.Regression, TestRow.Create(), 9), _ => { }, startFrom: model));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Train(view, _ => { }, startFrom: model, columns: ["Group"]));
        Assert.StartsWith("The options name 1 categorical columns; expected 2, as in the model to go on from.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transformer_takes_no_model_of_other_categorical_columns()
    {
        var view = View(TestRow.Create());
        var transformer = Train(view, _ => { });
        var loaded = (PredictionTransformer<NaiveCountsModel>)Models.LoadAccelerated(_ml.Save(transformer, view.Schema));
        var other = Train(view, _ => { }, columns: ["Group"]).Model;
        foreach (var target in new[] { transformer, loaded })
        {
            target.WithModel(transformer.Model);
            Assert.Contains("[5] values; expected [5, 9]", Assert.Throws<ArgumentException>(() => target.WithModel(other)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_trainer_whose_model_forgets_its_categorical_columns_is_told()
    {
        var trainer = new Forgetful(MlNetAccess.EnvironmentOf(_ml.Transforms), new() { CategoricalColumnNames = ["Group"] });
        var error = Assert.Throws<InvalidOperationException>(() => trainer.Fit(View(TestRow.Create(20))));
        Assert.Contains("NearestMeanModel has 0 categorical columns; expected 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_categorical_column_called_like_a_prediction_column_cannot_be_exported_and_the_error_says_so()
    {
        var view = View(TestRow.Create(30)).Then(_ml.Transforms.CopyColumns("Score", "Group"));
        var model = Train(view, _ => { }, columns: ["Score"]);
        Assert.Equal(30, Snapshot.Of(Models.LoadStock(_ml.Save(model, view.Schema)).Transform(view), "Score").Ids.Count);
        var error = Assert.Throws<InvalidOperationException>(() => model.SaveAsOnnx("never-written.onnx"));
        Assert.Contains("Column 'Score' is both an input and an output", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("never-written.onnx"));
    }

    /// <summary>A row scorer is given features only.</summary>
    [Fact]
    public void Rows_with_categories_are_scored_by_the_graph()
    {
        var view = View(TestRow.Create(30));
        var signature = new PredictionSignature(PredictionTask.Regression, "Features", TestRow.FeatureCount, null);
        var environment = MlNetAccess.EnvironmentOf(_ml.Transforms);
        Assert.Throws<NotSupportedException>(() => Snapshot.OfRows(new PredictionTransformer<Shortcut>(environment, new Shortcut([]), signature), view));
        var model = new PredictionTransformer<Shortcut>(environment, new Shortcut([5]), signature with { Categories = [new("Group", OnnxElementType.UInt32)] });
        Assert.Equal(view.GetColumn<uint>("Group").Select(group => (float)group), Snapshot.OfRows(model, view)["Score"].Cast<float>());
    }

    private IDataView View(TestRow[] rows) => CaseData.View(_ml, PredictionTask.Regression, rows);

    private PredictionTransformer<NaiveCountsModel> Train(
        IDataView view, Action<TrainingData> read, IDataView? validation = null, NaiveCountsModel? startFrom = null, string[]? columns = null)
    {
        NaiveCountsTrainer.Options options = new() { CategoricalColumnNames = columns ?? TestCategories.Names, ExampleWeightColumnName = "Weight" };
        return new Reading(MlNetAccess.EnvironmentOf(_ml.Transforms), options, read).Fit(view, validation, startFrom);
    }

    // Reads its data in the way under test, and learns that all categories are alike.
    private sealed class Reading(IHostEnvironment environment, NaiveCountsTrainer.Options options, Action<TrainingData> read)
        : TrainerBase<NaiveCountsTrainer.Options, NaiveCountsModel>(environment, PredictionTask.Regression, options)
    {
        public PredictionTransformer<NaiveCountsModel> Fit(IDataView view, IDataView? validation, NaiveCountsModel? startFrom)
            => FitCore(view, startFrom, CancellationToken.None, validation);

        protected override NaiveCountsModel Train(TrainingData data, NaiveCountsModel? startFrom, TrainingContext context)
        {
            read(data);
            var counts = data.CategoricalColumns.Select(column => column.Count).ToArray();
            var table = new double[2 * NaiveCountsModel.Sizes(data.FeatureCount, counts).Sum()];
            return new NaiveCountsModel(new float[data.FeatureCount], counts, table, [0, 0], [0, 1], TrainerOptions);
        }
    }

    // Predicts the category, and cannot do so from the features.
    private sealed class Shortcut(int[] counts) : PredictionModel
    {
        public override int FeatureCount => TestRow.FeatureCount;

        public override IReadOnlyList<int> CategoryCounts => counts;

        public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task) => graph.ReduceSum(features, [1]);

        public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories, PredictionTask task)
            => counts.Length == 0 ? BuildScores(graph, features, task) : graph.Unsqueeze(graph.Cast(categories[0], OnnxElementType.Float), 1);

        public override RowScorer CreateRowScorer(PredictionTask task) => (features, scores) => throw new NotSupportedException();

        public override ModelState GetState() => ModelState.Create(new NaiveCountsTrainer.Options(), new Dictionary<string, double[]>());
    }

    private sealed class Forgetful(IHostEnvironment environment, NaiveCountsTrainer.Options options)
        : TrainerBase<NaiveCountsTrainer.Options, NearestMeanModel>(environment, PredictionTask.Regression, options)
    {
        protected override NearestMeanModel Train(TrainingData data, NearestMeanModel? startFrom, TrainingContext context)
            => new(data.FeatureCount, new double[2 * data.FeatureCount], [0, 1], [0, 0], new());
    }
}
