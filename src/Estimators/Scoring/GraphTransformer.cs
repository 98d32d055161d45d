using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A fitted component whose forward pass is an ONNX graph: it scores in batches and saves itself as stock ML.NET transformers.</summary>
/// <remarks>
/// Safe to use from many threads at once. <see cref="Dispose()"/> releases the native session; a later use opens it again.
/// </remarks>
public abstract class GraphTransformer : ITransformer, IDisposable
{
    private protected GraphTransformer()
    {
    }

    bool ITransformer.IsRowToRowMapper => true;

    private protected abstract GraphScorer Scorer { get; }

    /// <summary>The input schema with the columns that this component adds.</summary>
    /// <param name="inputSchema">Schema of the view to be scored.</param>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or has another type or size.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Scorer.GetOutputSchema(inputSchema);
    }

    /// <summary>Scores a view lazily: rows are read, scored and handed out in batches while a cursor moves.</summary>
    /// <param name="input">The view to be scored.</param>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or has another type or size.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredView(Scorer, input);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new RowMapper(Scorer, inputSchema);
    }

    // ML.NET cannot load classes of other assemblies, so what is saved is a chain of its own transformers.
    void ICanSaveModel.Save(ModelSaveContext ctx) => SaveAsStock(ctx);

    /// <summary>Writes the model as a plain ONNX file for any runtime.</summary>
    /// <param name="path">The file to write.</param>
    /// <exception cref="InvalidOperationException">An input column is called like an output column.</exception>
    public void SaveAsOnnx(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ToExportedGraph().Save(path);
    }

    /// <summary>Releases the native session when the last cursor or row that uses it is gone.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Saves the stock transformers that compute the same columns.</summary>
    private protected abstract void SaveAsStock(ModelSaveContext ctx);

    private protected abstract OnnxGraph ToExportedGraph();

    private protected virtual void Dispose(bool disposing) => Scorer.Dispose();
}
