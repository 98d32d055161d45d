using Microsoft.ML;
using MLExtensions.Tests.Data;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>Handwritten digits, 1,000 to train on of which 36 % have a wrong label, and 797 to test.</summary>
internal static class NoisyDigits
{
    private static readonly int[] TrainRows = [.. NoiseReference.Of("digits_data").Indices("train_rows").Select(row => (int)row)];

    private static readonly SmallTable Train = new(
        [.. TrainRows.Select(row => SmallTables.Digits.Features[row])], [.. NoiseReference.Of("digits_data", "noisy_labels").GetString()!.Select(digit => (double)(digit - '0'))]);

    /// <summary>The true classes of the training rows.</summary>
    public static int[] TrueClasses { get; } = [.. TrainRows.Select(row => SmallTables.Digits.Classes[row])];

    /// <summary>Whether the label of a training row is wrong.</summary>
    public static bool IsWrong(long row) => TrueClasses[row] != Train.Classes[row];

    /// <summary>The class that a training row is labelled with.</summary>
    public static int GivenClass(long row) => Train.Classes[row];

    public static IDataView TrainView(MLContext ml) => Train.ToView(ml);

    public static IDataView TestView(MLContext ml)
    {
        int[] rows = [.. Enumerable.Range(0, SmallTables.Digits.RowCount).Except(TrainRows)];
        return new SmallTable([.. rows.Select(row => SmallTables.Digits.Features[row])], [.. rows.Select(row => SmallTables.Digits.Labels[row])]).ToView(ml);
    }
}
