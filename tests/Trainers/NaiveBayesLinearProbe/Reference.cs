using System.Text.Json;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Trainers.NaiveBayesLinearProbe;

/// <summary>The independent numbers in Data/naive-bayes-probe.json, 10 digits each, and models in the settings they were computed with.</summary>
internal static class Reference
{
    private static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "naive-bayes-probe.json"))).RootElement;

    public static readonly double[][] ToyRows = Matrix(Of("toy_data", "X"));
    public static readonly int[] ToyClasses = [0, 0, 0, 1, 1, 1, 1];

    public static JsonElement Of(params string[] path) => path.Aggregate(Root, (element, name) => element.GetProperty(name));

    public static double[] Vector(JsonElement element) => [.. element.EnumerateArray().Select(Number)];

    public static double[][] Matrix(JsonElement element) => [.. element.EnumerateArray().Select(Vector)];

    public static double[] Flat(JsonElement matrix) => [.. Matrix(matrix).SelectMany(row => row)];

    /// <summary>The options of the settings that the file names tied_abs_1e-9, tied_vs_1e-9, per_class_vs_1e-2 and so on.</summary>
    public static NaiveBayesLinearProbeTrainer.Options OptionsOf(string setting) => new()
    {
        Covariance = setting.Contains("per_class", StringComparison.Ordinal) ? CovarianceKind.PerClass : CovarianceKind.Tied,
        VarianceSmoothingRule = setting.Contains("abs", StringComparison.Ordinal) ? VarianceSmoothingRule.Absolute : VarianceSmoothingRule.LargestVariance,
        VarianceSmoothing = double.Parse(setting[(setting.LastIndexOf('_') + 1)..], System.Globalization.CultureInfo.InvariantCulture),
    };

    public static NaiveBayesLinearProbeModelParameters Toy(NaiveBayesLinearProbeTrainer.Options options)
        => new(ReferenceStatistics.Stream(ReferenceStatistics.Dense(ToyRows, ToyClasses), 2), options);

    public static double[] Posteriors(this NaiveBayesLinearProbeModelParameters model, params double[] x)
    {
        var posteriors = new double[model.ClassCount];
        model.Posteriors(x, posteriors);
        return posteriors;
    }

    public static double[] LogScores(this NaiveBayesLinearProbeModelParameters model, params double[] x)
    {
        var scores = new double[model.ClassCount];
        model.LogScores(x, scores);
        return scores;
    }

    /// <summary>ln p(x, k) with all constants, from the densities themselves, at T = 1; negative infinity for a class without training rows.</summary>
    public static double[] Joint(this NaiveBayesLinearProbeModelParameters model, params double[] x)
    {
        var joint = model.LogPriors.ToArray();
        for (var i = 0; i < model.Means.Length; i++)
        {
            var (k, j) = Math.DivRem(i, model.FeatureCount);
            var deviation = x[j] - model.Means[i];
            if (!double.IsNaN(deviation))
                joint[k] -= 0.5 * (Math.Log(2 * Math.PI * model.Variances[i]) + (deviation * deviation / model.Variances[i]));
        }
        return joint;
    }

    /// <summary>Scores less their mean: log scores are only defined up to a number that all classes share.</summary>
    public static double[] Centred(IReadOnlyList<double> scores) => [.. scores.Select(score => score - scores.Average())];

    /// <summary>Correct rows and mean log-loss, from log-softmax: posteriors may underflow to 0.</summary>
    public static (int Correct, double LogLoss) Evaluate(NaiveBayesLinearProbeModelParameters model, SmallTable test)
    {
        var (correct, loss) = (0, 0.0);
        for (var i = 0; i < test.RowCount; i++)
        {
            var scores = model.LogScores(test.Features[i]);
            var highest = scores.Max();
            correct += Array.IndexOf(scores, highest) == test.Classes[i] ? 1 : 0;
            loss += highest + Math.Log(scores.Sum(score => Math.Exp(score - highest))) - scores[test.Classes[i]];
        }

        return (correct, loss / test.RowCount);
    }

    private static double Number(JsonElement element) => element.ValueKind == JsonValueKind.Null ? double.NaN : element.GetDouble();
}
