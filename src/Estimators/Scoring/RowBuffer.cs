using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A batch of rows on its way through a cursor: filled from the source, run through the graph, handed out row by row.</summary>
internal sealed class RowBuffer : IDisposable
{
    private readonly GraphScorer _scorer;
    private readonly DataViewRowCursor _source;
    private readonly GraphBatch _batch;
    private readonly Dictionary<int, PassThroughColumn> _passThrough;
    private readonly PassThroughColumn[] _captured;
    private readonly ValueGetter<DataViewRowId> _sourceId;

    private DataViewRowId[] _ids = [];
    private long[] _batchNumbers = [];

    /// <param name="scorer">The graph and its columns.</param>
    /// <param name="source">The cursor to fill from.</param>
    /// <param name="active">Indices of the active columns: the source's, then the scorer's.</param>
    public RowBuffer(GraphScorer scorer, DataViewRowCursor source, HashSet<int> active)
    {
        _scorer = scorer;
        _source = source;
        _passThrough = active.Where(index => index < source.Schema.Count)
            .ToDictionary(index => index, index => PassThroughColumn.Create(source, source.Schema[index]));
        _captured = [.. _passThrough.Values];
        _sourceId = source.GetIdGetter();
        _batch = new GraphBatch(scorer, source);
    }

    /// <summary>Number of rows in the buffer.</summary>
    public int Rows { get; private set; }

    /// <summary>The row that getters show, -1 for none.</summary>
    public int Current
    {
        get => _batch.Current;
        set => _batch.Current = value;
    }

    /// <summary>The source's batch number of the current row.</summary>
    public long BatchNumber => Current < 0 ? 0 : _batchNumbers[Current];

    /// <summary>Bytes that one row takes, roughly.</summary>
    public int RowBytes => _batch.RowBytes + _captured.Sum(column => column.RowBytes);

    /// <summary>Refills the buffer with the next rows of the source; <see langword="false"/> when none is left.</summary>
    public bool Fill(int maxRows)
    {
        Current = -1;
        Rows = 0;
        Reserve(maxRows);
        var row = 0;
        for (; row < maxRows && _source.MoveNext(); row++)
        {
            _batch.Read(row);
            foreach (var column in _captured)
                column.Capture(row);
            _sourceId(ref _ids[row]);
            _batchNumbers[row] = _source.Batch;
        }
        Rows = row;
        return row > 0;
    }

    /// <summary>Runs the graph over the rows.</summary>
    public void Run() => _batch.Run(Rows);

    /// <summary>A getter of a column, of the column's raw type, that shows the current row.</summary>
    public Delegate CreateGetter(DataViewSchema.Column column) => _passThrough.TryGetValue(column.Index, out var passThrough)
        ? passThrough.CreateGetter(_batch.CurrentRow)
        : _scorer.Columns[column.Index - _source.Schema.Count].CreateGetter(_batch);

    /// <summary>The id of the current row.</summary>
    public DataViewRowId GetId() => _ids[_batch.CurrentRow()];

    public void Dispose() => _batch.Dispose();

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
