using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Benchmarks;

/// <summary>A row as applications hold it: an array of features and a label.</summary>
internal sealed class Row
{
    public float[] Features { get; set; } = [];

    /// <summary>Class from 0.</summary>
    public uint Label { get; set; }

    public bool Positive { get; set; }
}

/// <summary>In-memory views, and one full pass over their columns.</summary>
internal static class Rows
{
    /// <summary>Random rows: the classes are shifted normal distributions.</summary>
    public static Row[] Create(int count, int features, int classes, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Fill(new Row { Features = new float[features] }, random, classes))];
    }

    /// <summary>The same rows one at a time, in one reused object: a stream that holds nothing.</summary>
    public static IEnumerable<Row> Stream(int count, int features, int classes, int seed = 1)
    {
        var random = new Random(seed);
        var row = new Row { Features = new float[features] };
        for (var i = 0; i < count; i++)
            yield return Fill(row, random, classes);
    }

    /// <summary>Columns Features, Label (a key) and Positive (Boolean).</summary>
    public static IDataView View(MLContext ml, IEnumerable<Row> rows, int features, int classes)
        => ml.Data.LoadFromEnumerable(rows, Schema(features, classes));

    public static SchemaDefinition Schema(int features, int classes)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), classes);
        return schema;
    }

    /// <summary>Reads a vector column of every row, and a key column if one is named.</summary>
    public static void Read(IDataView view, string vectorColumn, string? keyColumn = null)
    {
        var vectors = view.Schema[vectorColumn];
        var keys = keyColumn is null ? (DataViewSchema.Column?)null : view.Schema[keyColumn];
        using var cursor = view.GetRowCursor(keys is null ? [vectors] : [vectors, keys.Value]);
        var vectorGetter = cursor.GetGetter<VBuffer<float>>(vectors);
        var keyGetter = keys is null ? null : cursor.GetGetter<uint>(keys.Value);
        VBuffer<float> vector = default;
        var key = 0u;
        while (cursor.MoveNext())
        {
            vectorGetter(ref vector);
            keyGetter?.Invoke(ref key);
        }
    }

    /// <summary>Reads a scalar column of every row.</summary>
    public static void ReadScalar<T>(IDataView view, string name)
    {
        var column = view.Schema[name];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<T>(column);
        T value = default!;
        while (cursor.MoveNext())
            getter(ref value);
    }

    private static Row Fill(Row row, Random random, int classes)
    {
        row.Label = (uint)random.Next(classes);
        row.Positive = row.Label == 0;
        // The sum of four uniform numbers is normal enough, and cheap.
        for (var j = 0; j < row.Features.Length; j++)
            row.Features[j] = random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2 + (row.Label * (j % 3) * 0.1f);
        return row;
    }
}
