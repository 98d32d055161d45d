using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>The naive Bayes linear probe against logistic regression, with few and with all training rows.</summary>
internal sealed class Accuracy : Measurement
{
    private const int Draws = 10;
    private const int AllRows = int.MaxValue;
    private static readonly int[] RowsPerClass = [5, 20, 100, AllRows];

    private static readonly Dictionary<string, string[]> CategoricalColumns = new()
    {
        ["letter"] = [],
        ["optdigits"] = [],
        ["shuttle"] = [],
        ["telco_churn"] =
        [
            "senior_citizen", "multiple_lines", "internet_service", "online_security", "online_backup", "device_protection", "tech_support", "streaming_tv",
            "streaming_movies", "contract", "payment_method",
        ],
        ["adult"] = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country"],
    };

    private static readonly (string Name, Learner Learn)[] Learners =
    [
        ("tied", (ml, view, binary) => NaiveBayes(ml, view, binary, new())),
        ("tied, temperature", (ml, view, binary) => NaiveBayes(ml, view, binary, new() { CalibrationFraction = 0.2 })),
        ("per class", (ml, view, binary) => NaiveBayes(ml, view, binary, new() { Covariance = CovarianceKind.PerClass })),
        ("logistic, L1 1, L2 1", (ml, view, binary) => Logistic(ml, view, binary, 1)),
        ("logistic, L2 1", (ml, view, binary) => Logistic(ml, view, binary, 0)),
    ];

    private delegate ITransformer Learner(MLContext ml, IDataView view, bool binary);

    public override string Name => "accuracy";

    public override string Title => "Accuracy";

    public override string Run()
    {
        string[] headers = ["set", "rows per class", .. Learners.Select(learner => learner.Name)];
        var (accuracy, logLoss) = (new Table(headers), new Table(headers));
        List<string> missing = [];
        foreach (var (name, categorical) in CategoricalColumns)
        {
            if (Tabular.Load(name, categorical) is { } data)
                Measure(accuracy, logLoss, name, data);
            else
                missing.Add(name);
        }
        var notFound = missing.Count == 0 ? "" : $"\n{NotMeasured}{string.Join(", ", missing)}: neither `samples/data` nor `../shared/data` has the table.\n";
        return $"""
            Rows with index mod 5 == 0 are the test rows. Training rows: so many drawn at random from each class of the others (a rarer class gives what it has), mean of {Draws} draws;
            or all of them, once. Features for all learners alike: empty numeric cells filled with the median, numbers standardised, categories one-hot, as fitted on all
            training rows (unlabelled). `NaiveBayesLinearProbe`: default options (tied variances), the same with a temperature fitted on 20 % of the training rows, and one variance a class.
            Logistic: `LbfgsMaximumEntropy`, for two classes `LbfgsLogisticRegression`, with the default penalties and without the L1 penalty. Bold: best of the row.
            {notFound}
            Accuracy (higher is better):

            {accuracy}
            Log-loss in nats, probabilities clipped at 1e-15 (lower is better):

            {logLoss}
            """;
    }

    private static void Measure(Table accuracy, Table logLoss, string name, Tabular data)
    {
        foreach (var rowsPerClass in RowsPerClass)
        {
            var label = rowsPerClass == AllRows ? $"all ({data.Train.Length:N0} rows)" : $"{rowsPerClass}";
            Progress($"accuracy {name}, rows per class: {label}");
            var draws = rowsPerClass == AllRows ? 1 : Draws;
            var results = Learners.Select(learner => Enumerable.Range(0, draws)
                .Select(draw => Evaluate(learner.Learn, data, Draw(data.Train, rowsPerClass, draw), draw)).ToArray()).ToArray();
            accuracy.Add([name, label, .. WithBest([.. results.Select(result => result.Average(draw => draw.Accuracy))], values => values.Max())]);
            logLoss.Add([name, label, .. WithBest([.. results.Select(result => result.Average(draw => draw.LogLoss))], values => values.Min())]);
        }
    }

    private static IEnumerable<string> WithBest(double[] values, Func<double[], double> best)
        => values.Select(value => value == best(values) ? $"**{value:F4}**" : $"{value:F4}");

    private static Row[] Draw(Row[] rows, int rowsPerClass, int seed)
    {
        if (rowsPerClass == AllRows)
            return rows;
        var shuffled = rows.ToArray();
        new Random(seed).Shuffle(shuffled);
        return [.. shuffled.GroupBy(row => row.Label).SelectMany(group => group.Take(rowsPerClass))];
    }

    private static (double Accuracy, double LogLoss) Evaluate(Learner learn, Tabular data, Row[] train, int seed)
    {
        var ml = new MLContext(seed);
        var binary = data.Classes == 2;
        var model = learn(ml, Rows.View(ml, train, data.Features, data.Classes), binary);
        var scored = model.Transform(Rows.View(ml, data.Test, data.Features, data.Classes));
        var probabilities = Probabilities(scored, binary).ToArray();
        (model as IDisposable)?.Dispose();
        return (
            data.Test.Zip(probabilities, (row, p) => Array.IndexOf(p, p.Max()) == (int)row.Label ? 1.0 : 0).Average(),
            data.Test.Zip(probabilities, (row, p) => -Math.Log(Math.Clamp(p[row.Label], 1e-15, 1))).Average());
    }

    // From the log-odds in the binary case: a probability near 1 has no digits left for its complement.
    private static IEnumerable<double[]> Probabilities(IDataView scored, bool binary) => binary
        ? scored.GetColumn<float>("Score").Select(score => new[] { 1 / (1 + Math.Exp(score)), 1 / (1 + Math.Exp(-score)) })
        : scored.GetColumn<float[]>("Score").Select(p => Array.ConvertAll(p, value => (double)value));

    private static PredictionTransformer<NaiveBayesLinearProbeModelParameters> NaiveBayes(MLContext ml, IDataView view, bool binary, NaiveBayesLinearProbeTrainer.Options options)
    {
        if (!binary)
            return ml.MulticlassClassification.Trainers.NaiveBayesLinearProbe(options).Fit(view);
        options.LabelColumnName = nameof(Row.Positive);
        return ml.BinaryClassification.Trainers.NaiveBayesLinearProbe(options).Fit(view);
    }

    private static ITransformer Logistic(MLContext ml, IDataView view, bool binary, float l1) => binary
        ? ml.BinaryClassification.Trainers.LbfgsLogisticRegression(nameof(Row.Positive), l1Regularization: l1).Fit(view)
        : ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: l1).Fit(view);
}
