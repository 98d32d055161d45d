using Microsoft.ML;

namespace MLExtensions.Benchmarks;

/// <summary>Training time of the naive Bayes linear probe, against reading the data and against logistic regression.</summary>
internal sealed class Fit : Measurement
{
    private const int RowCount = 500_000;
    private const int Features = 30;
    private const int Classes = 5;
    private const int Rounds = 15;

    public override string Name => "fit";

    public override string Title => "Training";

    public override string Run()
    {
        var table = new Table("view", "bare cursor s", "`NaiveBayesLinearProbe` s", "`LbfgsMaximumEntropy` s", "fit / cursor", "logistic / naive Bayes");
        var ml = new MLContext(1);
        var view = Rows.View(ml, Rows.Create(RowCount, Features, Classes), Features, Classes);
        Measure(table, ml, "`LoadFromEnumerable`", view);
        Measure(table, ml, "the same, `ml.Data.Cache`", ml.Data.Cache(view));
        return $"""
            {RowCount:N0} rows, {Features} features, {Classes} classes, default options. Bare cursor: one pass that reads Features and Label and does nothing
            with them. Medians of {Rounds} interleaved rounds (logistic regression: 3).

            {table}
            """;
    }

    private static void Measure(Table table, MLContext ml, string name, IDataView view)
    {
        Progress($"fit {name}");
        void NaiveBayes() => ml.MulticlassClassification.Trainers.NaiveBayesLinearProbe().Fit(view);
        var samples = Samples.Measure(Rounds, () => Rows.Read(view, "Features", "Label"), NaiveBayes);
        var logistic = Samples.Measure(3, NaiveBayes, () => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy().Fit(view));
        table.Add(
            name, $"{samples.Median(0):F3}", $"{samples.Median(1):F3}", $"{logistic.Median(1):F2}", $"{samples.Ratio(1, 0):F2}", $"{logistic.Ratio(1, 0):F0}");
    }
}
