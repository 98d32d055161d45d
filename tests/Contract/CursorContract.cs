using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>What ML.NET's readers rely on in a cursor.</summary>
public sealed class CursorContract
{
    [Theory, Components]
    public void Any_subset_of_the_columns_can_be_read(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(component.Data(ml));
        var all = Snapshot.Of(scored);
        foreach (var columns in new string[][] { ["Id"], ["Features"], [component.ScoreColumn], [component.Outputs[^1]], [component.Outputs[0], "Words"], ["Id", "Group", .. component.Outputs], ["Label", "When"] })
        {
            var some = Snapshot.Of(scored, columns);
            Snapshot.AssertSame(all with { Columns = [.. all.Columns.Where(column => columns.Contains(column.Name))] }, some);
            Assert.Equal(all.Ids, some.Ids);
            using var cursor = scored.GetRowCursor(scored.Schema.Where(column => columns.Contains(column.Name)));
            Assert.All(scored.Schema, column => Assert.Equal(columns.Contains(column.Name) && !column.IsHidden, cursor.IsColumnActive(column)));
        }
        using var none = scored.GetRowCursor([]);
        var count = 0;
        while (none.MoveNext())
            count++;
        Assert.Equal(700, count);
    }

    [Theory, Components]
    public void Inactive_columns_and_wrong_types_are_refused_by_name(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(component.Data(ml));
        foreach (var active in new[] { component.ScoreColumn, "Weight" })
        {
            using var cursor = scored.GetRowCursor([scored.Schema[active]]);
            Assert.Contains("'Id'", Assert.ThrowsAny<Exception>(() => cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["Id"])).Message, StringComparison.Ordinal);
            Assert.ThrowsAny<Exception>(() => cursor.GetGetter<long>(scored.Schema[active]));
        }
        using var scores = scored.GetRowCursor([scored.Schema[component.ScoreColumn]]);
        Assert.Contains($"'{component.ScoreColumn}'", Assert.Throws<InvalidOperationException>(() => scores.GetGetter<long>(scored.Schema[component.ScoreColumn])).Message, StringComparison.Ordinal);
        using var ids = scored.GetRowCursor([scored.Schema["Id"]]);
        Assert.ThrowsAny<Exception>(() => ids.GetGetter<float>(scored.Schema[component.ScoreColumn]));
        Assert.ThrowsAny<Exception>(() => ids.GetGetter<VBuffer<float>>(scored.Schema[component.ScoreColumn]));
    }

    [Theory, Components]
    public void Values_are_read_only_while_the_cursor_stands_on_a_row(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(component.Data(ml, TestRow.Create(10)));
        using var cursor = scored.GetRowCursor(scored.Schema);
        var readers = scored.Schema.Where(column => column.Name is "Id" or "Words" || component.Outputs.Contains(column.Name)).Select(column => Cells.Reader(cursor, column)).ToArray();
        var id = cursor.GetIdGetter();
        DataViewRowId rowId = default;

        AssertNoRow();
        Assert.True(cursor.MoveNext());
        Assert.All(readers, reader => Assert.NotNull(reader()));
        id(ref rowId);
        while (cursor.MoveNext())
        {
        }
        AssertNoRow();
        Assert.False(cursor.MoveNext());
        AssertNoRow();

        void AssertNoRow()
        {
            Assert.Equal(-1, cursor.Position);
            Assert.All(readers, reader => Assert.Throws<InvalidOperationException>(() => reader()));
            Assert.Throws<InvalidOperationException>(() => id(ref rowId));
        }
    }

    [Theory, Components]
    public void Positions_count_and_values_can_be_read_again(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(component.Data(ml));
        using var cursor = scored.GetRowCursor(scored.Schema);
        var readers = scored.Schema.Select(column => Cells.Reader(cursor, column)).ToArray();
        long position = -1, batch = 0;
        while (cursor.MoveNext())
        {
            Assert.Equal(++position, cursor.Position);
            Assert.True(cursor.Batch >= batch);
            batch = cursor.Batch;
            Assert.All(readers, reader => Assert.True(Cells.Same(reader(), reader(), 0)));
        }
        Assert.Equal(699, position);
    }

    [Theory, Components]
    public void Two_cursors_do_not_disturb_each_other(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(component.Data(ml));
        var expected = Snapshot.Of(scored);
        var columns = scored.Schema.Where(column => !column.IsHidden).ToArray();
        using var slow = scored.GetRowCursor(columns);
        using var fast = scored.GetRowCursor(columns);
        var slowReaders = columns.Select(column => Cells.Reader(slow, column)).ToArray();
        var fastReaders = columns.Select(column => Cells.Reader(fast, column)).ToArray();
        for (var row = 0; row < 600; row++)
        {
            Assert.True(fast.MoveNext());
            AssertRow(fastReaders, row);
            if (row % 3 != 0)
                continue;
            Assert.True(slow.MoveNext());
            AssertRow(slowReaders, row / 3);
        }

        void AssertRow(Func<object?>[] readers, int row)
        {
            for (var i = 0; i < columns.Length; i++)
                Assert.True(Cells.Same(expected.Columns[i].Values[row], readers[i](), 1e-6), columns[i].Name);
        }
    }

    [Theory, Components]
    public void Buffers_that_were_handed_out_stay_as_they_are(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var scored = component.Fit(ml).Transform(data);
        using var cursor = scored.GetRowCursor(scored.Schema);
        var features = cursor.GetGetter<VBuffer<float>>(scored.Schema["Features"]);
        var words = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(scored.Schema["Words"]);
        List<VBuffer<float>> kept = [];
        List<VBuffer<ReadOnlyMemory<char>>> keptWords = [];
        VBuffer<float> scratch = default;
        while (cursor.MoveNext())
        {
            VBuffer<float> own = default;
            VBuffer<ReadOnlyMemory<char>> ownWords = default;
            features(ref own);
            words(ref ownWords);
            kept.Add(own);
            keptWords.Add(ownWords);

            // What a caller does to its buffer stays with the caller.
            features(ref scratch);
            VBufferEditor.CreateFromBuffer(ref scratch).Values.Fill(-7);
        }
        Assert.Equal(TestRow.Create().Select(row => row.Values), kept.Select(value => value.DenseValues().ToArray()));
        Assert.Equal(TestRow.Create().Select(row => row.Words), keptWords.Select(value => value.DenseValues().Select(word => word.ToString()).ToArray()));
    }

    [Theory, Components]
    public void A_set_of_cursors_covers_every_row_once(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        // A cached view hands out as many cursors as asked for; rows are split in batches of 64.
        var cached = ml.Data.Cache(data);
        _ = Snapshot.Of(cached);
        var scored = component.Fit(ml).Transform(cached);
        var expected = Rows(Snapshot.Of(scored));
        var columns = scored.Schema.Where(column => !column.IsHidden).ToArray();
        foreach (var n in new[] { 1, 3 })
        {
            var cursors = scored.GetRowCursorSet(columns, n);
            Assert.Equal(cached.GetRowCursorSet(columns.Take(1).Select(column => cached.Schema[column.Index]), n).Length, cursors.Length);
            var snapshots = cursors.AsParallel().AsOrdered().Select(cursor =>
            {
                using (cursor)
                    return Snapshot.Of(cursor, columns);
            }).ToArray();
            Assert.Equal(expected.OrderBy(row => row.Key), snapshots.SelectMany(Rows).OrderBy(row => row.Key));
            Assert.Equal(700, snapshots.SelectMany(snapshot => snapshot.Ids).Distinct().Count());
        }

        // Numbers may differ in their last digits with the rows that are scored together.
        Dictionary<string, string> Rows(Snapshot snapshot) => snapshot["Id"].Select((id, i) => ((string)id!, i))
            .ToDictionary(row => row.Item1, row => string.Join("; ", snapshot.Columns.Where(column => !component.Outputs.Contains(column.Name) || column.Name.EndsWith("Label", StringComparison.Ordinal)).Select(column => Cells.Text(column.Values[row.i]))));
    }

    [Theory, Components]
    public void A_shuffling_cursor_gives_every_row_once(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(ml.Data.Cache(component.Data(ml)));
        Assert.True(scored.CanShuffle);
        using var cursor = scored.GetRowCursor([scored.Schema["Id"], scored.Schema[component.ScoreColumn]], new Random(3));
        var shuffled = Snapshot.Of(cursor, [scored.Schema["Id"], scored.Schema[component.ScoreColumn]]);
        var plain = Snapshot.Of(scored, "Id", component.ScoreColumn);
        Assert.NotEqual(plain["Id"], shuffled["Id"]);
        var scores = plain["Id"].Zip(plain[component.ScoreColumn]).ToDictionary(row => (string)row.First!, row => row.Second);
        Assert.Equal(700, shuffled["Id"].Distinct().Count());
        Assert.All(shuffled["Id"].Zip(shuffled[component.ScoreColumn]), row => Assert.True(Cells.Same(scores[(string)row.First!], row.Second, 1e-6)));
    }
}
