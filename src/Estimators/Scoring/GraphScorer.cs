using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>One input of a graph and the column of the same name that feeds it.</summary>
/// <param name="TensorName">Name of the graph input.</param>
/// <param name="ColumnName">Name of the column.</param>
/// <param name="ElementType">Type of the tensor's elements.</param>
/// <param name="RowDimensions">Dimensions behind the batch axis; <see langword="null"/> for one that follows the column's size.</param>
internal sealed record GraphInput(string TensorName, string ColumnName, OnnxElementType ElementType, IReadOnlyList<long?> RowDimensions)
{
    public TensorBuffer CreateBuffer(DataViewSchema schema) => TensorBuffer.Create(TensorName, ElementType, RowShape(schema));

    /// <summary>The shape of a row's tensor, or ML.NET's schema error for a column of another size.</summary>
    public long[] RowShape(DataViewSchema schema)
    {
        var type = schema[ColumnName].Type;
        // Stock ML.NET hands a scalar over as [1, 1], which a graph with one axis refuses: what is saved could not be scored.
        if (RowDimensions.Count == 0 && type is not VectorDataViewType)
            throw SchemaErrors.Mismatch("input", ColumnName, $"Vector<{type}, 1>", type.ToString()!);
        var columnSize = type is VectorDataViewType vector ? vector.Size : 1;
        if (columnSize == 0)
            throw SchemaErrors.Mismatch("input", ColumnName, "a vector of known size", type.ToString()!);
        var known = RowDimensions.Aggregate(1L, (product, dimension) => product * (dimension ?? 1));
        var shape = RowDimensions.Select(dimension => dimension ?? columnSize / known).ToArray();
        if (shape.Aggregate(1L, (product, dimension) => product * dimension) != columnSize)
            throw SchemaErrors.Mismatch("input", ColumnName, $"a vector of {known} values", $"a vector of {columnSize}");
        return shape;
    }
}

/// <summary>One graph output that is fetched.</summary>
internal sealed record GraphTensor(string Name, OnnxElementType ElementType, long[] RowShape);

/// <summary>Describes the output columns for an input schema, or throws ML.NET's schema error.</summary>
internal delegate IEnumerable<DataViewSchema.DetachedColumn> DescribeOutputs(DataViewSchema inputSchema);

/// <summary>A graph, its session and its columns: everything that scoring rows needs, shared by all cursors and rows.</summary>
internal sealed class GraphScorer : IDisposable
{
    private readonly DescribeOutputs _describe;

    public GraphScorer(
        IHostEnvironment environment, OnnxGraph graph, IReadOnlyList<GraphInput> inputs, IReadOnlyList<GraphTensor> tensors,
        IReadOnlyList<OutputColumn> columns, DescribeOutputs describe, int? gpuDeviceId = null, bool fallbackToCpu = false)
    {
        Inputs = inputs;
        Tensors = tensors;
        Columns = columns;
        _describe = describe;
        // Only what is fetched is kept: the twins of outputs that exist for stock ML.NET cost nothing here.
        var fetched = graph.WithOutputs([.. tensors.Select(tensor => tensor.Name)]);
        Session = new GraphSession(fetched.ToBytes(), gpuDeviceId ?? MlNetAccess.GpuDeviceIdOf(environment), fallbackToCpu || MlNetAccess.FallbackToCpuOf(environment));
    }

    public GraphSession Session { get; }

    /// <summary>Makes what fills the outputs of a batch of one row without the graph, or gives <see langword="null"/>.</summary>
    public Func<Action<GraphBatch>?>? RowPath { get; init; }

    public IReadOnlyList<GraphInput> Inputs { get; }

    public IReadOnlyList<GraphTensor> Tensors { get; }

    public IReadOnlyList<OutputColumn> Columns { get; }

    /// <summary>The input schema followed by the output columns, in the order of <see cref="Columns"/>.</summary>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        var described = _describe(inputSchema).ToDictionary(column => column.Name);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        foreach (var column in Columns)
            builder.AddColumn(column.Name, described[column.Name].Type, described[column.Name].Annotations);
        return builder.ToSchema();
    }

    /// <summary>Whether any of the active columns, given by their indices in the output schema, is computed by the graph.</summary>
    public static bool NeedsGraph(DataViewSchema inputSchema, HashSet<int> active) => active.Any(index => index >= inputSchema.Count);

    /// <summary>The source columns to read for active columns: those that are active themselves and, where the graph runs, its inputs.</summary>
    public IEnumerable<DataViewSchema.Column> SourceColumns(DataViewSchema inputSchema, HashSet<int> active)
    {
        var needsGraph = NeedsGraph(inputSchema, active);
        return inputSchema.Where(column => active.Contains(column.Index) || (needsGraph && IsInput(column)));
    }

    public void Dispose() => Session.Dispose();

    private bool IsInput(DataViewSchema.Column column)
        => !column.IsHidden && Inputs.Any(input => input.ColumnName == column.Name);
}
