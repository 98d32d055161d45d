using MLExtensions.Estimators.Scoring;

namespace Microsoft.ML;

/// <summary>Extension methods of <see cref="ModelOperationsCatalog"/> that make loaded models fast.</summary>
public static class AccelerationCatalog
{
    /// <summary>
    /// Loads a model and accelerates it: stock ONNX transformers score in batches, and models that this pack has saved come
    /// back as what they were (<see cref="PredictionTransformer{TModel}"/> with its typed <c>Model</c>).
    /// </summary>
    /// <param name="catalog">The model operations of an <see cref="MLContext"/>.</param>
    /// <param name="path">The model file.</param>
    /// <param name="inputSchema">The schema of the data that the model was saved with.</param>
    /// <returns>The model. It computes the same columns as the stock form.</returns>
    public static ITransformer LoadAccelerated(this ModelOperationsCatalog catalog, string path, out DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var (model, schema) = StockLoading.Load(() => (catalog.Load(path, out var found), found));
        inputSchema = schema;
        return AccelerateOwned(catalog, model);
    }

    /// <summary>Loads a model from a stream and accelerates it.</summary>
    /// <inheritdoc cref="LoadAccelerated(ModelOperationsCatalog, string, out DataViewSchema)"/>
    /// <param name="catalog">The model operations of an <see cref="MLContext"/>.</param>
    /// <param name="stream">A seekable stream with the model.</param>
    /// <param name="inputSchema">The schema of the data that the model was saved with.</param>
    public static ITransformer LoadAccelerated(this ModelOperationsCatalog catalog, Stream stream, out DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(stream);
        var start = stream.CanSeek ? stream.Position : 0;
        var (model, schema) = StockLoading.Load(() =>
        {
            if (stream.CanSeek)
                stream.Position = start;
            return (catalog.Load(stream, out var found), found);
        });
        inputSchema = schema;
        return AccelerateOwned(catalog, model);
    }

    /// <summary>
    /// Replaces every stock ONNX transformer of a model, however deeply nested, by one that scores in batches where its graph can be
    /// run on batches.
    /// </summary>
    /// <remarks>
    /// As they are stay graphs with a fixed batch axis, with more than one further dynamic axis of an input or any of an output, with
    /// inputs or outputs that are no tensors (sequences, maps) or declare no shape, graphs whose rows influence each other (found by
    /// scoring made-up rows together and alone), and graphs with random operators.
    /// </remarks>
    /// <param name="catalog">The model operations of an <see cref="MLContext"/>.</param>
    /// <param name="model">A fitted or loaded model, by this pack or by anybody.</param>
    /// <returns>The accelerated model, or <paramref name="model"/> itself when there is nothing to accelerate.</returns>
    public static ITransformer Accelerate(this ModelOperationsCatalog catalog, ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        return new Acceleration(catalog).Accelerate(model);
    }

    // Nobody else holds the loaded model, so what is replaced gives its session and temporary file back at once.
    private static ITransformer AccelerateOwned(ModelOperationsCatalog catalog, ITransformer loaded)
    {
        var acceleration = new Acceleration(catalog);
        var accelerated = acceleration.Accelerate(loaded);
        foreach (var replaced in acceleration.Replaced)
            replaced.Dispose();
        return accelerated;
    }
}
