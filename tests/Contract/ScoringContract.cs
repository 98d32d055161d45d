using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>A model gives the same columns in every form and on every path.</summary>
public sealed class ScoringContract
{
    [Theory, Components]
    public void Every_form_of_a_model_gives_the_same_columns(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, Difficult());
        var model = component.Fit(ml);
        var expected = Snapshot.Of(model.Transform(data));
        Assert.Equal(Snapshot.Of(data).Ids, expected.Ids);
        Snapshot.AssertSame(Snapshot.Of(data), expected with { Columns = [.. expected.Columns.SkipLast(component.Outputs.Length)] }, "columns that pass through", 0);
        foreach (var (form, other) in Models.Forms(ml, model, data.Schema))
        {
            var actual = Snapshot.Of(other.Transform(data));
            Snapshot.AssertSame(expected, actual, form);
            Assert.Equal(expected.Ids, actual.Ids);
        }
    }

    [Theory, Components]
    public void Batches_give_what_single_rows_give(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml, Difficult());
        foreach (var (form, model) in Models.Forms(ml, component.Fit(ml), data.Schema))
            Snapshot.AssertSame(Snapshot.Of(model.Transform(data)), Snapshot.OfRows(model, data), form);
    }

    [Theory, Components]
    public void A_row_mapper_asks_only_for_what_it_needs(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var mapper = component.Fit(ml).GetRowToRowMapper(data.Schema);
        Assert.Equal(data.Schema.Select(column => column.Name), mapper.InputSchema.Select(column => column.Name));
        Assert.Equal(component.Inputs.Order(), mapper.GetDependencies([mapper.OutputSchema[component.ScoreColumn]]).Select(column => column.Name).Order());
        Assert.Equal(["Id"], mapper.GetDependencies([mapper.OutputSchema["Id"]]).Select(column => column.Name));
        Assert.Equal(component.Inputs.Append("Id").Order(), mapper.GetDependencies([mapper.OutputSchema[component.ScoreColumn], mapper.OutputSchema["Id"]]).Select(column => column.Name).Order());
        Assert.Empty(mapper.GetDependencies([]));

        using var cursor = data.GetRowCursor(data.Schema);
        using var row = mapper.GetRow(cursor, [mapper.OutputSchema[component.ScoreColumn]]);
        Assert.True(row.IsColumnActive(mapper.OutputSchema[component.ScoreColumn]));
        Assert.False(row.IsColumnActive(mapper.OutputSchema["Id"]));
        Assert.ThrowsAny<Exception>(() => row.GetGetter<ReadOnlyMemory<char>>(mapper.OutputSchema["Id"]));
        Assert.ThrowsAny<Exception>(() => row.GetGetter<ReadOnlyMemory<char>>(mapper.OutputSchema[component.ScoreColumn]));
    }

    [Theory, Components]
    public void A_model_is_row_to_row_and_describes_its_views(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml);
        Assert.True(model.IsRowToRowMapper);
        var scored = model.Transform(data);
        Assert.Equal(data.GetRowCount(), scored.GetRowCount());
        Assert.Equal(data.CanShuffle, scored.CanShuffle);
    }

    [Theory, Components]
    public void A_part_of_the_rows_is_scored_like_the_whole(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml);
        var whole = Snapshot.Of(model.Transform(data));
        foreach (var (skip, take) in new[] { (1, 1), (2, 9), (3, 70), (690, 100) })
        {
            var part = Snapshot.Of(ml.Data.TakeRows(ml.Data.SkipRows(model.Transform(data), skip), take));
            Snapshot.AssertSame(new([.. whole.Columns.Select(column => column with { Values = [.. column.Values.Skip(skip).Take(take)] })], []), part);
            Snapshot.AssertSame(part, Snapshot.Of(model.Transform(ml.Data.TakeRows(ml.Data.SkipRows(data, skip), take))));
        }
    }

    [Theory, Components]
    public void Cached_filtered_and_shuffled_views_keep_rows_together(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml);
        var byId = ById(Snapshot.Of(model.Transform(data)), component);
        foreach (var view in new[]
        {
            model.Transform(ml.Data.Cache(data)), ml.Data.Cache(model.Transform(data)), model.Transform(ml.Data.ShuffleRows(data, seed: 3)),
            ml.Data.ShuffleRows(model.Transform(data), seed: 3), model.Transform(ml.Data.FilterRowsByColumn(data, "Weight", 1, 3)),
            ml.Data.FilterRowsByColumn(model.Transform(data), "Weight", 1, 3),
        })
        {
            var snapshot = Snapshot.Of(view);
            var found = ById(snapshot, component);
            Assert.NotEmpty(found);
            Assert.Equal(snapshot.Ids.Count, found.Count);
            Assert.All(found, row => Assert.True(Cells.Same(byId[row.Key], row.Value, 1e-6), row.Key));
        }
        Assert.NotEqual(Snapshot.Of(data)["Id"], Snapshot.Of(model.Transform(ml.Data.ShuffleRows(data, seed: 3)))["Id"]);
    }

    [Theory, Components]
    public void Ready_made_readers_see_the_columns(ComponentCase component)
    {
        var ml = new MLContext(1);
        var scored = component.Fit(ml).Transform(component.Data(ml));
        var expected = Snapshot.Of(scored);
        Assert.Equal(expected["Id"].Cast<string>(), scored.GetColumn<string>("Id"));
        Assert.Equal(expected["When"].Cast<DateTime>(), scored.GetColumn<DateTime>("When"));
        var preview = scored.Preview(maxRows: 30);
        Assert.Equal(30, preview.RowView.Length);
        Assert.Equal(scored.Schema, preview.Schema);
        var score = expected[component.ScoreColumn];
        if (scored.Schema[component.ScoreColumn].Type is VectorDataViewType)
            Assert.Equal(score.Cast<object?[]>().Select(vector => vector.Cast<float>()), scored.GetColumn<float[]>(component.ScoreColumn));
        else
            Assert.Equal(score.Cast<float>(), scored.GetColumn<float>(component.ScoreColumn));
        var rows = ml.Data.CreateEnumerable<PassedThrough>(scored, reuseRowObject: false, ignoreMissingColumns: false).ToArray();
        Assert.Equal(expected["Words"].Cast<object?[]>().Select(words => words.Cast<string>()), rows.Select(row => row.Words));
        Assert.Equal(expected["Group"].Cast<uint>(), rows.Select(row => row.Group));
    }

    private sealed class PassedThrough
    {
        public string[] Words { get; set; } = [];

        [KeyType(5)]
        public uint Group { get; set; }
    }

    private static Dictionary<string, object?[]> ById(Snapshot snapshot, ComponentCase component)
    {
        var columns = snapshot.Columns.Where(column => component.Outputs.Contains(column.Name) || column.Name is "When" or "Words" or "Measurements").ToArray();
        return snapshot["Id"].Select((id, i) => ((string)id!, columns.Select(column => column.Values[i]).ToArray())).ToDictionary(row => row.Item1, row => row.Item2);
    }

    // Missing and infinite values, zeros of both signs, large numbers and sparse rows among the usual ones.
    private static TestRow[] Difficult() => TestRow.Create().Changed((row, i) =>
    {
        row.Features = (i % 13) switch
        {
            1 => new(4, [float.NaN, 1, 2, 3]),
            2 => new(4, [float.NaN, float.NaN, float.NaN, float.NaN]),
            3 => new(4, [0, -0f, 0, -0f]),
            4 => new(4, [1e6f, -1e6f, 1e4f, 1]),
            5 => new(4, 1, [2.5f], [2]),
            6 => new(4, 0, [], []),
            7 => new(4, [float.PositiveInfinity, 1, float.NegativeInfinity, 3]),
            8 => new(4, [float.NegativeInfinity, float.NaN, 2, float.PositiveInfinity]),
            _ => row.Features,
        };
    });
}
