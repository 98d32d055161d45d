namespace Quickstart;

/// <summary>How much the tour does.</summary>
/// <param name="MostRows">Rows that are drawn from a larger table.</param>
/// <param name="PretrainingRows">Rows that features are learned from.</param>
/// <param name="PretrainingEpochs">Passes over them.</param>
/// <param name="Epochs">Passes of the other networks.</param>
/// <param name="ScoringRuns">Networks that score how hard rows are.</param>
/// <param name="BoostedUnits">Units of the boosted network.</param>
internal sealed record TourSettings(int MostRows, int PretrainingRows, int PretrainingEpochs, int Epochs, int ScoringRuns, int BoostedUnits)
{
    public static TourSettings Full { get; } = new(12_000, 5_000, 30, 40, 10, 200);

    public static TourSettings Quick { get; } = new(3_000, 1_500, 4, 12, 5, 60);
}
