using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Tests.Data;

/// <summary>A view that counts the cursors it hands out and those that are disposed, and can fail at a getter.</summary>
internal sealed class CountingView(IDataView source, string? failingColumn = null, int gettersBeforeFailure = 0) : IDataView
{
    private readonly Dictionary<object, bool> _cursors = [];
    private int _getters;

    public DataViewSchema Schema => source.Schema;

    public bool CanShuffle => source.CanShuffle;

    /// <summary>Number of cursors handed out.</summary>
    public int Opened => _cursors.Count;

    /// <summary>Number of cursors handed out and not disposed.</summary>
    public int Open => _cursors.Values.Count(disposed => !disposed);

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => Counted(source.GetRowCursor(columnsNeeded, rand));

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [.. Enumerable.Range(0, n).Select(_ => Counted(source.GetRowCursor(columnsNeeded, rand)))];

    private Cursor Counted(DataViewRowCursor cursor)
    {
        var counted = new Cursor(this, cursor);
        _cursors[counted] = false;
        return counted;
    }

    private sealed class Cursor(CountingView view, DataViewRowCursor source) : DataViewRowCursor
    {
        public override DataViewSchema Schema => source.Schema;

        public override long Position => source.Position;

        public override long Batch => source.Batch;

        public override bool MoveNext() => source.MoveNext();

        public override bool IsColumnActive(DataViewSchema.Column column) => source.IsColumnActive(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
            => column.Name == view.FailingColumn && view._getters++ >= view.GettersBeforeFailure
                ? throw new InvalidOperationException($"Column '{column.Name}' fails.")
                : source.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            view._cursors[this] = true;
            base.Dispose(disposing);
        }
    }

    private string? FailingColumn => failingColumn;

    private int GettersBeforeFailure => gettersBeforeFailure;
}
