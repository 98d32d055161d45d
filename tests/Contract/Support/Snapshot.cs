using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>The visible columns of a view with their types, annotations and values, copied out of every buffer.</summary>
internal sealed record Snapshot(IReadOnlyList<Snapshot.Column> Columns, IReadOnlyList<DataViewRowId> Ids)
{
    public sealed record Column(string Name, string Type, string Annotations, IReadOnlyList<object?> Values);

    public IReadOnlyList<object?> this[string column] => Columns.Single(other => other.Name == column).Values;

    /// <summary>Reads a view through one cursor; all visible columns, or only some.</summary>
    public static Snapshot Of(IDataView view, params string[] columns)
    {
        var active = view.Schema.Where(column => !column.IsHidden && (columns.Length == 0 || columns.Contains(column.Name))).ToArray();
        using var cursor = view.GetRowCursor(active);
        return Of(cursor, active);
    }

    /// <summary>Scores a view row by row, as prediction engines do.</summary>
    public static Snapshot OfRows(ITransformer model, IDataView data)
    {
        var mapper = model.GetRowToRowMapper(data.Schema);
        var visible = mapper.OutputSchema.Where(column => !column.IsHidden).ToArray();
        using var cursor = data.GetRowCursor(mapper.GetDependencies(visible));
        using var row = mapper.GetRow(cursor, visible);
        var readers = visible.Select(column => Cells.Reader(row, column)).ToArray();
        var values = visible.Select(_ => new List<object?>()).ToArray();
        while (cursor.MoveNext())
        {
            for (var i = 0; i < readers.Length; i++)
                values[i].Add(readers[i]());
        }
        return new([.. visible.Select((column, i) => new Column(column.Name, column.Type.ToString()!, Cells.Annotations(column), values[i]))], []);
    }

    public static Snapshot Of(DataViewRowCursor cursor, IReadOnlyList<DataViewSchema.Column> active)
    {
        var readers = active.Select(column => Cells.Reader(cursor, column)).ToArray();
        var values = active.Select(_ => new List<object?>()).ToArray();
        var id = cursor.GetIdGetter();
        List<DataViewRowId> ids = [];
        while (cursor.MoveNext())
        {
            for (var i = 0; i < readers.Length; i++)
                values[i].Add(readers[i]());
            DataViewRowId rowId = default;
            id(ref rowId);
            ids.Add(rowId);
        }
        return new([.. active.Select((column, i) => new Column(column.Name, column.Type.ToString()!, Cells.Annotations(column), values[i]))], ids);
    }

    /// <summary>The same with another name in the annotations: slots may be named after the column that they come from.</summary>
    public Snapshot Renamed(string from, string to) => this with { Columns = [.. Columns.Select(column => column with { Annotations = column.Annotations.Replace(from, to, StringComparison.Ordinal) })] };

    /// <summary>Fails unless both have the same columns in the same order with the same types, annotations and values.</summary>
    public static void AssertSame(Snapshot expected, Snapshot actual, string what = "", double tolerance = 1e-6)
    {
        Assert.Equal(expected.Columns.Select(column => $"{column.Name}: {column.Type} {column.Annotations}"), actual.Columns.Select(column => $"{column.Name}: {column.Type} {column.Annotations}"));
        foreach (var (want, got) in expected.Columns.Zip(actual.Columns))
        {
            Assert.True(want.Values.Count == got.Values.Count, $"{what}: {got.Values.Count} rows instead of {want.Values.Count}");
            for (var row = 0; row < want.Values.Count; row++)
                Assert.True(Cells.Same(want.Values[row], got.Values[row], tolerance), $"{what}: column {want.Name}, row {row}: expected {Cells.Text(want.Values[row])}, got {Cells.Text(got.Values[row])}");
        }
    }
}
