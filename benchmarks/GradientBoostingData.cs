using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Benchmarks;

/// <summary>The gradient-boosted neural network beside ML.NET's own trainers on larger public tables.</summary>
internal sealed class GradientBoostingData : Measurement
{
    private static readonly (string Table, double Goal)[] Goals =
    [
        ("adult", 0.912), ("bank_marketing", 0.925), ("telco_churn", 0.850), ("letter", 0.94), ("covertype_15k", 0.83),
        ("california_housing", 51_000), ("bike_sharing", 42), ("diamonds", 580),
    ];

    public override string Name => "gradient-boosting-data";

    public override string Title => "Gradient-boosted neural network on public tables";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        Table table = new("table", "figure", "goal", "`GradientBoostedNeuralNetwork`", "`LightGbm`", "`FastTree`", "L-BFGS linear", "SDCA linear");
        foreach (var (name, goal) in Goals)
            Add(table, name, goal);
        return table.ToString();
    }

    private static void Add(Table table, string name, double goal)
    {
        MLContext ml = new(1);
        var data = RealTable.Load(ml, name);
        var task = data.Description.PredictionTask;
        var results = Trainers(ml, task).Select(trainer => Measure(ml, data, trainer)).ToArray();
        void AddRow(string figure, string goal, Func<Evaluation, double> of, string format)
            => table.Add([name, figure, goal, .. results.Select(result => result is null ? "" : Text(of(result), format))]);

        if (task == PredictionTask.Regression)
        {
            AddRow("RMSE", Text(goal, "0"), result => result.RootMeanSquaredError!.Value, "0.0");
        }
        else
        {
            if (task == PredictionTask.BinaryClassification)
                AddRow("AUC", Text(goal, "0.000"), result => result.AreaUnderCurve!.Value, "0.0000");
            AddRow("accuracy", task == PredictionTask.MulticlassClassification ? Text(goal, "0.00") : "", result => result.Accuracy!.Value, "0.0000");
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
            ml.Regression.Trainers.GradientBoostedNeuralNetwork(), ml.Regression.Trainers.LightGbm(), ml.Regression.Trainers.FastTree(), null, ml.Regression.Trainers.Sdca(),
        ],
        PredictionTask.BinaryClassification =>
        [
            ml.BinaryClassification.Trainers.GradientBoostedNeuralNetwork(), ml.BinaryClassification.Trainers.LightGbm(), ml.BinaryClassification.Trainers.FastTree(),
            ml.BinaryClassification.Trainers.LbfgsLogisticRegression(), ml.BinaryClassification.Trainers.SdcaLogisticRegression(),
        ],
        _ =>
        [
            ml.MulticlassClassification.Trainers.GradientBoostedNeuralNetwork(), ml.MulticlassClassification.Trainers.LightGbm(), null,
            ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(), ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(),
        ],
    };

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
