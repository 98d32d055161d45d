using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Transforms;
using ScottPlot;

namespace MLExtensions.Benchmarks;

/// <summary>A map of the letters: the two first principal components of raw columns and of tokens, which have not seen what letter it is.</summary>
internal sealed class TJepaMap : Measurement
{
    private const int Columns = 16;
    private const int Points = 150;
    private static readonly char[] s_letters = ['A', 'I', 'L', 'M', 'O', 'W'];

    private readonly List<(string Name, double[][] Places, char[] Letters)> _maps = [];

    public override string Name => "t-jepa-map";

    public override string Title => "T-JEPA: a map of the embedding";

    public override string Run()
    {
        MLContext ml = new(1);
        var rows = ml.Data.LoadFromTextFile<Letter>(Path.Combine(AppContext.BaseDirectory, "Data", "letter.csv"), separatorChar: ',', hasHeader: true);
        var fitted = ml.Transforms.TJepa("Tokens", ["Features"], new TJepaFeaturizer.Options { Seed = 1, NumberOfThreads = 1 }).Fit(rows);
        var scored = fitted.Transform(rows);
        var names = scored.GetColumn<string>("Name").Select(name => name[0]).ToArray();
        Table table = new("Features", "letters that are nearest to their own mean on the map");
        foreach (var (title, column) in new[] { ("raw columns", "Features"), ("tokens", "Tokens") })
        {
            var projection = ml.Transforms.NormalizeMeanVariance(column, fixZero: false).Append(ml.Transforms.ProjectToPrincipalComponents(column, rank: 2, ensureZeroMean: true, seed: 1));
            var places = projection.Fit(scored).Transform(scored).GetColumn<float[]>(column).Select(place => place.Select(value => (double)value).ToArray()).ToArray();
            var chosen = Enumerable.Range(0, names.Length).Where(i => s_letters.Contains(names[i])).ToArray();
            (places, char[] letters) = ([.. chosen.Select(i => places[i])], [.. chosen.Select(i => names[i])]);
            table.Add(title, NearestMean(places, letters).ToString("P0", CultureInfo.InvariantCulture));
            _maps.Add((title, places, letters));
        }
        return $"Encoder with default options, fitted to all 20,000 rows of letter without their names; the two first principal components of all rows, of which those of {string.Join(", ", s_letters)} are shown.\n\n{table}";
    }

    public override void Draw(string folder)
    {
        Multiplot plots = new();
        plots.AddPlots(_maps.Count);
        foreach (var ((name, places, letters), i) in _maps.Select((map, i) => (map, i)))
        {
            var plot = plots.GetPlot(i);
            plot.Title(name);
            foreach (var letter in s_letters)
            {
                var points = places.Where((_, row) => letters[row] == letter).Take(Points).ToArray();
                var markers = plot.Add.Markers(points.Select(point => point[0]).ToArray(), points.Select(point => point[1]).ToArray(), MarkerShape.FilledCircle, 4);
                markers.LegendText = letter.ToString();
            }
            plot.HideGrid();
            if (i == 1)
                plot.ShowLegend(Alignment.UpperRight);
        }
        plots.Layout = new ScottPlot.MultiplotLayouts.Columns();
        Directory.CreateDirectory(folder);
        plots.SavePng(Path.Combine(folder, "t-jepa-map.png"), 900, 420);
    }

    private static double NearestMean(double[][] places, char[] letters)
    {
        var means = s_letters.ToDictionary(letter => letter, letter => Enumerable.Range(0, 2).Select(axis => places.Where((_, i) => letters[i] == letter).Average(place => place[axis])).ToArray());
        return places.Zip(letters).Count(pair => means.MinBy(mean => Math.Pow(mean.Value[0] - pair.First[0], 2) + Math.Pow(mean.Value[1] - pair.First[1], 2)).Key == pair.Second) / (double)places.Length;
    }

    private sealed class Letter
    {
        [LoadColumn(0, Columns - 1), VectorType(Columns)]
        public float[] Features { get; set; } = [];

        [LoadColumn(Columns)]
        public string Name { get; set; } = "";
    }
}
