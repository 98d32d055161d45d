using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Onnx;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Transforms;

/// <summary>Applies any ONNX model with a dynamic batch axis to the rows of a view, many rows in one run.</summary>
/// <remarks>
/// <para>
/// ML.NET's own <see cref="OnnxScoringEstimator"/> runs the session once a row; this estimator has the same columns and
/// values and runs it once a batch. It refuses vectors of unknown size, which the stock one scores. What is saved is the stock transformer, so a saved model loads without this pack.
/// </para>
/// <para>
/// Input columns: vectors of known size or scalars of Single, Double, Boolean, text and integer types, as the model's inputs ask.
/// Every input of the model must be named. Output columns: vectors, as the stock transformer declares them. The graph must treat the rows of a batch independently,
/// which every exported predictor does.
/// </para>
/// </remarks>
public sealed class OnnxBatchScoringEstimator : IEstimator<BatchedOnnxTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly OnnxScoringEstimator _stock;
    private readonly OnnxGraph _graph;
    private readonly string[] _outputColumnNames;
    private readonly string[] _inputColumnNames;
    private readonly int? _gpuDeviceId;
    private readonly bool _fallbackToCpu;

    internal OnnxBatchScoringEstimator(
        IHostEnvironment environment, OnnxScoringEstimator stock, OnnxGraph graph, string[] outputColumnNames, string[] inputColumnNames, string model, int? gpuDeviceId, bool fallbackToCpu)
    {
        string[] unnamed = [.. graph.Inputs.Select(input => input.Name).Except(inputColumnNames)];
        if (unnamed.Length > 0)
        {
            throw new InvalidOperationException(
                $"{model} also needs its input{(unnamed.Length == 1 ? "" : "s")} {string.Join(", ", unnamed.Select(name => $"'{name}'"))}: name every input. What is saved runs the whole model, whichever outputs are named.");
        }
        if (BatchedOnnxTransformer.WhyNotInBatches(graph, inputColumnNames, outputColumnNames) is { } reason)
            throw new InvalidOperationException($"{model} cannot be run in batches: {reason}. The stock transform ApplyOnnxModel runs it row by row.");
        _environment = environment;
        _stock = stock;
        _graph = graph;
        _outputColumnNames = outputColumnNames;
        _inputColumnNames = inputColumnNames;
        _gpuDeviceId = gpuDeviceId;
        _fallbackToCpu = fallbackToCpu;
    }

    /// <summary>Checks the input columns and makes the transformer; nothing is learned.</summary>
    /// <param name="input">A view with the input columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or has another type.</exception>
    public BatchedOnnxTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        GetOutputSchema(MlNetAccess.ShapeOf(input.Schema));
        return new BatchedOnnxTransformer(_environment, _stock.Fit(input), _graph, _gpuDeviceId, _fallbackToCpu);
    }

    /// <summary>The columns after this transform, from the columns before it.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        // The stock estimator lets vectors of unknown size through to the first row, and forgets the slot names.
        foreach (var input in _inputColumnNames)
        {
            if (inputSchema.FirstOrDefault(column => column.Name == input) is { Name: not null, Kind: SchemaShape.Column.VectorKind.VariableVector } column)
                throw SchemaErrors.Mismatch("input", input, $"Vector<{column.ItemType}>", $"VarVector<{column.ItemType}>");
        }
        return new SchemaShape(_stock.GetOutputSchema(inputSchema).Select(WithSlotNames));
    }

    private SchemaShape.Column WithSlotNames(SchemaShape.Column column)
    {
        if (!_outputColumnNames.Contains(column.Name) || _graph.GetSlotNames(column.Name) is null)
            return column;
        return MlNetAccess.ShapeColumn(column.Name, column.Kind, column.ItemType, column.IsKey, new SchemaShape([SlotNames.Shape()]));
    }
}
