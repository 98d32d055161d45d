using System.Globalization;
using System.Net;
using System.Text;

namespace MLExtensions.Estimators.Reports;

/// <summary>A chart as an SVG picture: lines, points and histograms over two axes, with a legend.</summary>
/// <param name="xLabel">What the horizontal axis shows.</param>
/// <param name="yLabel">What the vertical axis shows.</param>
public sealed class SvgChart(string xLabel, string yLabel)
{
    private const int Width = 640;
    private const int Height = 400;
    private const int Left = 80;
    private const int Right = 20;
    private const int Bottom = 60;
    private const int MostBins = 40;
    private const int LegendRow = 20;
    private const int LegendEntriesInRow = 3;

    // Told apart also by people who do not see all colours (M. Okabe, K. Ito).
    private static readonly string[] Colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

    private readonly List<Series> _series = [];

    // The legend stands above the picture, so that it hides nothing.
    private int Top => 16 + (LegendRow * ((_series.Count(series => series.Name.Length > 0) + LegendEntriesInRow - 1) / LegendEntriesInRow));

    private enum Kind
    {
        Line,
        Points,
        Bars,
    }

    /// <summary>Whether the horizontal axis is logarithmic.</summary>
    public bool LogX { get; init; }

    /// <summary>Whether the vertical axis is logarithmic.</summary>
    public bool LogY { get; init; }

    /// <summary>Adds a line.</summary>
    /// <param name="name">What the legend calls it; empty for no entry.</param>
    /// <param name="points">Its points; those that are no finite numbers are left out.</param>
    public SvgChart Line(string name, IEnumerable<(double X, double Y)> points) => Add(new(Kind.Line, name, [.. points], 0));

    /// <summary>Adds points without a line: a scatter plot.</summary>
    /// <param name="name">What the legend calls them; empty for no entry.</param>
    /// <param name="points">The points; those that are no finite numbers are left out.</param>
    public SvgChart Points(string name, IEnumerable<(double X, double Y)> points) => Add(new(Kind.Points, name, [.. points], 0));

    /// <summary>Adds a histogram: the share of values in each of equal steps of the axis (equal factors if it is logarithmic).</summary>
    /// <param name="name">What the legend calls it; empty for no entry.</param>
    /// <param name="values">The values; those that are no finite numbers are left out.</param>
    public SvgChart Histogram(string name, IEnumerable<double> values)
    {
        double[] shown = [.. values.Where(value => double.IsFinite(value) && (!LogX || value > 0)).Select(value => LogX ? Math.Log10(value) : value)];
        if (shown.Length == 0)
            return this;
        var bins = Math.Clamp((int)Math.Sqrt(shown.Length), 1, MostBins);
        var (from, to) = (shown.Min(), shown.Max());
        var step = from < to ? (to - from) / bins : 1;
        var counts = new int[bins];
        foreach (var value in shown)
            counts[Math.Min(bins - 1, (int)((value - from) / step))]++;
        double Edge(int bin) => LogX ? Math.Pow(10, from + (bin * step)) : from + (bin * step);
        // The right end of the last bin closes the series.
        return Add(new(Kind.Bars, name, [.. counts.Select((count, bin) => (Edge(bin), (double)count / shown.Length)), (Edge(bins), 0)], 0.5));
    }

    /// <summary>The picture, for a page or a file of its own.</summary>
    public string ToSvg()
    {
        // Points at the border would be cut in half.
        var padding = _series.Any(series => series.Kind == Kind.Points) ? 0.05 : 0;
        var x = new ChartAxis(_series.SelectMany(series => series.Points).Select(point => point.X), LogX, padding: padding);
        var y = new ChartAxis(_series.SelectMany(series => series.Points).Select(point => point.Y), LogY, startsAtZero: true, padding);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Encode($"{yLabel} against {xLabel}")}</title>\n<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>\n");
        DrawAxes(svg, x, y);
        for (var i = 0; i < _series.Count; i++)
            Draw(svg, _series[i], Colors[i % Colors.Length], x, y);
        DrawLegend(svg);
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Writes the picture to a file.</summary>
    /// <param name="path">The file to write.</param>
    public void Save(string path) => File.WriteAllText(path, ToSvg());

