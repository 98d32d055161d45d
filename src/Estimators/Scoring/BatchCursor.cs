using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// Reads ahead: buffers the active columns of a batch of rows, runs the graph once, and hands the rows out. Once batches have their
/// full size two buffers take turns: while the caller reads the rows of one, the graph runs over the other.
/// </summary>
internal sealed class BatchCursor : DataViewRowCursor
{
    // Preview and Take read a handful of rows; a whole table is read in batches that amortise the session's call.
    private const int BatchGrowth = 8;
    private const int MaxBatchRows = 1024;
    private const int MinBatchRows = 16;
    private const int BatchBytes = 4 << 20;

    private readonly DataViewRowCursor _source;
    private readonly HashSet<int> _active;
    private readonly RowBuffer _first;
    private readonly RowBuffer _second;
    private readonly int _maxRows;

    private RowBuffer _shown;
    private RowBuffer? _running;
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
        _first = _shown = new RowBuffer(scorer, source, active);
        try
        {
            _second = new RowBuffer(scorer, source, active);
        }
        catch
        {
            _first.Dispose();
            throw;
        }
        _maxRows = Math.Clamp(BatchBytes / _first.RowBytes, MinBatchRows, MaxBatchRows);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => _shown.BatchNumber;

    public override bool MoveNext()
    {
        if (_finished)
            return false;
        if (_shown.Current + 1 >= _shown.Rows)
        {
            // An error of the source or the graph ends the cursor: rows that were read ahead are lost.
            _finished = true;
            if (!ShowNextBatch())
            {
                _position = -1;
                return false;
            }
            _finished = false;
        }
        _shown.Current++;
        _position++;
        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new InvalidOperationException($"Column '{column.Name}' is not active in this cursor.");
        var first = _first.CreateGetter(column).As<TValue>(column);
        var second = _second.CreateGetter(column).As<TValue>(column);
        return (ref TValue value) =>
        {
            if (ReferenceEquals(_shown, _first))
                first(ref value);
            else
                second(ref value);
        };
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _shown.GetId();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _first.Dispose();
            _second.Dispose();
            _source.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool ShowNextBatch()
    {
        var read = _shown;
        if (_running is { } next)
        {
            // The rows after it are read while it runs.
            var more = read.Fill(_maxRows);
            next.Wait();
            _shown = next;
            _running = more ? read : null;
            _running?.Start();
            return true;
        }
        if (!read.Fill(_nextRows))
            return false;
        read.Run();
        if (_nextRows == _maxRows)
            ReadAhead(ReferenceEquals(read, _first) ? _second : _first);
        _nextRows = Math.Min(_nextRows * BatchGrowth, _maxRows);
        return true;
    }

    private void ReadAhead(RowBuffer buffer)
    {
        if (!buffer.Fill(_maxRows))
            return;
        _running = buffer;
        buffer.Start();
    }
}
