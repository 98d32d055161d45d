using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Data;

/// <summary>Some of the rows of a view, in their order, or shuffled as that view shuffles them.</summary>
/// <param name="source">The view.</param>
/// <param name="keeps">Which rows stay, by their positions in the view.</param>
internal sealed class FilteredRowsView(IDataView source, bool[] keeps) : IDataView
{
    private readonly int _count = keeps.Count(keep => keep);
    private readonly Lazy<HashSet<DataViewRowId>?> _ids = new(() => IdsOf(source, keeps));

    public DataViewSchema Schema => source.Schema;

    // Without it, learners that go row by row would see rows in the order of the table.
    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => _count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => rand is not null && CanShuffle && _ids.Value is { } ids
        ? new ShuffledCursor(source.GetRowCursor(columnsNeeded, rand), ids)
        : new OrderedCursor(source.GetRowCursor(columnsNeeded), keeps);

    // Positions count the rows of one cursor: several at once would not know them.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    // A shuffled cursor does not tell positions, but ids. None where they do not tell rows apart: then nothing is shuffled.
    private static HashSet<DataViewRowId>? IdsOf(IDataView source, bool[] keeps)
    {
        HashSet<DataViewRowId> kept = [], all = [];
        using var cursor = source.GetRowCursor([]);
        var getter = cursor.GetIdGetter();
        DataViewRowId id = default;
        for (var row = 0; cursor.MoveNext(); row++)
        {
            getter(ref id);
            all.Add(id);
            if (row < keeps.Length && keeps[row])
                kept.Add(id);
        }
        return all.Count == keeps.Length ? kept : null;
    }

    private abstract class Cursor(DataViewRowCursor source) : DataViewRowCursor
    {
        private long _position = -1;

        public override DataViewSchema Schema => source.Schema;

        public override long Position => _position;

        public override long Batch => source.Batch;

        public override bool MoveNext()
        {
            while (source.MoveNext())
            {
                if (!IsKept())
                    continue;
                _position++;
                return true;
            }
            CheckEnd();
            _position = -1;
            return false;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => source.IsColumnActive(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => source.GetGetter<TValue>(column);

        /// <summary>Whether the row that the source has moved to stays.</summary>
        protected abstract bool IsKept();

        /// <summary>Checks that the source has had the rows that were chosen from.</summary>
        protected abstract void CheckEnd();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class OrderedCursor(DataViewRowCursor source, bool[] keeps) : Cursor(source)
    {
        private long _seen;

        protected override bool IsKept()
            => _seen < keeps.Length ? keeps[_seen++] : throw new InvalidOperationException($"The view has more than the {keeps.Length} rows that it had when they were chosen.");

        protected override void CheckEnd()
        {
            if (_seen < keeps.Length)
                throw new InvalidOperationException($"The view has {_seen} rows, fewer than the {keeps.Length} that it had when they were chosen.");
        }
    }

    private sealed class ShuffledCursor(DataViewRowCursor source, HashSet<DataViewRowId> ids) : Cursor(source)
    {
        private readonly ValueGetter<DataViewRowId> _getter = source.GetIdGetter();
        private DataViewRowId _id;
        private int _kept;

        protected override bool IsKept()
        {
            _getter(ref _id);
            if (!ids.Contains(_id))
                return false;
            _kept++;
            return true;
        }

        protected override void CheckEnd()
        {
            if (_kept != ids.Count)
                throw new InvalidOperationException($"The shuffled view has {_kept} of the rows that were chosen; expected all {ids.Count}.");
        }
    }
}
