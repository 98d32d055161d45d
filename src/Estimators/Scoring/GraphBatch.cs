using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// The working memory of one cursor or one row: input columns are read into tensors, the graph runs once for all
/// rows of the batch, and output columns are read from tensors.
/// </summary>
internal sealed class GraphBatch : IDisposable
{
    private static readonly RunOptions RunOptions = new();

    private readonly GraphSession _session;
    private readonly InputReader[] _readers;
    private readonly TensorBuffer[] _inputs;
    private readonly TensorBuffer[] _outputs;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly Action? _prepare;
    private GraphSession.Lease? _lease;
    private int _capacity;

    /// <param name="scorer">The graph and its columns.</param>
    /// <param name="source">Where the input columns are read.</param>
    /// <param name="prepare">Called before an output value is read, where rows are scored on demand.</param>
    public GraphBatch(GraphScorer scorer, DataViewRow source, Action? prepare = null)
    {
        _prepare = prepare;
        _inputs = [.. scorer.Inputs.Select(input => input.CreateBuffer(source.Schema))];
        _outputs = [.. scorer.Tensors.Select(tensor => TensorBuffer.Create(tensor.Name, tensor.ElementType, tensor.RowShape))];
        _readers = [.. scorer.Inputs.Zip(_inputs, (input, buffer) => InputReader.Create(source, input, buffer))];
        _inputNames = [.. _inputs.Select(buffer => buffer.Name)];
        _outputNames = [.. _outputs.Select(buffer => buffer.Name)];
        _session = scorer.Session;
    }

    /// <summary>The input tensors, in the order of the scorer's inputs.</summary>
    public IReadOnlyList<TensorBuffer> Inputs => _inputs;

    /// <summary>The output tensors, in the order of the scorer's tensors.</summary>
    public IReadOnlyList<TensorBuffer> Outputs => _outputs;

    /// <summary>The row of the batch that the output columns show, -1 for none.</summary>
    public int Current { get; set; } = -1;

    /// <summary>Bytes that one row takes in the tensors, roughly.</summary>
    public int RowBytes => sizeof(float) * (_inputs.Sum(buffer => buffer.Width) + _outputs.Sum(buffer => buffer.Width));

    /// <summary>The row of the batch whose values may be read now.</summary>
    public int CurrentRow()
    {
        _prepare?.Invoke();
        return Current >= 0 ? Current : throw new InvalidOperationException(
            "The cursor stands on no row: call MoveNext first, and read values only after it returned true.");
    }

    /// <summary>Makes room for <paramref name="rows"/> rows.</summary>
    public void Reserve(int rows)
    {
        if (rows <= _capacity)
            return;
        foreach (var buffer in _inputs)
            buffer.Reserve(rows);
        foreach (var buffer in _outputs)
            buffer.Reserve(rows);
        _capacity = rows;
    }

    /// <summary>Copies the input columns of the source's current row into row <paramref name="row"/> of the batch.</summary>
    public void Read(int row)
    {
        foreach (var reader in _readers)
            reader.Read(row);
    }

    /// <summary>Runs the graph over the first <paramref name="rows"/> rows.</summary>
    public void Run(int rows)
    {
        var inputs = new OrtValue[_inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = _inputs[i].Tensor(rows);
            (_inputs[i] as TextTensorBuffer)?.Push(rows);
        }
        var outputs = new OrtValue[_outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
            outputs[i] = _outputs[i].Tensor(rows);

        _lease ??= _session.Acquire();
        _lease.Session.Run(RunOptions, _inputNames, inputs, _outputNames, outputs);
        foreach (var output in _outputs)
            (output as TextTensorBuffer)?.Pull(rows);
    }

    public void Dispose()
    {
        foreach (var buffer in _inputs)
            buffer.Dispose();
        foreach (var buffer in _outputs)
            buffer.Dispose();
        _lease?.Dispose();
    }
}
