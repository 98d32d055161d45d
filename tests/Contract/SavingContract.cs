using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Model files: whole, nested, saved twice, exported, damaged.</summary>
public sealed class SavingContract
{
    [Theory, Components]
    public void A_file_holds_stock_transformers_only(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        using var archive = new ZipArchive(new MemoryStream(ml.Save(component.Fit(ml, data), data.Schema)));
        Assert.NotEmpty(archive.Entries);
        foreach (var entry in archive.Entries.Where(entry => entry.Name == "Model.key"))
        {
            using var reader = new StreamReader(entry.Open(), System.Text.Encoding.Latin1);
            Assert.DoesNotContain("MLExtensions", reader.ReadToEnd(), StringComparison.Ordinal);
        }
        Assert.All(Flat(Models.LoadStock(ml.Save(component.Fit(ml, data), data.Schema))), part => Assert.StartsWith("Microsoft.ML", part.GetType().Assembly.GetName().Name, StringComparison.Ordinal));
    }

    [Theory, Components]
    public void A_file_keeps_the_schema_it_was_saved_with(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        new MLContext().Model.LoadAccelerated(new MemoryStream(ml.Save(component.Fit(ml, data), data.Schema)), out var schema);
        Assert.Equal(data.Schema.Select(column => $"{column.Name} {column.Type}"), schema.Select(column => $"{column.Name} {column.Type}"));
        new MLContext().Model.LoadAccelerated(new MemoryStream(ml.Save(component.Fit(ml, data), null)), out schema);
        Assert.Null(schema);
    }

