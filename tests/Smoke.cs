using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Examples;
namespace MLExtensions.Tests;
public class Smoke(Xunit.Abstractions.ITestOutputHelper o)
{
    sealed class Row { [VectorType(3)] public float[] Features { get; set; } = []; public bool B { get; set; } public string L { get; set; } = ""; public float Y { get; set; } public string Id {get;set;} = ""; [KeyType(4)] public uint K {get;set;} }
    [Fact]
    public void All()
    {
        var ml = new MLContext(1);
        var r = new Random(1);
        var rows = Enumerable.Range(0, 3000).Select(i => new Row { Features = [r.NextSingle() + i % 3, r.NextSingle(), r.NextSingle() * (i % 3)], B = i % 3 == 1, L = new[] { "a", "b", "c" }[i % 3], Y = i % 3 + r.NextSingle(), Id = "r" + i, K=(uint)(i%3+2) }).ToArray();
        var data = ml.Transforms.Conversion.MapValueToKey("L").Append(ml.Transforms.Conversion.MapValueToKey("YK","Y")).Fit(ml.Data.LoadFromEnumerable(rows)).Transform(ml.Data.LoadFromEnumerable(rows));
        foreach (var (task, label) in new[] { (PredictionTask.Regression, "Y"), (PredictionTask.BinaryClassification, "B"), (PredictionTask.MulticlassClassification, "L"),(PredictionTask.MulticlassClassification, "K"),(PredictionTask.MulticlassClassification, "YK") })
        {
            var trainer = new NearestMeanTrainer(MlNetAccess.EnvironmentOf(ml.Transforms), task, new() { LabelColumnName = label });
            var model = trainer.Fit(data);
            var view = model.Transform(data);
            var ms = new MemoryStream();
            ml.Model.Save(model, data.Schema, ms);
            ms.Position = 0;
            var stock = new MLContext().Model.Load(ms, out _);
            ms.Position = 0;
            var fast = ml.Model.LoadAccelerated(ms, out _);
            o.WriteLine($"{task}: {stock.GetType()} {fast.GetType()} ");
            var sv = stock.Transform(data); var fv = fast.Transform(data);
            foreach (var v in new[] { view, sv, fv })
            {
                foreach (var c in v.Schema.Where(c => !data.Schema.Any(d => d.Name == c.Name) || c.IsHidden))
                    o.WriteLine($"  {c.Index} {c.Name} {c.Type} hidden={c.IsHidden} " + string.Join(",", c.Annotations.Schema.Select(a => a.Name + ":" + a.Type)));
                var row = v.Preview(3).RowView.Last();
                o.WriteLine("   " + string.Join("; ", row.Values.Where(k => k.Key is "Score" or "Probability" or "PredictedLabel" or "Id").Select(k => k.Key + "=" + k.Value)));
            }
            if (task == PredictionTask.Regression) { o.WriteLine(ml.Regression.Evaluate(view, label).RSquared + " " + ml.Regression.Evaluate(sv, label).RSquared); }
            if (task == PredictionTask.BinaryClassification) { o.WriteLine(ml.BinaryClassification.Evaluate(view, label).AreaUnderRocCurve + " " + ml.BinaryClassification.Evaluate(sv, label).AreaUnderRocCurve); }
            if (task == PredictionTask.MulticlassClassification) { o.WriteLine(ml.MulticlassClassification.Evaluate(view, label).MicroAccuracy + " " + ml.MulticlassClassification.Evaluate(sv, label).MicroAccuracy); o.WriteLine(ml.MulticlassClassification.Evaluate(view, label).ConfusionMatrix.GetFormattedConfusionTable().Substring(0,100)); }
            var sw = System.Diagnostics.Stopwatch.StartNew();
            foreach (var v in new[] { view, sv, fv }) { sw.Restart(); for (int i = 0; i < 3; i++) { using var cur = v.GetRowCursor([v.Schema["Score"]]); var idg = cur.GetIdGetter(); while (cur.MoveNext()) { } } o.WriteLine(sw.Elapsed.TotalMilliseconds.ToString()); }
            try { trainer.Fit(ml.Transforms.DropColumns("Features").Fit(data).Transform(data)); } catch (Exception e) { o.WriteLine(e.GetType().Name + ": " + e.Message); }
        }
    }
}
