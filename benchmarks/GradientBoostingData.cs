using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>The gradient-boosted neural network beside ML.NET's own trainers on larger public tables.</summary>
internal sealed class GradientBoostingData : Measurement
{
    private static readonly (string Table, double? Goal)[] Goals =
    [
        ("adult", 0.912), ("bank_marketing", 0.925), ("telco_churn", 0.850), ("letter", 0.94), ("covertype_15k", 0.83),
        ("california_housing", 51_000), ("bike_sharing", 42), ("diamonds", 580), ("wine_quality", null), ("music_genre", null),
    ];

    // One set of options a task, chosen with every fifth training row as validation rows (RealTable.Load with forTuning).
    private static readonly Dictionary<PredictionTask, GradientBoostedNeuralNetworkTrainer.Options> Chosen = new()
    {
        [PredictionTask.BinaryClassification] = new()
        {
            NumberOfUnits = 300,
            UnitsPerStep = 10,
            LearningRate = 0.2,
            MaximumIterations = 100,
            WeightPenalty = 30,
            Activation = HiddenActivation.Tanh,
            Seed = 1,
        },
        [PredictionTask.MulticlassClassification] = new()
        {
            NumberOfUnits = 1000,
            UnitsPerStep = 50,
            LearningRate = 1,
            Subsample = 1,
            MaximumIterations = 300,
            Activation = HiddenActivation.Tanh,
            InitialWeightScale = 2,
            Seed = 1,
        },
        [PredictionTask.Regression] = new()
        {
            NumberOfUnits = 1000,
            UnitsPerStep = 25,
            LearningRate = 0.3,
            MaximumIterations = 300,
            WeightPenalty = 0.5,
            Activation = HiddenActivation.Tanh,
            InitialWeightScale = 2,
            Seed = 1,
        },
    };

    public override string Name => "gradient-boosting-data";

    public override string Title => "Gradient-boosted neural network on public tables";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        Table table = new("table", "figure", "goal", "chosen options", "default options", "`LightGbm`", "`FastTree`", "L-BFGS linear", "SDCA linear");
        foreach (var (name, goal) in Goals)
            Add(table, name, goal);
        return $"""
            Test rows: index modulo 5 == 0. The same prepared rows for all trainers: numbers with missing values replaced by the mean and standardised, categories one-hot.
            `GradientBoostedNeuralNetwork` with the options below and with its defaults; ML.NET's trainers with their defaults, all of them on all cores. L-BFGS is logistic
            regression or maximum entropy, SDCA also least squares. One run each. Log-loss in nats. Tables without a goal are there for completeness.

            Chosen options, one set a task, by validation on every fifth training row:

            {string.Join('\n', Chosen.Select(pair => $"- {pair.Key}: {Describe(pair.Value)}."))}

            {table}
            """;
    }

    private static string Describe(GradientBoostedNeuralNetworkTrainer.Options options) => string.Create(
        CultureInfo.InvariantCulture,
        $"{options.NumberOfUnits} units, {options.UnitsPerStep} a step, `LearningRate` {options.LearningRate}, `Subsample` {options.Subsample}, `MaximumIterations` {options.MaximumIterations}, "
        + $"`WeightPenalty` {options.WeightPenalty}, `Activation` {options.Activation}, `InitialWeightScale` {options.InitialWeightScale}");


    private static void Add(Table table, string name, double? goal)
    {
        MLContext ml = new(1);
        var data = RealTable.Load(ml, name);
        var task = data.Description.PredictionTask;
        var results = Trainers(ml, task).Select(trainer => Measure(ml, data, trainer)).ToArray();
        void AddRow(string figure, string goal, Func<Evaluation, double> of, string format)
            => table.Add([name, figure, goal, .. results.Select(result => result is null ? "" : Text(of(result), format))]);

        if (task == PredictionTask.Regression)
        {
            AddRow("RMSE", Goal(goal, "0"), result => result.RootMeanSquaredError!.Value, "0.0");
        }
        else
        {
            if (task == PredictionTask.BinaryClassification)
                AddRow("AUC", Goal(goal, "0.000"), result => result.AreaUnderCurve!.Value, "0.0000");
            AddRow("accuracy", task == PredictionTask.MulticlassClassification ? Goal(goal, "0.00") : "", result => result.Accuracy!.Value, "0.0000");
            AddRow("macro F1", "", result => result.MacroF1!.Value, "0.0000");
            AddRow("log-loss", "", result => result.LogLoss!.Value, "0.0000");
        }
        AddRow("fit s", "", result => result.FitSeconds, "0.0");
        AddRow("score us a row", "", result => result.ScoreSeconds / data.Test.GetRowCount()!.Value * 1e6, "0.00");
    }

    private static Evaluation? Measure(MLContext ml, RealTable data, IEstimator<ITransformer>? trainer)
    {
        if (trainer is null)
            return null;
        Progress($"{data.Name} {trainer.GetType().Name}");
        return Evaluation.Of(ml, data, trainer);
    }

    // In the order of the columns.
    private static IEstimator<ITransformer>?[] Trainers(MLContext ml, PredictionTask task) => task switch
    {
        PredictionTask.Regression =>
        [
            ml.Regression.Trainers.GradientBoostedNeuralNetwork(Chosen[task]), ml.Regression.Trainers.GradientBoostedNeuralNetwork(),
            ml.Regression.Trainers.LightGbm(), ml.Regression.Trainers.FastTree(), null, ml.Regression.Trainers.Sdca(),
        ],
        PredictionTask.BinaryClassification =>
        [
            ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(Chosen[task]), ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(),
            ml.BinaryClassification.Trainers.LightGbm(), ml.BinaryClassification.Trainers.FastTree(),
            ml.BinaryClassification.Trainers.LbfgsLogisticRegression(), ml.BinaryClassification.Trainers.SdcaLogisticRegression(),
        ],
        _ =>
        [
            ml.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(Chosen[task]), ml.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(),
            ml.MulticlassClassification.Trainers.LightGbm(), null,
            ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(), ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(),
        ],
    };

    private static string Goal(double? goal, string format) => goal is { } known ? Text(known, format) : "";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
