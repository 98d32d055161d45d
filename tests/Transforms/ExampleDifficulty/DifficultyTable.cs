using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Tests.Data;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>The training rows of a small public table, a tenth of whose labels is another class where asked for.</summary>
internal sealed class DifficultyTable
{
    private readonly SmallTable _table;

    private DifficultyTable(SmallTable table, double noise, int seed)
    {
        var train = table.Train;
        Random random = new(seed);
        var labels = train.Labels.ToArray();
        IsWrong = new bool[labels.Length];
        foreach (var row in Enumerable.Range(0, labels.Length).OrderBy(_ => random.Next()).Take((int)(noise * labels.Length)))
        {
            IsWrong[row] = true;
            var other = random.Next(table.ClassCount - 1);
            labels[row] = other >= labels[row] ? other + 1 : other;
        }
        _table = new(train.Features, labels);
        Test = table.Test;
    }

    public bool[] IsWrong { get; }

    public SmallTable Test { get; }

    public int RowCount => IsWrong.Length;

    public static DifficultyTable Digits(double noise, int seed = 1) => new(SmallTables.Digits, noise, seed);

    public static DifficultyTable BreastCancer(double noise, int seed = 1) => new(SmallTables.BreastCancer, noise, seed);

    /// <summary>Rows with Features, the key Label, and Positive.</summary>
    public IDataView View(MLContext ml) => _table.ToView(ml);

    /// <summary>Area under the ROC curve of scores, wrong labels being the positives.</summary>
    public double AreaUnderCurve(IEnumerable<float> scores)
    {
        double wrong = 0, pairs = 0;
        foreach (var (row, _) in scores.Index().OrderByDescending(entry => entry.Item))
        {
            if (IsWrong[row])
                wrong++;
            else
                pairs += wrong;
        }
        return pairs / (wrong * (IsWrong.Length - wrong));
    }

    public static float[] Difficulties(IDataView scored) => [.. scored.GetColumn<float>("Difficulty")];
}
