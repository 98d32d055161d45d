using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A cursor for callers that asked for source columns only: nothing is buffered and the graph does not run.</summary>
internal sealed class ForwardingCursor(DataViewSchema schema, DataViewRowCursor source, HashSet<int> active) : DataViewRowCursor
{
    public override DataViewSchema Schema => schema;

    public override long Position => source.Position;

    public override long Batch => source.Batch;

    public override bool MoveNext() => source.MoveNext();

    public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new InvalidOperationException($"Column '{column.Name}' is not active in this cursor.");
        return source.GetGetter<TValue>(source.Schema[column.Index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }
}
