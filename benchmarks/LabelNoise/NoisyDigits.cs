using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>Handwritten digits (1,797 rows of 64 pixels): 1,000 random rows to train on, some of whose labels are made wrong, and 797 with their true labels to test.</summary>
internal sealed class NoisyDigits
{
    private const int TrainingRows = 1000;
    private const int Classes = 10;

    private readonly int[] _true;
    private readonly int[] _given;

    private NoisyDigits(MLContext ml, Row[] train, int[] given, Row[] test)
    {
        (_true, _given) = ([.. train.Select(row => (int)row.Label)], given);
        Train = View(ml, train.Zip(given, (row, label) => new Row { Features = row.Features, Label = (uint)label }));
        Test = View(ml, test);
    }

    public IDataView Train { get; }

    public IDataView Test { get; }

    /// <summary>Draws the split, and labels by the given rule.</summary>
    /// <param name="seed">Seed of both.</param>
    /// <param name="noise">Gives a label from the true one and a source of random numbers.</param>
    public static NoisyDigits Draw(int seed, Func<int, Random, int> noise)
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "digits.csv")).Where(line => !line.StartsWith('#'))
            .Select(line => Array.ConvertAll(line.Split(','), cell => float.Parse(cell, CultureInfo.InvariantCulture)))
            .Select(cells => new Row { Features = cells[1..], Label = (uint)cells[0] }).ToArray();
        Random random = new(seed);
        random.Shuffle(rows);
        var train = rows[..TrainingRows];
        return new(new MLContext(seed), train, [.. train.Select(row => noise((int)row.Label, random))], rows[TrainingRows..]);
    }

    /// <summary>With the given probability a label drawn from all ten, the true one included.</summary>
    public static Func<int, Random, int> Uniform(double probability) => (label, random) => random.NextDouble() < probability ? random.Next(Classes) : label;

    /// <summary>With the given probability the next digit.</summary>
    public static Func<int, Random, int> Next(double probability) => (label, random) => random.NextDouble() < probability ? (label + 1) % Classes : label;

    /// <summary>Share of the rows with a wrong label for which that label is predicted.</summary>
    public double Memorised(EpochPredictions predictions) => predictions.Rows.Zip(predictions.PredictedClasses)
        .Where(row => IsWrong(row.First)).Select(row => _given[row.First] == row.Second ? 1.0 : 0).DefaultIfEmpty(0).Average();

    /// <summary>Area under the ROC curve of the scores, wrong labels being the positives.</summary>
    /// <param name="mostSuspiciousFirst">All training rows in their order of suspicion.</param>
    public double AreaUnderCurve(IReadOnlyList<LabelSuspicion> mostSuspiciousFirst)
    {
        double wrong = 0, pairs = 0;
        foreach (var suspicion in mostSuspiciousFirst)
        {
            if (IsWrong(suspicion.Row))
                wrong++;
            else
                pairs += wrong;
        }
        return pairs / (wrong * (mostSuspiciousFirst.Count - wrong));
    }

    /// <summary>Share of the rows whose suggested label is the true one.</summary>
    public double Corrected(IReadOnlyList<LabelSuspicion> suspicions) => suspicions.Average(suspicion => suspicion.SuggestedClass == _true[suspicion.Row] ? 1 : 0);

    private bool IsWrong(long row) => _true[row] != _given[row];

    private static IDataView View(MLContext ml, IEnumerable<Row> rows)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 64);
        schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), Classes);
        return ml.Data.LoadFromEnumerable(rows.ToArray(), schema);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public uint Label { get; set; }
    }
}
