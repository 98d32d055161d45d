using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Estimators.Data;

/// <summary>A few rows of a view in any order. A cursor reads the view once, and holds the values of those rows.</summary>
/// <param name="source">The view.</param>
/// <param name="rows">Positions of the rows in the view, each at most once, in their new order.</param>
internal sealed class PickedRowsView(IDataView source, IReadOnlyList<int> rows) : IDataView
{
    public DataViewSchema Schema => source.Schema;

    public bool CanShuffle => false;

    public long? GetRowCount() => rows.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var needed = columnsNeeded.ToArray();
        using var cursor = source.GetRowCursor(needed);
        var columns = needed.ToDictionary(column => column.Index, column => PassThroughColumn.Create(cursor, column));
        foreach (var column in columns.Values)
            column.Reserve(rows.Count);
        var ids = new DataViewRowId[rows.Count];
        var id = cursor.GetIdGetter();
        var places = rows.Index().ToDictionary(row => (long)row.Item, row => row.Index);
        while (places.Count > 0 && cursor.MoveNext())
        {
            if (!places.Remove(cursor.Position, out var place))
                continue;
            foreach (var column in columns.Values)
                column.Capture(place);
            id(ref ids[place]);
        }
        return places.Count == 0 ? new Cursor(source.Schema, columns, ids) : throw new InvalidOperationException($"The view has no row {places.Keys.Min()}, which it had when rows were chosen.");
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewSchema schema, Dictionary<int, PassThroughColumn> columns, DataViewRowId[] ids) : DataViewRowCursor
    {
        private int _position = -1;
        private bool _ended;

        public override DataViewSchema Schema => schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool MoveNext()
        {
            _ended |= _position + 1 >= ids.Length;
            _position = _ended ? -1 : _position + 1;
            return !_ended;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => columns.ContainsKey(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = ids[Current()];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => IsColumnActive(column)
            ? columns[column.Index].CreateGetter(Current).As<TValue>(column)
            : throw new InvalidOperationException($"Column '{column.Name}' is not active in this cursor.");

        private int Current() => _position >= 0 ? _position : throw new InvalidOperationException("The cursor stands at no row.");
    }
}
