using System.Globalization;
using System.Xml.Linq;
using MLExtensions.Estimators.Reports;

namespace MLExtensions.Tests.Estimators.Reports;

/// <summary>Pages, tables, axes and charts of reports.</summary>
public sealed class ReportPartsTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Texts_are_encoded_everywhere()
    {
        const string Text = "a < b & \"c\"";
        var page = new HtmlPage(Text).Heading(Text).Paragraph(Text).Table([Text, "n"], [[Text, "1"]]).Figure(new SvgChart(Text, Text).Line(Text, [(0, 0), (1, 1)]), Text).ToString();
        Assert.DoesNotContain("a < b", page, StringComparison.Ordinal);
        var body = XElement.Parse(page[page.IndexOf("<body>", StringComparison.Ordinal)..page.IndexOf("</html>", StringComparison.Ordinal)]);
        Assert.Equal(Text, body.Element("h1")!.Value);
        Assert.Equal([Text, "1"], body.Descendants("td").Select(cell => cell.Value));
        Assert.Equal(Text, body.Descendants("figcaption").Single().Value);
    }

    [Theory]
    [InlineData(0, 1, false, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(3, 17, false, "5 10 15")]
    [InlineData(-1, 1, false, "-1 -0.5 0 0.5 1")]
    [InlineData(0, 12000, false, "0 2,000 4,000 6,000 8,000 10,000 12,000")]
    [InlineData(1, 1000, true, "1 10 100 1,000")]
    [InlineData(11, 120, true, "20 50 100")]
    [InlineData(0.00001, 1, true, "1e-5 0.0001 0.001 0.01 0.1 1")]
    [InlineData(5, 5, false, "5")]
    public void Ticks_are_round_numbers_inside_the_range(double from, double to, bool isLogarithmic, string expected)
    {
        ChartAxis axis = new([from, to], isLogarithmic);
        Assert.All(axis.Ticks(), tick => Assert.InRange(axis.Place(tick.Value), -1e-6, 1 + 1e-6));
        if (from < to)
            Assert.Equal(expected, string.Join(' ', axis.Ticks().Select(tick => tick.Text)));
        else
            Assert.Contains("5", axis.Ticks().Select(tick => tick.Text));
        Assert.InRange(axis.Ticks().Count(), 2, 12);
    }

    [Fact]
    public void Values_that_an_axis_cannot_show_are_left_out()
    {
        ChartAxis axis = new([1, 10, 0, -3, double.NaN, double.PositiveInfinity], isLogarithmic: true);
        Assert.Equal(0.5, axis.Place(Math.Sqrt(10)), 12);
        Assert.False(axis.Shows(0));
        Assert.False(axis.Shows(double.NaN));
        Assert.Equal(["0", "1"], new ChartAxis([], isLogarithmic: false).Ticks().Select(tick => tick.Text).Where(text => text.Length == 1));
    }

    [Fact]
    public void A_histogram_gives_shares_that_add_up_to_one()
    {
        var chart = new SvgChart("x", "share").Histogram("values", [.. Enumerable.Range(0, 100).Select(i => (double)i)]);
        var bars = Bars(chart);
        Assert.Equal(10, bars.Length);
        Assert.All(bars, bar => Assert.Equal(bars[0], bar, 0.05));
        // Equal factors on a logarithmic axis: 1, 10, 100, 1000 each once.
        Assert.Equal(2, Bars(new SvgChart("x", "share") { LogX = true }.Histogram("values", [1, 10, 100, 1000])).Length);
        Assert.Empty(Bars(new SvgChart("x", "share") { LogX = true }.Histogram("values", [0, -1])));
        Assert.Single(Bars(new SvgChart("x", "share").Histogram("values", [7])));
    }

    [Fact]
    public void Lines_and_points_lie_where_they_belong()
    {
        var svg = XElement.Parse(new SvgChart("x", "y").Line("line", [(0, 0), (10, 5)]).Points("points", [(10, 5), (double.NaN, 1)]).ToSvg());
        // The axes have room for whole points: a twentieth of the range at either end.
        Assert.Equal("104.55,326.18 595.45,49.82", svg.Element(Svg + "polyline")!.Attribute("points")!.Value);
        var circle = Assert.Single(svg.Elements(Svg + "circle"));
        Assert.Equal("595.45 49.82", $"{circle.Attribute("cx")!.Value} {circle.Attribute("cy")!.Value}");
        Assert.Equal("80,340 620,36", XElement.Parse(new SvgChart("x", "y").Line("line", [(0, 0), (10, 5)]).ToSvg()).Element(Svg + "polyline")!.Attribute("points")!.Value);
        Assert.Contains("points", svg.Elements(Svg + "text").Select(text => text.Value));
        Assert.NotEmpty(XElement.Parse(new SvgChart("x", "y").ToSvg()).Elements());
    }

    // The heights of the bars.
    private static double[] Bars(SvgChart chart) => [.. XElement.Parse(chart.ToSvg()).Elements(Svg + "rect").Where(bar => bar.Attribute("fill-opacity") is not null)
        .Select(bar => double.Parse(bar.Attribute("height")!.Value, CultureInfo.InvariantCulture))];
}
