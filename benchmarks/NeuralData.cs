using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>The neural network with its defaults on seventeen public tables, beside scikit-learn's network and ML.NET's own trainers.</summary>
internal sealed class NeuralData : Measurement
{
    /// <summary>Seeds a mean is over.</summary>
    public const int Seeds = 3;

    // scikit-learn's MLPClassifier and MLPRegressor with their defaults (one layer of 100 units, Adam, no early stopping): mean and standard deviation of five seeds, measured apart, and the one
    // seed of ../shared/data/PEERS.md, another version on another machine; in the order of Figures.
    private static readonly Dictionary<string, (double Mean, double Spread, double OneSeed)[]> ScikitLearn = new()
    {
        ["adult"] = [(0.8451, 0.0033, 0.8525), (0.8963, 0.0021, 0.8997), (0.3652, 0.0035, 0.3603)],
        ["bank_marketing"] = [(0.8942, 0.0012, 0.8942), (0.9132, 0.0025, 0.9163), (0.2558, 0.0051, 0.2506)],
        ["german_credit"] = [(0.7100, 0.0209, 0.6850), (0.7313, 0.0055, 0.7300), (0.8060, 0.0217, 0.8265)],
        ["telco_churn"] = [(0.7888, 0.0037, 0.7871), (0.8302, 0.0040, 0.8317), (0.4585, 0.0101, 0.4524)],
        ["hr_attrition"] = [(0.8803, 0.0103, 0.8776), (0.8525, 0.0102, 0.8559), (0.3676, 0.0256, 0.3713)],
        ["credit_default"] = [(0.8166, 0.0016, 0.8130), (0.7707, 0.0015, 0.7744), (0.4398, 0.0014, 0.4375)],
        ["higgs_small"] = [(0.6475, 0.0082, 0.6487), (0.7028, 0.0064, 0.7083), (0.7160, 0.0105, 0.7066)],
        ["letter"] = [(0.9514, 0.0022, 0.9465), (0.1575, 0.0051, 0.1626)],
        ["shuttle"] = [(0.9992, 0.0002, 0.9992), (0.0115, 0.0013, 0.0117)],
        ["covertype_15k"] = [(0.8170, 0.0030, 0.8188), (0.4825, 0.0098, 0.4772)],
        ["wine_quality"] = [(0.5751, 0.0035, 0.5723), (1.0153, 0.0065, 1.0218)],
        ["optdigits"] = [(0.9799, 0.0013, 0.9795), (0.0774, 0.0094, 0.0697)],
        ["mnist_5k"] = [(0.9292, 0.0034, 0.9290), (0.2618, 0.0161, 0.2548)],
        ["music_genre"] = [(0.7760, 0.0128, 0.7900), (0.8432, 0.0393, 0.8245)],
        ["california_housing"] = [(51722, 234, 51740)],
        ["diamonds"] = [(779, 162, 600)],
        ["bike_sharing"] = [(40.91, 0.60, 41.06)],
    };

    public override string Name => "neural-data";

    public override string Title => "Neural network on public tables";

