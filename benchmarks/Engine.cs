using Microsoft.ML;

namespace MLExtensions.Benchmarks;

/// <summary>One row at a time through a prediction engine: the pack's own form of a model against the stock chain that its file holds.</summary>
internal sealed class Engine : Measurement
{
    private const int Rounds = 15;
    private const int Predictions = 20_000;

    public override string Name => "engine";

    public override string Title => "Single predictions";

    public override string Run()
    {
        var table = new Table("model", "stock chain us", "fitted us", "`LoadAccelerated` us", "stock / fitted", "stock / accelerated");
        var ml = new MLContext(1);
        Measure<BinaryPrediction>(
            table, ml, "binary, 30 features", 30, 2, view => ml.BinaryClassification.Trainers.NaiveBayesLinearProbe(nameof(Row.Positive)).Fit(view));
        Measure<MulticlassPrediction>(
            table, ml, "26 classes, 16 features", 16, 26, view => ml.MulticlassClassification.Trainers.NaiveBayesLinearProbe().Fit(view));
        return $"""
            `PredictionEngine.Predict` of a `NaiveBayesLinearProbe`, {Predictions:N0} calls a round, medians of {Rounds} interleaved rounds. Stock chain: the saved
            model after `mlContext.Model.Load`, as an application without this pack runs it.

            {table}
            """;
    }

    private static void Measure<TPrediction>(Table table, MLContext ml, string name, int features, int classes, Func<IDataView, ITransformer> fit)
        where TPrediction : class, new()
    {
        Progress($"engine {name}");
        var rows = Rows.Create(5_000, features, classes);
        var view = Rows.View(ml, rows, features, classes);
        var fitted = fit(view);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, view.Schema, file);
        var schema = Rows.Schema(features, classes);
        PredictionEngine<Row, TPrediction> Engine(ITransformer model) => ml.Model.CreatePredictionEngine<Row, TPrediction>(model, true, schema);

        using var stock = Engine(ml.Model.Load(file, out _));
        using var own = Engine(fitted);
        using var accelerated = Engine(ml.Model.LoadAccelerated(file, out _));
        var samples = Samples.Measure(Rounds, () => Predict(stock, rows), () => Predict(own, rows), () => Predict(accelerated, rows));
        table.Add(
            name, $"{Microseconds(0):F2}", $"{Microseconds(1):F2}", $"{Microseconds(2):F2}", $"{samples.Ratio(0, 1):F1}", $"{samples.Ratio(0, 2):F1}");

        double Microseconds(int candidate) => samples.Median(candidate) * 1e6 / Predictions;
    }

    private static void Predict<TPrediction>(PredictionEngine<Row, TPrediction> engine, Row[] rows)
        where TPrediction : class, new()
    {
        var prediction = new TPrediction();
        for (var i = 0; i < Predictions; i++)
            engine.Predict(rows[i % rows.Length], ref prediction);
    }

    private sealed class BinaryPrediction
    {
        public bool PredictedLabel { get; set; }

        public float Probability { get; set; }
    }

    private sealed class MulticlassPrediction
    {
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }
}
