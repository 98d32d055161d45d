using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Data;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>What threads gain in training the gradient-boosted neural network, and what truncation gains in scoring.</summary>
internal sealed class GradientBoostingSpeed : Measurement
{
    private const int RowCount = 39_000;
    private const int Features = 100;
    private const int Steps = 20;
    private const int Evaluated = 20;
    private const int OneHotColumns = 47;

    public override string Name => "gradient-boosting-speed";

    public override string Title => "Gradient-boosted neural network: threads and truncation";

    public override string Run()
    {
        var ml = new MLContext(1);
        var view = ml.Data.Cache(Rows.View(ml, Rows.Create(RowCount, Features, 2), Features, 2));
        Rows.Read(view, "Features", "Label");
        return $"""
            {RowCount:N0} rows of {Features} dense features, binary.

            {Threads(ml, view)}
            {Evaluations()}
            {Truncation(ml, view)}
            {SinglePredictions(ml, view)}
            """;
    }

    // One evaluation of a step's objective and gradient by L-BFGS, on half of the rows, beside what the machine can do at most.
    private static string Evaluations()
    {
        var (bandwidth, peak) = (Roofline.Bandwidth(), Roofline.Flops());
        Table table = new("One evaluation, 1 thread", "rows", "MB read", "million flops", "ms", "GB/s", "share of bandwidth", "Gflop/s", "share of peak");
        AddEvaluation(table, "1 unit, 1 output", RandomRows(Features, Features), new(Features, 1, 1), bandwidth, peak);
        AddEvaluation(table, "10 units, 1 output", RandomRows(Features, Features), new(Features, 10, 1), bandwidth, peak);
        AddEvaluation(table, "50 units, 26 outputs", RandomRows(Features, Features), new(Features, 50, 26), bandwidth, peak);
        AddEvaluation(table, "1 unit, 1 output, 94 of 100 columns one-hot", RandomRows(Features, 6), new(Features, 1, 1), bandwidth, peak);
        AddEvaluation(table, "10 units, 1 output, 94 of 100 columns one-hot", RandomRows(Features, 6), new(Features, 10, 1), bandwidth, peak);
        return $"Measured peaks of one thread: {Text(bandwidth / 1e9)} GB/s, {Text(peak / 1e9)} Gflop/s in double.\n\n{table}";
    }

    private static void AddEvaluation(Table table, string name, FeatureRows rows, BlockShape shape, double bandwidth, double peak)
    {
        Progress($"evaluation {name}");
        var random = new Random(1);
        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
        double[] weights = [.. Enumerable.Repeat(1.0, rows.Count)];
        BlockObjective objective = new(rows, Standardization.Of(rows, weights), new(1), shape, HiddenActivation.Logistic, 1e-4);
        int[] drawn = [.. Enumerable.Range(0, rows.Count / 2).Select(i => 2 * i)];
        objective.Start(drawn, Numbers(rows.Count * shape.Outputs), weights);
        var (parameters, gradient) = (Numbers(shape.Length), new double[shape.Length]);
        var seconds = Roofline.Fastest(() =>
        {
            var sum = 0.0;
            for (var i = 0; i < Evaluated; i++)
                sum += objective.Evaluate(parameters, gradient);
            return sum;
        }) / Evaluated;
        // Weight and residuals with the features; two products forward, three back, two operations for each pair. The sigmoid is not counted.
        var bytes = drawn.Length * (rows.BytesPerRow + (sizeof(double) * (1 + shape.Outputs)));
        var flops = drawn.Length * shape.Units * ((4.0 * rows.StoredPerRow) + (6.0 * shape.Outputs));
        table.Add(
            name, $"{drawn.Length:N0}", Text(bytes / 1e6), Text(flops / 1e6), Text(seconds * 1e3), Text(bytes / seconds / 1e9), $"{bytes / seconds / bandwidth:P0}",
            Text(flops / seconds / 1e9), $"{flops / seconds / peak:P0}");
    }

