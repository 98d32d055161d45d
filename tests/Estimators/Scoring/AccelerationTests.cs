using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Onnx.Protobuf;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Examples;

namespace MLExtensions.Tests.Estimators.Scoring;

/// <summary>Models whose graphs say something odd about who wrote them.</summary>
public sealed class AccelerationTests
{
    private readonly MLContext _ml = new(1);
    private readonly IDataView _data;
    private readonly PredictionTransformer<NearestMeanModel> _model;

    public AccelerationTests()
    {
        _data = CaseData.View(_ml, PredictionTask.Regression, TestRow.Create(100));
        _model = new NearestMeanTrainer(MlNetAccess.EnvironmentOf(_ml.Transforms), PredictionTask.Regression, new()).Fit(_data);
    }

    [Fact]
    public void Accelerate_refuses_null()
    {
        Assert.Throws<ArgumentNullException>(() => _ml.Model.Accelerate(null!));
        Assert.Throws<ArgumentNullException>(() => ((ModelOperationsCatalog)null!).Accelerate(_model));
    }

    [Fact]
    public void A_model_without_graphs_is_returned_as_it_is()
    {
        var plain = _ml.Transforms.NormalizeMinMax("Features").Append(_ml.Transforms.CopyColumns("Copy", "Features")).Fit(_data);
        Assert.Same(plain, _ml.Model.Accelerate(plain));
        var single = _ml.Transforms.CopyColumns("Copy", "Features").Fit(_data);
        Assert.Same(single, _ml.Model.Accelerate(single));
    }

    [Fact]
    public void A_model_of_a_package_that_is_not_there_scores_and_can_be_saved()
    {
        var expected = Snapshot.Of(_model.Transform(_data));
        foreach (var name in new[] { "MLExtensions.Later.Model, MLExtensions.Later", "No.Such.Model, MLExtensions.Tests", "System.String, System.Private.CoreLib", "nonsense" })
        {
            var loaded = Accelerated(Rewritten("mlextensions.model", name));
            var unknown = Assert.IsType<PredictionTransformer<SavedModel>>(loaded);
            Assert.Equal(_model.Model.GetState().OptionsJson, unknown.Model.State.OptionsJson);
            Assert.Equal(_model.Model.GetState().GetNumbers("means"), unknown.Model.State.GetNumbers("means"));
            Snapshot.AssertSame(expected, Snapshot.Of(unknown.Transform(_data)));
            Snapshot.AssertSame(expected, Snapshot.Of(Models.LoadStock(_ml.Save(unknown, _data.Schema)).Transform(_data)));
            Assert.Throws<NotSupportedException>(() => unknown.Model.BuildScores(new OnnxGraphBuilder("x"), null!, PredictionTask.Regression));
        }
    }

    [Fact]
    public void Such_a_model_keeps_its_categorical_columns()
    {
        NaiveCountsTrainer.Options options = new() { CategoricalColumnNames = TestCategories.Names };
        var model = new NaiveCountsTrainer(MlNetAccess.EnvironmentOf(_ml.Transforms), PredictionTask.Regression, options).Fit(_data);
        var signature = Signature with { Categories = [.. TestCategories.Names.Select(name => new CategoricalInput(name, OnnxElementType.UInt32))] };
        var unknown = Assert.IsType<PredictionTransformer<SavedModel>>(Accelerated(Rewritten(model.Model, signature, "mlextensions.model", "nonsense")));
        var expected = Snapshot.Of(model.Transform(_data));
        Snapshot.AssertSame(expected, Snapshot.Of(unknown.Transform(_data)));
        Snapshot.AssertSame(expected, Snapshot.Of(Models.LoadStock(_ml.Save(unknown, _data.Schema)).Transform(_data)));
    }

    [Theory, InlineData("mlextensions.options", "no json"), InlineData("mlextensions.options", "null")]
    public void Damaged_state_is_a_format_error(string key, string value)
        => Assert.Throws<FormatException>(() => Accelerated(Rewritten(key, value)));

    [Fact]
    public void Damaged_numbers_are_an_error_of_the_data()
        => Assert.Throws<InvalidDataException>(() => Accelerated(Rewritten("mlextensions.state.means", "no numbers!")));

    [Fact]
    public void A_graph_of_an_unknown_task_is_just_a_graph()
    {
        var loaded = Accelerated(Rewritten("mlextensions.task", "Telepathy"));
        Assert.IsType<BatchedOnnxTransformer>(Assert.IsAssignableFrom<IEnumerable<ITransformer>>(loaded).First());
        Snapshot.AssertSame(Snapshot.Of(_model.Transform(_data)), Snapshot.Of(loaded.Transform(_data)));
    }

    [Fact]
    public void A_lone_graph_of_this_pack_is_just_a_graph()
    {
        // The heads were cut off: only the helper column is left.
        var chain = Assert.IsAssignableFrom<IEnumerable<ITransformer>>(Models.LoadStock(_ml.Save(_model, _data.Schema)));
        var cut = new TransformerChain<ITransformer>(chain.First(), _ml.Transforms.CopyColumns("Copy", "Id").Fit(_data));
        var accelerated = Assert.IsAssignableFrom<IEnumerable<ITransformer>>(_ml.Model.Accelerate(cut));
        Assert.IsType<BatchedOnnxTransformer>(accelerated.First());
        Snapshot.AssertSame(Snapshot.Of(cut.Transform(_data)), Snapshot.Of(((ITransformer)accelerated).Transform(_data)));
    }

    private static PredictionSignature Signature => new(PredictionTask.Regression, "Features", TestRow.FeatureCount, null);

    // The saved chain with one text of its graph's metadata replaced.
    private TransformerChain<ITransformer> Rewritten(string key, string value) => Rewritten(_model.Model, Signature, key, value);

    private static TransformerChain<ITransformer> Rewritten(PredictionModel model, PredictionSignature signature, string key, string value)
    {
        var graph = ModelProto.Parser.ParseFrom(PredictionGraph.ForScoring(model, signature).ToBytes());
        graph.MetadataProps.Single(entry => entry.Key == key).Value = value;
        return PredictionScorer.ToStockChain(new StockOnnx(new OnnxGraph(graph), PredictionScorer.HelperNames(signature), [.. signature.InputNames]), signature);
    }

    private ITransformer Accelerated(TransformerChain<ITransformer> chain) => Models.LoadAccelerated(_ml.Save(chain, _data.Schema));
}
