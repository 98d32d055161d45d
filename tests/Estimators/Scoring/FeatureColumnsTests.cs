using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Examples;

namespace MLExtensions.Tests.Estimators.Scoring;

/// <summary>What a featurizer may read and add beside vectors of numbers: categories and labels in, scalars and labels out, alike in memory and saved.</summary>
public sealed class FeatureColumnsTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Keys_are_read_and_scalars_are_added()
    {
        var view = Rows();
        var scored = Fit(view, "Shares").Transform(view);
        Assert.Equal([[0.5f, 0.25f, 7], [0.5f, 0.5f, 8], [0.25f, 0.5f, 9], [0.25f, 0.25f, float.NaN]], scored.GetColumn<float[]>("Shares"));
        Assert.Equal([0.375f, 0.5f, 0.375f, 0.25f], scored.GetColumn<float>("Mean"));
        Assert.Equal(NumberDataViewType.Single, scored.Schema["Mean"].Type);
    }

    [Theory]
    [InlineData("Shares", "Mean")]
    [InlineData("Score", "Mean")]
    [InlineData("Shares", "Score")]
    [InlineData("Age", "City")]
    public void All_forms_give_the_same_columns(string vector, string scalar)
    {
        var view = Rows();
        var fitted = Fit(view, vector, scalar);
        var expected = ByName(Snapshot.Of(fitted.Transform(view)));
        foreach (var (form, model) in Models.Forms(_ml, fitted, view.Schema))
        {
            Snapshot.AssertSame(expected, ByName(Snapshot.Of(model.Transform(view))), form, tolerance: 0);
            Snapshot.AssertSame(ByName(Snapshot.OfRows(fitted, view)), ByName(Snapshot.OfRows(model, view)), form, tolerance: 0);
        }
        var typed = Assert.IsType<FeatureTransformer<FrequencyModel>>(Models.LoadAccelerated(_ml.Save(fitted, view.Schema)));
        Models.AssertSameState(fitted, typed);
        Assert.Equal(_ml.Save(fitted, view.Schema).Length, _ml.Save(typed, view.Schema).Length);
    }

    [Fact]
    public void A_score_that_the_rows_have_is_kept()
    {
        var rows = Rows();
        var view = _ml.Transforms.CopyColumns("Score", "Age").Fit(rows).Transform(rows);
        var fitted = Fit(view, "Shares");
        foreach (var (form, model) in Models.Forms(_ml, fitted, view.Schema))
        {
            var scored = model.Transform(view);
            Assert.True(view.GetColumn<float>("Score").SequenceEqual(scored.GetColumn<float>("Score")), form);
            Assert.Equal([0.375f, 0.5f, 0.375f, 0.25f], scored.GetColumn<float>("Mean"));
        }
        Assert.IsType<FeatureTransformer<FrequencyModel>>(Models.LoadAccelerated(_ml.Save(fitted, view.Schema)));
    }

    [Fact]
    public void Rows_may_have_categories_only()
    {
        var view = Rows();
        var fitted = new FrequencyFeaturizer(MlNetAccess.EnvironmentOf(_ml.Transforms), "Shares", "Mean", ["City", "Plan"]).Fit(view);
        foreach (var (_, model) in Models.Forms(_ml, fitted, view.Schema))
            Assert.Equal([[0.5f, 0.25f], [0.5f, 0.5f], [0.25f, 0.5f], [0.25f, 0.25f]], model.Transform(view).GetColumn<float[]>("Shares"));
    }

    [Fact]
    public void Keys_unknown_to_training_score_like_missing_ones()
    {
        var fitted = Fit(Rows(), "Shares");
        var others = View(new Row { City = 9, Plan = 0 });
        foreach (var (form, model) in Models.Forms(_ml, fitted, Rows().Schema))
            Assert.True(model.Transform(others).GetColumn<float[]>("Shares").Single() is [0, 0.25f, ..], form);
    }

    [Fact]
    public void A_text_column_is_refused_with_the_transform_that_makes_keys()
    {
        var view = Rows();
        var texts = _ml.Transforms.Conversion.ConvertType("City", "Age", DataKind.String).Fit(view).Transform(view);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Fit(texts, "Shares"));
        Assert.StartsWith("Schema mismatch for input column 'City': expected Single, Vector<Single> or a key (Conversion.MapValueToKey makes keys of texts), got String", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_label_goes_in_and_comes_out(bool isKey)
    {
        var rows = Rows();
        var view = isKey
            ? _ml.Transforms.Conversion.MapValueToKey("Label", "Plan").Fit(rows).Transform(rows)
            : _ml.Transforms.Expression("Label", "a => a > 7.5f", "Age").Fit(rows).Transform(rows);
        var label = view.Schema["Label"];
        var count = isKey ? (int)((KeyDataViewType)label.Type).Count : 2;
        LabelEcho echo = new([new("Label", null) { CategoryCount = count, ElementType = CategoricalInput.ElementTypeOf(label.Type), IsLabel = true }]);
        FeatureTransformer<LabelEcho> fitted = new(MlNetAccess.EnvironmentOf(_ml.Transforms), echo, view.Schema, isKey ? KeyValues.Of(label) : null);

        var expected = Snapshot.Of(fitted.Transform(view));
        Assert.Equal(expected["Label"], expected["Same"]);
        Assert.Equal(Cells.Annotations(label), Cells.Annotations(fitted.GetOutputSchema(view.Schema)["Same"]));
        foreach (var (form, model) in Models.Forms(_ml, fitted, view.Schema))
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(view)), form, tolerance: 0);
        Assert.IsType<FeatureTransformer<LabelEcho>>(Models.LoadAccelerated(_ml.Save(fitted, view.Schema)));

        var wrong = _ml.Transforms.DropColumns("Label").Append(_ml.Transforms.CopyColumns("Label", "Age")).Fit(view).Transform(view);
        Assert.StartsWith("Schema mismatch for label column 'Label'", Assert.Throws<ArgumentOutOfRangeException>(() => fitted.Transform(wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scalars_are_exported_as_columns_of_a_matrix()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.onnx");
        Fit(Rows(), "Shares").SaveAsOnnx(path);
        using InferenceSession session = new(path);
        Assert.Equal([-1, 1], session.OutputMetadata["Mean"].Dimensions);
        Assert.Equal([-1, 3], session.OutputMetadata["Shares"].Dimensions);
    }

    // Where a column is replaced, stock ML.NET's drop of columns puts the new one in the place of the old.
    private static Snapshot ByName(Snapshot snapshot) => snapshot with { Columns = [.. snapshot.Columns.OrderBy(column => column.Name, StringComparer.Ordinal)] };

    private FeatureTransformer<FrequencyModel> Fit(IDataView view, string vector, string scalar = "Mean")
        => new FrequencyFeaturizer(MlNetAccess.EnvironmentOf(_ml.Transforms), vector, scalar, ["City", "Age", "Plan"]).Fit(view);

    private IDataView Rows() => View(
        new Row { City = 1, Plan = 3, Age = 7 }, new Row { City = 1, Plan = 2, Age = 8 }, new Row { City = 2, Plan = 2, Age = 9 }, new Row { City = 0, Plan = 0, Age = float.NaN });

    private IDataView View(params Row[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private sealed class Row
    {
        public float Age { get; set; }

        [KeyType(3)]
        public uint City { get; set; }

        [KeyType(5)]
        public byte Plan { get; set; }
    }

    /// <summary>Puts out the label that it gets.</summary>
    private sealed class LabelEcho(IReadOnlyList<FeatureInput> inputs) : FeatureModel, IRestorable<LabelEcho>
    {
        public override IReadOnlyList<FeatureInput> Inputs => inputs;

        public override IReadOnlyList<FeatureOutput> Outputs { get; } = [new("Same", null) { IsLabel = true }];

        public static LabelEcho FromState(ModelState state) => new(state.GetInputs());

        public override ModelState GetState() => ModelState.Create(new FrequencyFeaturizer.Options(), this, new Dictionary<string, double[]>());

        public override IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs) => [graph.Sub(inputs[0], graph.Constant(1L))];
    }
}
