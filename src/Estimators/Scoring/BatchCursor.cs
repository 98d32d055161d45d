using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// Reads ahead: buffers the active columns of a batch of rows, runs the graph once, and hands the rows out.
/// </summary>
internal sealed class BatchCursor : DataViewRowCursor
{
    // Preview and Take read a handful of rows; a whole table is read in batches that amortise the session's call.
    private const int BatchGrowth = 8;
    private const int MaxBatchRows = 1024;
    private const int MinBatchRows = 16;
    private const int BatchBytes = 4 << 20;

    private readonly DataViewRowCursor _source;
    private readonly GraphScorer _scorer;
    private readonly GraphBatch _batch;
    private readonly HashSet<int> _active;
    private readonly Dictionary<int, PassThroughColumn> _passThrough;
    private readonly PassThroughColumn[] _captured;
    private readonly ValueGetter<DataViewRowId> _sourceId;
    private readonly int _maxRows;

    private DataViewRowId[] _ids = [];
    private long[] _batchNumbers = [];
    private int _nextRows = 1;
    private int _rows;
    private long _position = -1;
    private bool _finished;

    /// <param name="scorer">The graph and its columns.</param>
    /// <param name="schema">The output schema: the source's columns, then the scorer's.</param>
    /// <param name="source">A cursor over the source with all inputs and all active pass-through columns; disposed with this cursor.</param>
    /// <param name="active">Indices of the active columns of <paramref name="schema"/>.</param>
    public BatchCursor(GraphScorer scorer, DataViewSchema schema, DataViewRowCursor source, HashSet<int> active)
    {
        _source = source;
        _scorer = scorer;
        Schema = schema;
        _active = active;
        _passThrough = active.Where(index => index < source.Schema.Count)
            .ToDictionary(index => index, index => PassThroughColumn.Create(source, source.Schema[index]));
        _captured = [.. _passThrough.Values];
        _sourceId = source.GetIdGetter();
        _batch = new GraphBatch(scorer, source);
        _maxRows = Math.Clamp(BatchBytes / _batch.RowBytes, MinBatchRows, MaxBatchRows);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => _batch.Current < 0 ? 0 : _batchNumbers[_batch.Current];

    public override bool MoveNext()
    {
        if (_finished)
            return false;
        if (_batch.Current + 1 >= _rows && !ReadBatch())
        {
            _finished = true;
            _position = -1;
            return false;
        }
        _batch.Current++;
        _position++;
        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new InvalidOperationException($"Column '{column.Name}' is not active in this cursor.");
        var getter = _passThrough.TryGetValue(column.Index, out var passThrough)
            ? passThrough.CreateGetter(_batch)
            : _scorer.Columns[column.Index - _source.Schema.Count].CreateGetter(_batch);
        return getter.As<TValue>(column);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _ids[_batch.CurrentRow()];

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _batch.Dispose();
            _source.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool ReadBatch()
    {
        _batch.Current = -1;
        Reserve(_nextRows);
        for (_rows = 0; _rows < _nextRows && _source.MoveNext(); _rows++)
        {
            _batch.Read(_rows);
            foreach (var column in _captured)
                column.Capture(_rows);
            _sourceId(ref _ids[_rows]);
            _batchNumbers[_rows] = _source.Batch;
        }
        if (_rows == 0)
            return false;
        _batch.Run(_rows);
        _nextRows = Math.Min(_nextRows * BatchGrowth, _maxRows);
        return true;
    }

    private void Reserve(int rows)
    {
        if (rows <= _ids.Length)
            return;
        _batch.Reserve(rows);
        foreach (var column in _captured)
            column.Reserve(rows);
        Array.Resize(ref _ids, rows);
        Array.Resize(ref _batchNumbers, rows);
    }
}
