using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using Microsoft.ML.Data;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Many threads at once, and models that are disposed while they are used.</summary>
public sealed class LifetimeContract
{
    [Theory, Components]
    public void Eight_threads_score_with_one_model(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        var scored = model.Transform(data);
        var expected = Snapshot.Of(scored);
        OnEightThreads(thread =>
        {
            for (var i = 0; i < 3; i++)
                Snapshot.AssertSame(expected, Snapshot.Of(thread % 2 == 0 ? scored : model.Transform(data)), $"thread {thread}");
        });
    }

    [Theory, Components]
    public void Eight_threads_predict_with_engines_of_one_model(ComponentCase component)
    {
        var ml = new MLContext(1);
        var rows = TestRow.Create(50);
        // An engine reads a label, where one is scored, from a property of the row.
        var model = component.Fit(ml, options: !component.ScoresLabels
            ? null
            : component.LabelTask == PredictionTask.BinaryClassification ? new() { Label = "Positive" } : new() { Label = "Group", Categories = ["Shade"] });
        var expected = Snapshot.Of(model.Transform(component.Data(ml, rows)), component.ScoreColumn)[component.ScoreColumn];
        OnEightThreads(_ =>
        {
            if (component.HasVectorScore)
                Predict<Vector>(prediction => prediction.Score.Cast<object?>().ToArray());
            else
                Predict<Number>(prediction => prediction.Score);
        });

        void Predict<T>(Func<T, object?> score) where T : class, new()
        {
            // Disposing an engine disposes its model, which the others go on using.
            var output = SchemaDefinition.Create(typeof(T));
            output[nameof(Number.Score)].ColumnName = component.ScoreColumn;
            using var engine = ml.Model.CreatePredictionEngine<TestRow, T>(model, outputSchemaDefinition: output);
            for (var i = 0; i < rows.Length; i++)
                Assert.True(Cells.Same(expected[i], score(engine.Predict(rows[i])), 1e-6));
        }
    }

    [Theory, Components]
    public void A_cursor_outlives_its_model_and_a_disposed_model_scores_again(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var model = component.Fit(ml, data);
        var scored = model.Transform(data);
        var expected = Snapshot.Of(scored);
        var columns = scored.Schema.Where(column => !column.IsHidden).ToArray();
        using (var cursor = scored.GetRowCursor(columns))
        {
            Assert.True(cursor.MoveNext());
            ((IDisposable)model).Dispose();
            var rest = Snapshot.Of(cursor, columns);
            Snapshot.AssertSame(new([.. expected.Columns.Select(column => column with { Values = [.. column.Values.Skip(1)] })], []), rest);
        }
        ((IDisposable)model).Dispose();
        Snapshot.AssertSame(expected, Snapshot.Of(scored));
        Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(data)));
        Snapshot.AssertSame(expected, Snapshot.Of(Models.LoadStock(ml.Save(model, data.Schema)).Transform(data)));
    }

    [Theory, Components]
    public void Cursors_that_are_left_early_or_disposed_twice_do_no_harm(ComponentCase component)
    {
        var ml = new MLContext(1);
        var model = component.Fit(ml);
        var scored = model.Transform(component.Data(ml));
        for (var i = 0; i < 20; i++)
        {
            var cursor = scored.GetRowCursor([scored.Schema[component.ScoreColumn]]);
            for (var row = 0; row < i; row++)
                Assert.True(cursor.MoveNext());
            cursor.Dispose();
            cursor.Dispose();
        }
        ((IDisposable)model).Dispose();
        Assert.Equal(700, Snapshot.Of(scored).Ids.Count);
    }

    private static void OnEightThreads(Action<int> action)
    {
        var errors = new Exception?[8];
        var threads = errors.Select((_, i) => new Thread(() => errors[i] = Record.Exception(() => action(i)))).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.All(errors, Assert.Null);
    }

    private sealed class Number
    {
        public float Score { get; set; }
    }

    private sealed class Vector
    {
        public float[] Score { get; set; } = [];
    }
}
