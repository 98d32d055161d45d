using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Examples;

namespace MLExtensions.Tests.Estimators.Training;

/// <summary>The base of vector-output transforms, proven by the smallest of them.</summary>
public class FeaturizerBaseTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void Joins_and_scales_scalars_and_vectors()
    {
        var view = Rows();
        var scaled = Featurizer("Scaled").Fit(view).Transform(view);

        Assert.Equal([[0.5f, -1, 0.25f], [-1, 0.5f, -1], [0, float.NaN, 0.5f]], scaled.GetColumn<float[]>("Scaled"));
        Assert.Equal(["Age", "Pair.a", "Pair.b"], SlotNames(scaled.Schema["Scaled"]));
        Assert.Equal(["x", "y", "z"], scaled.GetColumn<string>("Name"));
    }

    [Fact]
    public void Schema_before_fit_equals_schema_after()
    {
        var view = Rows();
        var featurizer = Featurizer("Scaled");
        var before = featurizer.GetOutputSchema(MlNetAccess.ShapeOf(view.Schema)).Single(column => column.Name == "Scaled");
        var after = MlNetAccess.ShapeOf(featurizer.Fit(view).GetOutputSchema(view.Schema)).Single(column => column.Name == "Scaled");

        Assert.Equal((after.Kind, after.ItemType, after.IsKey), (before.Kind, before.ItemType, before.IsKey));
        Assert.Equal(after.Annotations.Select(annotation => annotation.Name), before.Annotations.Select(annotation => annotation.Name));
    }

    /// <summary>Also when the output replaces an input column: the graph's names never clash.</summary>
    [Theory]
    [InlineData("Scaled")]
    [InlineData("Pair")]
    public void Saved_models_load_in_stock_form_and_typed(string output)
    {
        var view = Rows();
        var fitted = Featurizer(output).Fit(view);
        using var file = new MemoryStream();
        _context.Model.Save(fitted, view.Schema, file);
        var stock = new MLContext().Model.Load(file, out _);
        var typed = Assert.IsType<FeatureTransformer<ScalingModel>>(_context.Model.Accelerate(stock));

        foreach (var loaded in new[] { stock, typed })
        {
            var scored = loaded.Transform(view);
            Assert.Equal(fitted.Transform(view).GetColumn<float[]>(output), scored.GetColumn<float[]>(output));
            Assert.Equal(fitted.GetOutputSchema(view.Schema)[output].Type, scored.Schema[output].Type);
            Assert.Equal(SlotNames(fitted.GetOutputSchema(view.Schema)[output]), SlotNames(scored.Schema[output]));
            Assert.DoesNotContain(scored.Schema, column => column.Name.StartsWith("MLExtensions.", StringComparison.Ordinal));
        }
        Assert.Equal(fitted.Model.GetState().Numbers["largest"], typed.Model.GetState().Numbers["largest"]);
    }

    [Fact]
    public void Exports_outputs_under_their_own_names()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.onnx");
        try
        {
            Featurizer("Scaled").Fit(Rows()).SaveAsOnnx(path);
            using var session = new InferenceSession(path);
            Assert.Equal(["Scaled"], session.OutputMetadata.Keys);
            Assert.Equal([-1, 3], session.OutputMetadata["Scaled"].Dimensions);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Wrong_columns_are_named()
    {
        var view = Rows();
        Assert.StartsWith("Could not find input column 'Pair'", Assert.Throws<ArgumentOutOfRangeException>(() => Featurizer("Scaled").Fit(_context.Transforms.DropColumns("Pair").Fit(view).Transform(view))).Message, StringComparison.Ordinal);
        var texts = _context.Transforms.CopyColumns("Age", "Name").Fit(view).Transform(view);
        Assert.StartsWith("Schema mismatch for input column 'Age': expected Single, got String", Assert.Throws<ArgumentOutOfRangeException>(() => Featurizer("Scaled").Fit(texts)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Schema mismatch for input column 'Age': expected Single, got String", Assert.Throws<ArgumentOutOfRangeException>(() => Featurizer("Scaled").Fit(view).Transform(texts)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ScalingFeaturizer(MlNetAccess.EnvironmentOf(_context.Transforms), "Scaled", [], new()));
    }

    [Fact]
    public void A_bad_value_is_reported_with_the_column_and_slot_of_the_user()
    {
        Assert.Equal("Column 'Age' holds Infinity in row 1; expected a finite number, or NaN for a missing value.", Refused(row => row.Age = float.PositiveInfinity));
        Assert.Equal("Column 'Pair' holds -Infinity in row 1 (b); expected a finite number, or NaN for a missing value.", Refused(row => row.Pair = [0, float.NegativeInfinity]));

        string Refused(Action<Row> change)
        {
            Row[] rows = [.. Enumerable.Range(0, 3).Select(_ => new Row { Pair = [1, 2] })];
            change(rows[1]);
            return Assert.Throws<InvalidOperationException>(() => Featurizer("Scaled").Fit(Rows(rows))).Message;
        }
    }

    [Fact]
    public void An_output_that_replaces_an_input_cannot_be_exported_and_the_error_says_so()
    {
        var fitted = Featurizer("Pair").Fit(Rows());
        var error = Assert.Throws<InvalidOperationException>(() => fitted.SaveAsOnnx("never-written.onnx"));
        Assert.Contains("Column 'Pair' is both an input and an output", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("never-written.onnx"));
    }

    private ScalingFeaturizer Featurizer(string output) => new(MlNetAccess.EnvironmentOf(_context.Transforms), output, ["Age", "Pair"], new());

    private IDataView Rows(params Row[] rows)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Pair)].AddAnnotation(
            "SlotNames", new VBuffer<ReadOnlyMemory<char>>(2, ["a".AsMemory(), "b".AsMemory()]), new VectorDataViewType(TextDataViewType.Instance, 2));
        return _context.Data.LoadFromEnumerable(rows.Length > 0 ? rows :
        [
            new Row { Age = 20, Pair = [-4, 1], Name = "x" },
            new Row { Age = -40, Pair = [2, -4], Name = "y" },
            new Row { Age = 0, Pair = [float.NaN, 2], Name = "z" },
        ], schema);
    }

    private static string[] SlotNames(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private sealed class Row
    {
        public float Age { get; set; }

        [VectorType(2)]
        public float[] Pair { get; set; } = [];

        public string Name { get; set; } = "";
    }
}
