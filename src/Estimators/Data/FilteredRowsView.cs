using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Data;

/// <summary>Some of the rows of a view, in their order. It is not shuffled: a shuffled cursor does not tell positions.</summary>
/// <param name="source">The view.</param>
/// <param name="keeps">Which rows stay, by their positions in the view.</param>
internal sealed class FilteredRowsView(IDataView source, bool[] keeps) : IDataView
{
    private readonly int _count = keeps.Count(keep => keep);

    public DataViewSchema Schema => source.Schema;

    public bool CanShuffle => false;

    public long? GetRowCount() => _count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(source.GetRowCursor(columnsNeeded), keeps);

    // Positions count the rows of one cursor: several at once would not know them.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor source, bool[] keeps) : DataViewRowCursor
    {
        private long _position = -1;
        private long _seen;

        public override DataViewSchema Schema => source.Schema;

        public override long Position => _position;

        public override long Batch => source.Batch;

        public override bool MoveNext()
        {
            for (; source.MoveNext(); _seen++)
            {
                if (_seen >= keeps.Length)
                    throw new InvalidOperationException($"The view has more than the {keeps.Length} rows that it had when they were chosen.");
                if (!keeps[_seen])
                    continue;
                _seen++;
                _position++;
                return true;
            }
            if (_seen < keeps.Length)
                throw new InvalidOperationException($"The view has {_seen} rows, fewer than the {keeps.Length} that it had when they were chosen.");
            _position = -1;
            return false;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => source.IsColumnActive(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => source.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
