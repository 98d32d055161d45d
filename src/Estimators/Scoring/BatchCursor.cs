using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// Reads ahead: buffers the active columns of a batch of rows, runs the graph once, and hands the rows out.
/// </summary>
/// <remarks>
/// Running the graph over a second buffer on another thread meanwhile was measured to gain nothing reliable: handing a tenth of a
/// millisecond of work over costs as much as it saves.
/// </remarks>
internal sealed class BatchCursor : DataViewRowCursor
{
    // Preview and Take read a handful of rows; a whole table is read in batches that amortise the session's call.
    private const int BatchGrowth = 8;
    private const int MaxBatchRows = 1024;
    private const int MinBatchRows = 16;
    private const int BatchBytes = 4 << 20;

    private readonly DataViewRowCursor _source;
    private readonly HashSet<int> _active;
    private readonly RowBuffer _rows;
    private readonly int _maxRows;

    private int _nextRows = 1;
    private long _position = -1;
    private bool _finished;

    /// <param name="scorer">The graph and its columns.</param>
    /// <param name="schema">The output schema: the source's columns, then the scorer's.</param>
    /// <param name="source">A cursor over the source with all inputs and all active pass-through columns; disposed with this cursor.</param>
    /// <param name="active">Indices of the active columns of <paramref name="schema"/>.</param>
    public BatchCursor(GraphScorer scorer, DataViewSchema schema, DataViewRowCursor source, HashSet<int> active)
    {
        _source = source;
        _active = active;
        Schema = schema;
        _rows = new RowBuffer(scorer, source, active);
        _maxRows = Math.Clamp(BatchBytes / _rows.RowBytes, MinBatchRows, MaxBatchRows);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => _rows.BatchNumber;

    public override bool MoveNext()
    {
        if (_finished)
            return false;
        if (_rows.Current + 1 >= _rows.Rows)
        {
            // An error of the source or the graph ends the cursor: rows that were read ahead are lost.
            _finished = true;
            if (!ReadBatch())
            {
                _position = -1;
                return false;
            }
            _finished = false;
        }
        _rows.Current++;
        _position++;
        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new InvalidOperationException($"Column '{column.Name}' is not active in this cursor.");
        return _rows.CreateGetter(column).As<TValue>(column);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _rows.GetId();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
            _source.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool ReadBatch()
    {
        if (!_rows.Fill(_nextRows))
            return false;
        _rows.Run();
        _nextRows = Math.Min(_nextRows * BatchGrowth, _maxRows);
        return true;
    }
}