    private SvgChart Add(Series series)
    {
        _series.Add(series);
        return this;
    }

    private void DrawAxes(StringBuilder svg, ChartAxis x, ChartAxis y)
    {
        foreach (var (value, text) in x.Ticks())
        {
            var at = Number(AtX(x, value));
            svg.Append($"<path d=\"M{at} {Top}V{Height - Bottom}\" stroke=\"#eee\"/><text x=\"{at}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{Encode(text)}</text>\n");
        }
        foreach (var (value, text) in y.Ticks())
        {
            var at = AtY(y, value);
            svg.Append($"<path d=\"M{Left} {Number(at)}H{Width - Right}\" stroke=\"#eee\"/><text x=\"{Left - 8}\" y=\"{Number(at + 4)}\" text-anchor=\"end\">{Encode(text)}</text>\n");
        }
        svg.Append($"<path d=\"M{Left} {Top}V{Height - Bottom}H{Width - Right}\" fill=\"none\" stroke=\"#444\"/>\n");
        svg.Append($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 14}\" text-anchor=\"middle\">{Encode(xLabel)}</text>\n");
        var middle = (Top + Height - Bottom) / 2;
        svg.Append($"<text x=\"18\" y=\"{middle}\" text-anchor=\"middle\" transform=\"rotate(-90 18 {middle})\">{Encode(yLabel)}</text>\n");
    }

    private void Draw(StringBuilder svg, Series series, string color, ChartAxis x, ChartAxis y)
    {
        (double X, double Y)[] shown = [.. series.Points.Where(point => x.Shows(point.X) && y.Shows(point.Y)).Select(point => (AtX(x, point.X), AtY(y, point.Y)))];
        switch (series.Kind)
        {
            case Kind.Line:
                svg.Append($"<polyline points=\"{string.Join(' ', shown.Select(point => $"{Number(point.X)},{Number(point.Y)}"))}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n");
                break;
            case Kind.Points:
                foreach (var (px, py) in shown)
                    svg.Append($"<circle cx=\"{Number(px)}\" cy=\"{Number(py)}\" r=\"4\" fill=\"{color}\" fill-opacity=\"0.7\"/>\n");
                break;
            default:
                var floor = AtY(y, 0);
                foreach (var (bar, next) in shown.Zip(shown.Skip(1)))
                    svg.Append($"<rect x=\"{Number(bar.X)}\" y=\"{Number(bar.Y)}\" width=\"{Number(next.X - bar.X)}\" height=\"{Number(floor - bar.Y)}\" fill=\"{color}\" fill-opacity=\"{Number(series.Opacity)}\"/>\n");
                break;
        }
    }

    private void DrawLegend(StringBuilder svg)
    {
        var named = _series.Select((series, i) => (series.Name, Color: Colors[i % Colors.Length])).Where(entry => entry.Name.Length > 0).ToArray();
        for (var i = 0; i < named.Length; i++)
        {
            var (row, column) = Math.DivRem(i, LegendEntriesInRow);
            var (x, y) = (Left + (column * (Width - Left - Right) / LegendEntriesInRow), 8 + (row * LegendRow));
            svg.Append($"<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"10\" fill=\"{named[i].Color}\"/><text x=\"{x + 20}\" y=\"{y + 10}\">{Encode(named[i].Name)}</text>\n");
        }
    }

    private static double AtX(ChartAxis x, double value) => Left + (x.Place(value) * (Width - Left - Right));

    private double AtY(ChartAxis y, double value) => Height - Bottom - (y.Place(value) * (Height - Top - Bottom));

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private sealed record Series(Kind Kind, string Name, (double X, double Y)[] Points, double Opacity);
}