    /// <summary>The tables, by their names in the manifest.</summary>
    public static IReadOnlyCollection<string> Tables => ScikitLearn.Keys;

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        Table table = new("table", "figure", "neural network", "spread", "standard error", "scikit-learn MLP", "its spread", "its one seed", "`LightGbm`", "linear");
        ResumableResults results = new(Name);
        foreach (var name in Tables.Where(ResumableResults.Includes))
            Add(table, results, name);
        return results.Finish(() => $"""
            Test rows: index modulo 5 == 0 (music_genre: the 300 without crowd labels). The same prepared rows for all trainers: numbers with missing values replaced by the mean and standardised, categories
            one-hot. `NeuralNetwork` with its defaults: mean of {Seeds} seeds, and the standard deviation over them. The standard error is that of an accuracy due to the choice of
            test rows. `MLPClassifier` and `MLPRegressor` of scikit-learn with their defaults on nearly the same features: five seeds, and one seed that was
            measured elsewhere. `LightGbm` with its defaults. Linear is L-BFGS logistic regression or maximum
            entropy, SDCA for regression. Log-loss in nats.

            {table}
            """);
    }

    /// <summary>Trains the network on a table's training rows and evaluates it on its test rows.</summary>
    public static Evaluation Measure(RealTable table, int seed, Action<NeuralNetworkTrainer.Options>? set = null)
    {
        MLContext ml = new(seed);
        NeuralNetworkTrainer.Options options = new() { Seed = seed, NumberOfThreads = 1 };
        set?.Invoke(options);
        IEstimator<ITransformer> trainer = table.Description.PredictionTask switch
        {
            PredictionTask.Regression => ml.Regression.Trainers.NeuralNetwork(options),
            PredictionTask.BinaryClassification => ml.BinaryClassification.Trainers.NeuralNetwork(options),
            _ => ml.MulticlassClassification.Trainers.NeuralNetwork(options),
        };
        return Evaluation.Of(ml, table, trainer);
    }

    /// <summary>The figures of a task that are compared, the first of them the one that counts most.</summary>
    public static (string Name, Func<Evaluation, double> Of, string Format)[] Figures(PredictionTask task) => task switch
    {
        PredictionTask.Regression => [("RMSE", run => run.RootMeanSquaredError!.Value, "0.00")],
        PredictionTask.BinaryClassification =>
        [
            ("accuracy", run => run.Accuracy!.Value, "0.0000"), ("AUC", run => run.AreaUnderCurve!.Value, "0.0000"), ("log-loss", run => run.LogLoss!.Value, "0.0000"),
        ],
        _ => [("accuracy", run => run.Accuracy!.Value, "0.0000"), ("log-loss", run => run.LogLoss!.Value, "0.0000")],
    };

    /// <summary>Standard deviation over runs.</summary>
    public static double Spread(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }

    private static void Add(Table table, ResumableResults results, string name)
    {
        MLContext ml = new(1);
        var data = RealTable.Load(ml, name);
        var task = data.Description.PredictionTask;
        double[] Run(string key, Func<Evaluation> measure)
        {
            Lazy<Evaluation> run = new(measure);
            return [.. Figures(task).Select(figure => results.Get($"{name} {figure.Name}, {key}", () => figure.Of(run.Value)))];
        }

        var runs = Enumerable.Range(1, Seeds).Select(seed => Run($"seed {seed}", () => Measure(data, seed))).ToArray();
        var (lightGbm, linear) = (Run("LightGbm", () => Evaluation.Of(ml, data, LightGbm(ml, task))), Run("linear", () => Evaluation.Of(ml, data, Linear(ml, task))));
        foreach (var (i, ((figure, _, format), scikitLearn)) in Figures(task).Zip(ScikitLearn[name]).Index())
        {
            string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
            var values = runs.Select(run => run[i]).ToArray();
            table.Add(
                name, figure, Text(values.Average()), Text(Spread(values)), figure == "accuracy" ? Text(StandardError(values.Average(), data)) : "", Text(scikitLearn.Mean), Text(scikitLearn.Spread), Text(scikitLearn.OneSeed),
                Text(lightGbm[i]),
                Text(linear[i]));
            Progress($"{name} {figure}: {Text(values.Average())} ({string.Join(' ', values.Select(Text))}), scikit-learn {Text(scikitLearn.Mean)} and {Text(scikitLearn.OneSeed)}, LightGbm {Text(lightGbm[i])}, linear {Text(linear[i])}");
        }
    }

    private static double StandardError(double accuracy, RealTable table) => Math.Sqrt(accuracy * (1 - accuracy) / table.Test.GetRowCount()!.Value);

    private static IEstimator<ITransformer> LightGbm(MLContext ml, PredictionTask task) => task switch
    {
        PredictionTask.Regression => ml.Regression.Trainers.LightGbm(),
        PredictionTask.BinaryClassification => ml.BinaryClassification.Trainers.LightGbm(),
        _ => ml.MulticlassClassification.Trainers.LightGbm(),
    };

    private static IEstimator<ITransformer> Linear(MLContext ml, PredictionTask task) => task switch
    {
        PredictionTask.Regression => ml.Regression.Trainers.Sdca(),
        PredictionTask.BinaryClassification => ml.BinaryClassification.Trainers.LbfgsLogisticRegression(),
        _ => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(),
    };
}
