using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;
using Spectre.Console;

namespace Quickstart;

/// <summary>Why the model thinks what it thinks about one customer.</summary>
internal static class Explanation
{
    private const int FeatureCount = 5;

    /// <summary>Shows the features that say most about the customer who is most likely to leave.</summary>
    public static void Show(TransformerChain<PredictionTransformer<NaiveBayesLinearProbeModelParameters>> model, IDataView customers)
    {
        var scored = model.Transform(customers);
        var (probability, features) = scored.GetColumn<float>("Probability").Zip(scored.GetColumn<float[]>("Features")).MaxBy(row => row.First);
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Features"].GetSlotNames(ref names);

        // Row 1 speaks for true (left), row 0 for false: their difference is what a feature adds to the log-odds.
        var evidence = model.LastTransformer.Model.GetEvidence(features);
        var strongest = Enumerable.Range(0, features.Length)
            .Select(j => (Name: names.GetItemOrDefault(j).ToString(), Value: features[j], LogOdds: evidence[1, j] - evidence[0, j]))
            .OrderByDescending(feature => Math.Abs(feature.LogOdds))
            .Take(FeatureCount);

        var table = new Table().AddColumns("Feature", "Value", "Adds to log-odds", "Odds times");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var (name, value, logOdds) in strongest)
            table.AddRow(name, $"{value:G5}", $"{logOdds:+0.00;-0.00}", $"{Math.Exp(logOdds):F2}");
        Console.WriteLine();
        Console.WriteLine($"The test customer most likely to leave (probability {probability:F2}), and the {FeatureCount} features that say most:");
        AnsiConsole.Write(table);
    }
}