    [Theory, Components]
    public void Files_can_be_loaded_by_path(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        var path = Path.GetTempFileName();
        try
        {
            ml.Model.Save(model, data.Schema, path);
            Snapshot.AssertSame(Snapshot.Of(model.Transform(data)), Snapshot.Of(new MLContext().Model.LoadAccelerated(path, out _).Transform(data)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory, Learners]
    public void The_typed_model_comes_back_to_the_last_bit(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        foreach (var (form, other) in Models.Forms(ml, model, data.Schema).Where(form => form.Key.Contains("accelerated", StringComparison.Ordinal)))
        {
            Models.AssertSameState(model, other);
            if (component.Task is null)
                continue;
            var (want, got) = ((ISingleFeaturePredictionTransformer<PredictionModel>)model, (ISingleFeaturePredictionTransformer<PredictionModel>)other);
            Assert.Equal(want.FeatureColumnName, got.FeatureColumnName);
            Assert.Equal(want.FeatureColumnType, got.FeatureColumnType);
            Assert.True(TestRow.FeatureCount == got.Model.FeatureCount, form);
        }
    }

    [Theory, Components]
    public void A_loaded_model_can_be_saved_again(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        var expected = Snapshot.Of(model.Transform(data));
        foreach (var (form, loaded) in Models.Forms(ml, model, data.Schema))
        {
            var file = new MLContext().Save(loaded, data.Schema);
            Snapshot.AssertSame(expected, Snapshot.Of(Models.LoadStock(file).Transform(data)), form);
            var accelerated = Models.LoadAccelerated(file);
            Snapshot.AssertSame(expected, Snapshot.Of(accelerated.Transform(data)), form);
            Assert.Equal(model.GetType(), accelerated.GetType());
            if (component.OptionsType is not null)
                Models.AssertSameState(model, accelerated);
        }
    }

    [Theory, Components]
    public void Nested_chains_are_accelerated_throughout(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var inner = ml.Transforms.NormalizeMinMax("Features").Append(component.Create(ml)).Append(ml.Transforms.CopyColumns("Copy", component.ScoreColumn)).Fit(data);
        var outer = new TransformerChain<ITransformer>(inner, ml.Transforms.CopyColumns("Again", "Copy").Fit(inner.Transform(data)));
        var expected = Snapshot.Of(outer.Transform(data));
        foreach (var (form, model) in Models.Forms(ml, outer, data.Schema))
        {
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(data)), form);
            if (form.StartsWith("loaded by", StringComparison.Ordinal))
                continue;
            Assert.Contains(Flat(model), part => part is GraphTransformer);
            Assert.Same(model, ml.Model.Accelerate(model));
        }
        Assert.Same(outer, ml.Model.Accelerate(outer));
    }

    [Theory, Components]
    public void Whatever_is_appended_to_a_loaded_model_stays(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        var copy = ml.Transforms.CopyColumns("Copy", component.ScoreColumn).Fit(model.Transform(data));
        var loaded = Models.LoadStock(ml.Save(model, data.Schema));
        // ML.NET's Append makes one flat chain of a chain and what is added to it.
        foreach (var longer in new[] { loaded.Append(copy), loaded is TransformerChain<ITransformer> chain ? chain.Append(copy) : loaded.Append(copy) })
        {
            var accelerated = ml.Model.Accelerate(longer);
            Assert.Contains(Flat(accelerated), part => part is GraphTransformer);
            Snapshot.AssertSame(Snapshot.Of(longer.Transform(data)), Snapshot.Of(accelerated.Transform(data)));
        }
    }

    [Theory, Components]
    public void A_loaded_model_lives_on_when_its_accelerated_form_is_disposed(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var loaded = Models.LoadStock(ml.Save(component.Fit(ml, data), data.Schema));
        var expected = Snapshot.Of(loaded.Transform(data));
        ((IDisposable)ml.Model.Accelerate(loaded)).Dispose();
        Snapshot.AssertSame(expected, Snapshot.Of(loaded.Transform(data)));
    }

    [Theory, Learners]
    public void An_exported_graph_gives_the_same_scores_in_plain_ONNX_Runtime(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        var expected = Snapshot.Of(model.Transform(data));
        var path = Path.GetTempFileName();
        try
        {
            foreach (var form in new[] { model, ml.Model.Accelerate(Models.LoadStock(ml.Save(model, data.Schema))) })
            {
                ((GraphTransformer)form).SaveAsOnnx(path);
                using var session = new InferenceSession(path);
                OrtValue[] inputs = [.. component.Inputs.Select(name => Tensor(expected[name]))];
                using var options = new RunOptions();
                Assert.Equal(component.Outputs.Order(), session.OutputNames.Order());
                Assert.Equal(component.Inputs.Order(), session.InputNames.Order());
                using var results = session.Run(options, component.Inputs, inputs, component.Outputs);
                foreach (var input in inputs)
                    input.Dispose();
                for (var i = 0; i < component.Outputs.Length; i++)
                    AssertSame(expected.Columns.Single(column => column.Name == component.Outputs[i]), results[i], component.HasVectorScore);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory, Components]
    public void A_damaged_file_gives_ML_NETs_own_error(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var file = ml.Save(component.Fit(ml, data), data.Schema);
        foreach (var length in new[] { 0, 1, 100, file.Length / 2, file.Length - 100, file.Length - 1 })
        {
            var stock = Record.Exception(() => Models.LoadStock(file[..length]));
            Assert.NotNull(stock);
            var error = Record.Exception(() => Models.LoadAccelerated(file[..length]));
            Assert.Equal((stock.GetType(), stock.Message), (error?.GetType(), error?.Message));
        }
        var random = new Random(7);
        for (var i = 0; i < 40; i++)
        {
            var damaged = (byte[])file.Clone();
            random.NextBytes(damaged.AsSpan(random.Next(damaged.Length - 8), 8));
            var stock = Record.Exception(() => Models.LoadStock(damaged));
            var error = Record.Exception(() => Models.LoadAccelerated(damaged));
            // What stock ML.NET still loads may carry a damaged typed model, which is an error of its own kind.
            if (stock is null)
                Assert.True(error is null or FormatException or InvalidDataException, $"{i}: {error}");
            else
                Assert.Equal(stock.GetType(), error?.GetType());
        }
    }

    // Vectors, keys and Booleans, [N, size] and [N, 1].
    private static OrtValue Tensor(IReadOnlyList<object?> values) => values[0] switch
    {
        object?[] vector => OrtValue.CreateTensorValueFromMemory(values.SelectMany(value => ((object?[])value!).Cast<float>()).ToArray(), [values.Count, vector.Length]),
        bool => OrtValue.CreateTensorValueFromMemory(values.Cast<bool>().ToArray(), [values.Count, 1]),
        _ => OrtValue.CreateTensorValueFromMemory(values.Cast<uint>().ToArray(), [values.Count, 1]),
    };

    private static void AssertSame(Snapshot.Column expected, OrtValue actual, bool hasVectorScore)
    {
        object?[] values = (expected.Name, hasVectorScore) switch
        {
            ("PredictedLabel", true) => [.. actual.GetStringTensorAsArray()],
            ("PredictedLabel", false) => [.. actual.GetTensorDataAsSpan<bool>().ToArray()],
            ("Score", true) => [.. actual.GetTensorDataAsSpan<float>().ToArray().Chunk(((object?[])expected.Values[0]!).Length).Select(scores => scores.Cast<object?>().ToArray())],
            _ => [.. actual.GetTensorDataAsSpan<float>().ToArray()],
        };
        // Keys were given in the order of the rows: virginica, setosa, versicolor.
        string[] names = ["virginica", "setosa", "versicolor"];
        var wanted = values[0] is string ? expected.Values.Select(key => (object?)names[(uint)key! - 1]) : expected.Values.Select(value => value switch
        {
            // A transform exports a label as the index of its class.
            uint key when values[0] is float => key - 1f,
            bool truth when values[0] is float => truth ? 1f : 0f,
            _ => value,
        });
        Assert.All(wanted.Zip(values), pair => Assert.True(Cells.Same(pair.First, pair.Second, 1e-6), $"{expected.Name}: {Cells.Text(pair.First)}, {Cells.Text(pair.Second)}"));
    }

    private static IEnumerable<ITransformer> Flat(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flat) : [model];
}
