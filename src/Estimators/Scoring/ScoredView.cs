using Microsoft.ML;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A view with the columns that a graph computes from the columns of another view.</summary>
internal sealed class ScoredView(GraphScorer scorer, IDataView source) : IDataView
{
    public DataViewSchema Schema { get; } = scorer.GetOutputSchema(source.Schema);

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = ActiveColumns(columnsNeeded);
        return CreateCursor(source.GetRowCursor(scorer.SourceColumns(source.Schema, active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = ActiveColumns(columnsNeeded);
        var sources = source.GetRowCursorSet(scorer.SourceColumns(source.Schema, active), n, rand);
        var cursors = new DataViewRowCursor[sources.Length];
        try
        {
            for (var i = 0; i < sources.Length; i++)
                cursors[i] = CreateCursor(sources[i], active);
            return cursors;
        }
        catch
        {
            // A cursor that was made owns its source; one that failed has disposed it, which may be done twice.
            for (var i = 0; i < sources.Length; i++)
                ((DataViewRowCursor?)cursors[i] ?? sources[i]).Dispose();
            throw;
        }
    }

    private static HashSet<int> ActiveColumns(IEnumerable<DataViewSchema.Column> columnsNeeded)
        => [.. columnsNeeded.Select(column => column.Index)];

    private DataViewRowCursor CreateCursor(DataViewRowCursor cursor, HashSet<int> active)
    {
        if (!GraphScorer.NeedsGraph(source.Schema, active))
            return new ForwardingCursor(Schema, cursor, active);
        try
        {
            return new BatchCursor(scorer, Schema, cursor, active);
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }
}
