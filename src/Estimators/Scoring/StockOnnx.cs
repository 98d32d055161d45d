using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// ML.NET's own ONNX transformer over a graph, for as long as it takes to save it. It reads its graph from a file again when it
/// is saved, and made from a stream it would leave that file behind for good.
/// </summary>
internal sealed class StockOnnx : IDisposable
{
    private static readonly MLContext Context = new(seed: 0);

    // A random extension would now and then be .ort, and ONNX Runtime reads such a file as another format.
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.ChangeExtension(Path.GetRandomFileName(), ".onnx"));

    public StockOnnx(OnnxGraph graph, string[] outputs, string[] inputs)
    {
        try
        {
            graph.Save(_path);
            InputSchema = InputSchemaOf(graph, inputs);
            Transformer = Context.Transforms.ApplyOnnxModel(outputs, inputs, _path).Fit(new EmptyView(InputSchema));
        }
        catch
        {
            File.Delete(_path);
            throw;
        }
    }

    public OnnxTransformer Transformer { get; }

    /// <summary>The columns that the graph reads.</summary>
    public DataViewSchema InputSchema { get; }

    /// <summary>A schema with the columns that feed inputs of a graph.</summary>
    public static DataViewSchema InputSchemaOf(OnnxGraph graph, IEnumerable<string> inputs)
    {
        var columns = new DataViewSchema.Builder();
        foreach (var input in graph.Inputs.Where(input => inputs.Contains(input.Name)))
            columns.AddColumn(input.Name, new VectorDataViewType(OnnxColumns.ItemTypeOf(input.ElementType), (int)input.Dimensions.Aggregate(1L, (size, dimension) => size * (dimension ?? 1))));
        return columns.ToSchema();
    }

    public void Dispose()
    {
        Transformer.Dispose();
        File.Delete(_path);
    }
}
