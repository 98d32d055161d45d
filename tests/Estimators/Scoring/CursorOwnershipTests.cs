using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Tests.Examples;

namespace MLExtensions.Tests.Estimators.Scoring;

/// <summary>Source cursors are given back, also when something fails before the caller holds a cursor of its own.</summary>
public sealed class CursorOwnershipTests
{
    private readonly MLContext _ml = new(1);

    private IHostEnvironment Environment => MlNetAccess.EnvironmentOf(_ml.Transforms);

    [Theory, InlineData(null), InlineData("Features"), InlineData("Label"), InlineData("Weight")]
    public void A_fit_gives_its_cursor_back(string? failing)
    {
        var view = new CountingView(Data(), failing);
        var trainer = new NearestMeanTrainer(Environment, PredictionTask.Regression, new() { ExampleWeightColumnName = "Weight" });
        var error = Record.Exception(() => trainer.Fit(view));
        Assert.Equal(failing is null ? null : $"Column '{failing}' fails.", error?.Message);
        Assert.True(view.Opened > 0);
        Assert.Equal(0, view.Open);
    }

    // Each cursor asks for the getter twice, because it has two buffers: the failures strike the first and the second.
    [Theory, InlineData("Features", 0), InlineData("Features", 1), InlineData("Id", 0)]
    public void A_scored_view_gives_its_cursor_back_when_a_column_fails(string failing, int gettersBefore)
    {
        var view = new CountingView(Data(), failing, gettersBefore);
        var scored = Model().Transform(view);
        Assert.Equal($"Column '{failing}' fails.", Assert.Throws<InvalidOperationException>(() => scored.GetRowCursor(scored.Schema)).Message);
        Assert.Equal((1, 0), (view.Opened, view.Open));
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void A_set_of_cursors_is_given_back_when_one_of_them_fails(int gettersBefore)
    {
        var view = new CountingView(Data(), "Features", gettersBefore);
        var scored = Model().Transform(view);
        Assert.Throws<InvalidOperationException>(() => scored.GetRowCursorSet([scored.Schema["Score"]], 3));
        Assert.Equal((3, 0), (view.Opened, view.Open));
    }

    [Fact]
    public void Cursors_own_their_source()
    {
        var view = new CountingView(Data());
        var scored = Model().Transform(view);
        foreach (var column in new[] { "Score", "Id" })
        {
            scored.GetRowCursor([scored.Schema[column]]).Dispose();
            foreach (var cursor in scored.GetRowCursorSet([scored.Schema[column]], 3))
                cursor.Dispose();
        }
        Assert.Equal((8, 0), (view.Opened, view.Open));
    }

    [Fact]
    public void A_row_without_a_position_is_scored_at_each_call()
    {
        var data = Data();
        var model = (ITransformer)Model();
        var mapper = model.GetRowToRowMapper(data.Schema);
        using var cursor = data.GetRowCursor(data.Schema);
        using var row = mapper.GetRow(new Unpositioned(cursor), [mapper.OutputSchema["Score"]]);
        var getter = row.GetGetter<float>(mapper.OutputSchema["Score"]);
        foreach (var expected in model.Transform(data).GetColumn<float>("Score"))
        {
            Assert.True(cursor.MoveNext());
            var score = 0f;
            getter(ref score);
            Assert.Equal(-1, row.Position);
            Assert.Equal(expected, score, 1e-5f);
        }
    }

    private IDataView Data() => CaseData.View(_ml, PredictionTask.Regression, TestRow.Create(20));

    private PredictionTransformer<NearestMeanModel> Model() => new NearestMeanTrainer(Environment, PredictionTask.Regression, new()).Fit(Data());

    private sealed class Unpositioned(DataViewRow source) : DataViewRow
    {
        public override DataViewSchema Schema => source.Schema;

        public override long Position => -1;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => source.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => source.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();
    }
}
