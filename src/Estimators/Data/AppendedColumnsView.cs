using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Estimators.Data;

/// <summary>A column of values, one for each row of a view by its position.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="Type">Type of its values.</param>
internal abstract record AppendedColumn(string Name, DataViewType Type)
{
    /// <summary>Annotations, <see langword="null"/> for none.</summary>
    public DataViewSchema.Annotations? Annotations { get; init; }

    /// <summary>A getter for the row that a cursor stands at.</summary>
    public abstract Delegate CreateGetter(DataViewRow row);
}

/// <summary>A column of values, one for each row of a view by its position.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="Values">The values.</param>
internal sealed record AppendedColumn<T>(string Name, DataViewType Type, IReadOnlyList<T> Values) : AppendedColumn(Name, Type)
{
    public override Delegate CreateGetter(DataViewRow row) => (ValueGetter<T>)((ref T value) => value = Values[(int)row.Position]);
}

/// <summary>A view with further columns, whose values belong to positions of rows. It is not shuffled: a shuffled cursor does not tell positions.</summary>
internal sealed class AppendedColumnsView : IDataView
{
    private readonly IDataView _source;
    private readonly AppendedColumn[] _columns;

    public AppendedColumnsView(IDataView source, params AppendedColumn[] columns)
    {
        (_source, _columns) = (source, columns);
        DataViewSchema.Builder builder = new();
        builder.AddColumns(source.Schema);
        foreach (var column in columns)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        Schema = builder.ToSchema();
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => false;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        HashSet<int> active = [.. columnsNeeded.Select(column => column.Index)];
        return new Cursor(this, _source.GetRowCursor(_source.Schema.Where(column => active.Contains(column.Index))), active);
    }

    // Positions count the rows of one cursor: several at once would not know them.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(AppendedColumnsView view, DataViewRowCursor source, HashSet<int> active) : DataViewRowCursor
    {
        public override DataViewSchema Schema => view.Schema;

        public override long Position => source.Position;

        public override long Batch => source.Batch;

        public override bool MoveNext() => source.MoveNext();

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column))
                throw new InvalidOperationException($"Column '{column.Name}' is not active in this cursor.");
            var own = column.Index - source.Schema.Count;
            return own < 0 ? source.GetGetter<TValue>(source.Schema[column.Index]) : view._columns[own].CreateGetter(this).As<TValue>(column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
