using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Data;
using MLExtensions.Trainers;

namespace MLExtensions.Benchmarks;

/// <summary>A small public table with some labels that are another class on purpose, and the settings with which the reference was measured.</summary>
internal sealed class FlippedTable
{
    private FlippedTable(Source source, double noise, int seed)
    {
        About = source;
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", source.Name + ".csv")).Where(line => !line.StartsWith('#'))
            .Select(line => Array.ConvertAll(line.Split(','), cell => float.Parse(cell, CultureInfo.InvariantCulture)))
            .Select(cells => new Row { Features = cells[1..], Label = (uint)cells[0] }).ToArray();
        var train = rows.Where((_, i) => i % 10 is not (3 or 6 or 9)).ToArray();
        Test = View(rows.Where((_, i) => i % 10 is 3 or 6 or 9));
        IsWrong = new bool[train.Length];
        Random random = new(seed);
        foreach (var row in Enumerable.Range(0, train.Length).OrderBy(_ => random.Next()).Take((int)(noise * train.Length)))
        {
            IsWrong[row] = true;
            var other = (uint)random.Next(source.Classes - 1);
            train[row] = new() { Features = train[row].Features, Label = other >= train[row].Label ? other + 1 : other };
        }
        Train = View(train);
    }

    /// <summary>The tables that the reference was measured on.</summary>
    public static Source[] Sources { get; } = [new("digits", 10, 64, 32), new("breast-cancer", 2, 32, 16)];

    /// <summary>Name, number of classes, hidden units and rows a step.</summary>
    public sealed record Source(string Name, int Classes, int HiddenUnits, int BatchSize);

    public Source About { get; }

    public IDataView Train { get; }

    public IDataView Test { get; }

    /// <summary>Which training rows have a wrong label.</summary>
    public bool[] IsWrong { get; }

    /// <summary>The table.</summary>
    /// <param name="source">Which one.</param>
    /// <param name="noise">Share of the training rows whose label is made wrong.</param>
    /// <param name="seed">Seed of the choice.</param>
    public static FlippedTable Load(Source source, double noise, int seed) => new(source, noise, seed);

    /// <summary>The rows of a training in any number of steps: all that are named.</summary>
    public IDataView Rows(IEnumerable<int> rows)
    {
        var keeps = new bool[IsWrong.Length];
        foreach (var row in rows)
            keeps[row] = true;
        return new FilteredRowsView(Train, keeps);
    }

    /// <summary>Area under the ROC curve of scores, wrong labels being the positives.</summary>
    public double AreaUnderCurve(float[] scores)
    {
        double wrong = 0, pairs = 0;
        foreach (var row in Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row]))
        {
            if (IsWrong[row])
                wrong++;
            else
                pairs += wrong;
        }
        return pairs / (wrong * (scores.Length - wrong));
    }

    /// <summary>Share of wrong labels among so many rows of the highest scores as there are wrong labels.</summary>
    public double PrecisionAtTop(float[] scores)
    {
        var wrong = IsWrong.Count(isWrong => isWrong);
        return Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row]).Take(wrong).Count(row => IsWrong[row]) / (double)wrong;
    }

    /// <summary>Accuracy on the test rows of a network that is trained in as many steps as 40 epochs of all rows, mean of several seeds.</summary>
    /// <param name="rows">The rows to train on.</param>
    /// <param name="share">Their share of all rows.</param>
    /// <param name="seeds">Number of seeds.</param>
    public double Accuracy(IDataView rows, double share, int seeds) => Enumerable.Range(1, seeds).AsParallel().AsOrdered().Average(seed =>
    {
        MLContext ml = new(seed);
        var fitted = ml.MulticlassClassification.Trainers.NeuralNetwork(new NeuralNetworkTrainer.Options
        {
            HiddenLayers = 1,
            HiddenUnits = About.HiddenUnits,
            BatchSize = About.BatchSize,
            Optimizer = NetworkOptimizer.Sgd,
            LearningRate = 0.05,
            WeightDecay = 5e-4,
            ValidationFraction = 0,
            Epochs = (int)Math.Round(40 / share),
            NumberOfThreads = 1,
            Seed = seed,
        }).Fit(rows);
        using (fitted as IDisposable)
            return ml.MulticlassClassification.Evaluate(fitted.Transform(Test)).MicroAccuracy;
    });

    private IDataView View(IEnumerable<Row> rows)
    {
        var array = rows.ToArray();
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, array[0].Features.Length);
        schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), About.Classes);
        return new MLContext(1).Data.LoadFromEnumerable(array, schema);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public uint Label { get; set; }
    }
}
