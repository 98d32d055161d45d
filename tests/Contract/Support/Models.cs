using Microsoft.ML;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>Saving and loading in memory.</summary>
internal static class Models
{
    public static byte[] Save(this MLContext ml, ITransformer model, DataViewSchema? schema)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(model, schema, stream);
        return stream.ToArray();
    }

    /// <summary>Loads with stock ML.NET, in a context that knows nothing of the model.</summary>
    public static ITransformer LoadStock(byte[] file) => StockLoading.Load(() => new MLContext().Model.Load(new MemoryStream(file), out _));

    /// <summary>What a fitted trainer or featurizer has learned.</summary>
    public static ComponentModel ModelOf(ITransformer model) => model is ISingleFeaturePredictionTransformer<PredictionModel> predictor
        ? predictor.Model
        : (ComponentModel)model.GetType().GetProperty("Model")!.GetValue(model)!;

    /// <summary>Fails unless both models have the same type, options and numbers, to the last bit.</summary>
    public static void AssertSameState(ITransformer expected, ITransformer actual)
    {
        Assert.Equal(expected.GetType(), actual.GetType());
        ModelState want = ModelOf(expected).GetState(), got = ModelOf(actual).GetState();
        Assert.Equal(want.OptionsJson, got.OptionsJson);
        Assert.Equal(want.Numbers.Keys.Order(), got.Numbers.Keys.Order());
        foreach (var (name, numbers) in want.Numbers)
            Assert.Equal(numbers.Select(BitConverter.DoubleToInt64Bits), got.Numbers[name].Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(want.Texts.Keys.Order(), got.Texts.Keys.Order());
        Assert.All(want.Texts, texts => Assert.Equal(texts.Value, got.Texts[texts.Key]));
    }

    public static ITransformer LoadAccelerated(byte[] file) => new MLContext().Model.LoadAccelerated(new MemoryStream(file), out _);

    /// <summary>The forms in which a user meets a model, each to give the same columns.</summary>
    public static Dictionary<string, ITransformer> Forms(MLContext ml, ITransformer model, DataViewSchema schema)
    {
        var file = ml.Save(model, schema);
        return new()
        {
            ["fitted"] = model,
            ["loaded by stock ML.NET"] = LoadStock(file),
            ["loaded accelerated"] = LoadAccelerated(file),
            ["accelerated after loading"] = ml.Model.Accelerate(LoadStock(file)),
        };
    }
}
