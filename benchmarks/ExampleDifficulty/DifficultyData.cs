using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>Accuracy of three learners on a part of the rows of real tables.</summary>
internal sealed class DifficultyData : Measurement
{
    private static readonly (string Table, string? Labels)[] Tables =
        [("adult", null), ("bank_marketing", null), ("letter", null), ("covertype_15k", null), ("letter", "sym20")];

    private static readonly double[] Keeps = [0.7, 0.5, 0.3];
    private static readonly string[] Choices = ["hardest", "window", "random", "easiest"];
    private static readonly string[] Learners = ["LightGbm", "plain network", "NaiveBayesLinearProbe"];

    public override string Name => "example-difficulty-data";

    public override string Title => "Example difficulty: pruning real tables";

    public override string Run()
    {
        if (RealTable.Missing is { } missing)
            return missing;
        ResumableResults results = new(Name);
        Table table = new(["Table, learner", "all rows", .. Keeps.SelectMany(keep => Choices.Select(choice => $"{choice} {keep}"))]);
        Table noise = new("Table", "rows", "another label suggested", "estimated share of wrong labels", "share to drop");
        foreach (var (name, labels) in Tables.Where(table => ResumableResults.Includes(NameOf(table.Table, table.Labels))))
            Measure(name, labels, results, table, noise);
        return results.Finish(() => $"""
            Accuracy on the test rows (true labels) of learners that are trained on a part of the training rows; one seed. EL2N after 5 epochs, 10 runs, default options; window: below the hardest 15 %. The network has as many
            steps for a part as for all rows (epochs divided by the share), default options otherwise; LightGbm and the probe have their defaults. "One class": all rows that are left have the same label. sym20: 20 % of the training labels are wrong.

            {table}
            What the mixture of difficulties says of these tables:

            {noise}
            """);
    }

    private static void Measure(string name, string? labels, ResumableResults results, Table table, Table noise)
    {
        MLContext ml = new(1);
        var title = NameOf(name, labels);
        var real = RealTable.Load(ml, name, labels);
        var scored = ml.Data.ScoreTrainingRows(real.Train, new ExampleDifficultyEstimator.Options { Seed = 1 });
        float[] scores = [.. scored.GetColumn<float>("Difficulty")];
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderBy(row => scores[row])];
        var mixture = ml.Data.FitDifficultyMixture(scored);
        var others = ml.Data.FindLabelIssues(scored, top: scores.Length).GetRowCount()!.Value / (double)scores.Length;
        noise.Add(title, $"{scores.Length:N0}", Text(others), Text(mixture.NoisyShare), Text(mixture.SuggestedDropHardestFraction));
        foreach (var learner in Learners)
        {
            List<string> cells = [$"{title}, {learner}"];
            double Accuracy(string choice, double keep) => results.Get($"{title}, {learner}, {choice}, {keep}", () =>
            {
                var rows = keep == 1 ? real.Train : Rows(real.Train, DifficultyPruning.Choose(order, keep, choice));
                var accuracy = HasClasses(real, rows) ? Evaluate(ml, real, rows, learner, keep) : double.NaN;
                Progress($"{title}, {learner}, {choice}, {keep}: {accuracy:0.0000}");
                return accuracy;
            });
            cells.Add(Text(Accuracy("all", 1)));
            foreach (var keep in Keeps)
                cells.AddRange(Choices.Select(choice => Text(Accuracy(choice, keep))));
            table.Add([.. cells]);
        }
    }

    // The easiest rows of a table with a rare class may all be of the other one.
    private static bool HasClasses(RealTable table, IDataView rows) => table.Description.PredictionTask == PredictionTask.BinaryClassification
        ? rows.GetColumn<bool>("Label").Distinct().Count() > 1
        : rows.GetColumn<uint>("Label").Distinct().Count() > 1;

    private static string NameOf(string table, string? labels) => labels is null ? table : $"{table}/{labels}";

    private static double Evaluate(MLContext ml, RealTable table, IDataView rows, string learner, double share)
    {
        var fitted = Learner(ml, table.Description.PredictionTask == PredictionTask.BinaryClassification, learner, share).Fit(rows);
        using (fitted as IDisposable)
        {
            var predicted = fitted.Transform(table.Test);
            return table.Description.PredictionTask == PredictionTask.BinaryClassification ? ml.BinaryClassification.EvaluateNonCalibrated(predicted).Accuracy : ml.MulticlassClassification.Evaluate(predicted).MicroAccuracy;
        }
    }

    private static IEstimator<ITransformer> Learner(MLContext ml, bool isBinary, string learner, double share)
    {
        NeuralNetworkTrainer.Options network = new() { Seed = 1, NumberOfThreads = 1 };
        network.Epochs = (int)Math.Round(network.Epochs / share);
        network.PatienceEpochs = (int)Math.Round(network.PatienceEpochs / share);
        return (learner, isBinary) switch
        {
            ("LightGbm", true) => ml.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options { NumberOfThreads = 1 }),
            ("LightGbm", false) => ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { NumberOfThreads = 1 }),
            ("plain network", true) => ml.BinaryClassification.Trainers.NeuralNetwork(network),
            ("plain network", false) => ml.MulticlassClassification.Trainers.NeuralNetwork(network),
            (_, true) => ml.BinaryClassification.Trainers.NaiveBayesLinearProbe(),
            _ => ml.MulticlassClassification.Trainers.NaiveBayesLinearProbe(),
        };
    }

    private static FilteredRowsView Rows(IDataView view, int[] rows)
    {
        var keeps = new bool[rows.Max() + 1];
        foreach (var row in rows)
            keeps[row] = true;
        Array.Resize(ref keeps, (int)view.GetRowCount()!.Value);
        return new(view, keeps);
    }

    private static string Text(double value) => double.IsNaN(value) ? "one class" : value.ToString("0.0000", CultureInfo.InvariantCulture);
}