    // Numbers, and after them two one-hot groups.
    private static FeatureRows RandomRows(int features, int numeric)
    {
        var random = new Random(1);
        var values = new float[RowCount * features];
        for (var row = 0; row < RowCount; row++)
        {
            for (var j = 0; j < numeric; j++)
                values[(row * features) + j] = random.NextSingle() - 0.5f;
            for (var first = numeric; first < features; first += OneHotColumns)
                values[(row * features) + first + random.Next(Math.Min(OneHotColumns, features - first))] = 1;
        }
        return FeatureRows.From(RowBlock.Dense(features, values));
    }

    private static string SinglePredictions(MLContext ml, IDataView view)
    {
        Progress("single predictions");
        var fitted = Trainer(ml, new() { NumberOfUnits = 200, Subsample = 0.02, MaximumIterations = 3, MaximumRejectedSteps = 200 }).Fit(view);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, view.Schema, file);
        var (schema, rows) = (Rows.Schema(Features, 2), Rows.Create(1_000, Features, 2));
        using var own = ml.Model.CreatePredictionEngine<Row, Prediction>(fitted, true, schema);
        using var stock = ml.Model.CreatePredictionEngine<Row, Prediction>(ml.Model.Load(file, out _), true, schema);
        void Predict(PredictionEngine<Row, Prediction> engine)
        {
            var prediction = new Prediction();
            foreach (var row in rows)
                engine.Predict(row, ref prediction);
        }
        var samples = Samples.Measure(9, () => Predict(stock), () => Predict(own));
        Table table = new($"Single predictions, {fitted.Model.UnitCount} units", "microseconds", "times faster");
        table.Add("stock chain (the saved file)", Text(samples.Median(0) / rows.Length * 1e6), "1");
        table.Add("fitted, or `LoadAccelerated`", Text(samples.Median(1) / rows.Length * 1e6), Text(samples.Ratio(0, 1)));
        return table.ToString();
    }

    private static string Threads(MLContext ml, IDataView view)
    {
        Progress("threads");
        void Fit(int threads) => Trainer(ml, new() { NumberOfUnits = Steps, NumberOfThreads = threads }).Fit(view);
        var samples = Samples.Measure(3, () => Fit(1), () => Fit(2));
        Table table = new($"{Steps} steps of 1 unit, subsample 0.5", "seconds", "times faster");
        table.Add("1 thread", Text(samples.Median(0)), "1");
        table.Add("2 threads", Text(samples.Median(1)), Text(samples.Ratio(0, 1)));
        return table.ToString();
    }

    private static string Truncation(MLContext ml, IDataView view)
    {
        Table table = new("Scoring", "microseconds a row", "a quarter of the units", "times faster");
        AddTruncation(table, ml, view, units: 200, unitsPerStep: 1);
        AddTruncation(table, ml, view, units: 1000, unitsPerStep: 10);
        var reading = Samples.Measure(5, () => Rows.Read(view, "Features"));
        table.Add("only reading the features", Text(reading.Median(0) / RowCount * 1e6), "", "");
        return table.ToString();
    }

    private static void AddTruncation(Table table, MLContext ml, IDataView view, int units, int unitsPerStep)
    {
        Progress($"truncation of {units} units");
        // Weights that are hardly trained take as long to score as any.
        var fitted = Trainer(ml, new() { NumberOfUnits = units, UnitsPerStep = unitsPerStep, Subsample = 0.02, MaximumIterations = 3, MaximumRejectedSteps = 200 }).Fit(view);
        var cut = fitted.Truncate(fitted.Model.UnitCount / 4);
        var (whole, quarter) = (fitted.Transform(view), cut.Transform(view));
        var samples = Samples.Measure(5, () => Read(whole), () => Read(quarter));
        table.Add($"{fitted.Model.UnitCount} units", Text(samples.Median(0) / RowCount * 1e6), Text(samples.Median(1) / RowCount * 1e6), Text(samples.Ratio(0, 1)));
    }

    private static GradientBoostedNeuralNetworkTrainer Trainer(MLContext ml, GradientBoostedNeuralNetworkTrainer.Options options)
    {
        (options.LabelColumnName, options.Seed) = (nameof(Row.Positive), 1);
        return ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(options);
    }

    private static void Read(IDataView scored)
    {
        using var cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        var getter = cursor.GetGetter<float>(scored.Schema["Score"]);
        var score = 0f;
        while (cursor.MoveNext())
            getter(ref score);
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
