using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>Applies any ONNX model with a dynamic batch axis to the rows of a view, many rows in one run.</summary>
/// <remarks>
/// <para>
/// ML.NET's own <see cref="Microsoft.ML.Transforms.Onnx.OnnxScoringEstimator"/> runs the session once a row; this estimator has the same columns and
/// values and runs it once a batch. It refuses vectors of unknown size, which the stock one scores. What is saved is the stock transformer, so a saved model loads without this pack.
/// </para>
/// <para>
/// Input columns: vectors of known size or scalars of Single, Double, Boolean, text and integer types, as the model's inputs ask.
/// Every input of the model must be named. Output columns: vectors, as the stock transformer declares them. The graph must treat the rows of a batch independently,
/// which every exported predictor does.
/// </para>
/// </remarks>
[Component("", "saving-and-serving.md")]
public sealed class OnnxBatchScoringEstimator : IEstimator<BatchedOnnxTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly OnnxGraph _graph;
    private readonly string[] _outputColumnNames;
    private readonly string[] _inputColumnNames;
    private readonly int? _gpuDeviceId;
    private readonly bool _fallbackToCpu;

    internal OnnxBatchScoringEstimator(
        IHostEnvironment environment, OnnxGraph graph, string[] outputColumnNames, string[] inputColumnNames, string model, int? gpuDeviceId, bool fallbackToCpu)
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
        return new BatchedOnnxTransformer(_environment, _graph, _outputColumnNames, _inputColumnNames, _gpuDeviceId, _fallbackToCpu);
    }

    /// <summary>The columns after this transform, from the columns before it.</summary>
    /// <param name="inputSchema">The columns before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var input in _graph.Inputs.Where(input => _inputColumnNames.Contains(input.Name)))
            OnnxColumns.CheckType(inputSchema, input.Name, input.ElementType);
        return new SchemaShape(inputSchema.Where(column => !_outputColumnNames.Contains(column.Name)).Concat(_outputColumnNames.Select(OutputOf)));
    }

    private SchemaShape.Column OutputOf(string name)
    {
        var annotations = _graph.GetSlotNames(name) is null
            ? new SchemaShape([])
            : new SchemaShape([SlotNames.Shape()]);
        var item = OnnxColumns.ItemTypeOf(_graph.Outputs.Single(output => output.Name == name).ElementType);
        return MlNetAccess.ShapeColumn(name, SchemaShape.Column.VectorKind.Vector, item, isKey: false, annotations);
    }
}
