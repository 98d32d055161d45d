using System.Net;
using System.Text;

namespace MLExtensions.Estimators.Reports;

/// <summary>A report as one self-contained HTML page: headings, text, tables and charts, without scripts or other files.</summary>
public sealed class HtmlPage
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        h1, h2 { line-height: 1.2; }
        table { border-collapse: collapse; margin: 1rem 0; }
        th, td { border-bottom: 1px solid #ddd; padding: 0.3rem 0.8rem; text-align: right; }
        th:first-child, td:first-child { text-align: left; }
        figure { margin: 1rem 0; }
        figcaption { color: #555; }
        svg { max-width: 100%; height: auto; }
        """;

    private readonly string _title;
    private readonly StringBuilder _body = new();

    /// <summary>Begins a page.</summary>
    /// <param name="title">Its title, and its first heading.</param>
    public HtmlPage(string title)
    {
        _title = title;
        Element("h1", title);
    }

    /// <summary>Adds a heading.</summary>
    /// <param name="text">Plain text.</param>
    public HtmlPage Heading(string text) => Element("h2", text);

    /// <summary>Adds a paragraph.</summary>
    /// <param name="text">Plain text.</param>
    public HtmlPage Paragraph(string text) => Element("p", text);

    /// <summary>Adds a table: texts in the first column, numbers in the others.</summary>
    /// <param name="headers">The heads of the columns.</param>
    /// <param name="rows">The cells of each row.</param>
    public HtmlPage Table(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(rows);
        _body.Append("<table>\n<thead>").Append(Row("th", headers)).Append("</thead>\n<tbody>\n");
        foreach (var row in rows)
            _body.Append(Row("td", row)).Append('\n');
        _body.Append("</tbody>\n</table>\n");
        return this;
    }

    /// <summary>Adds a chart with a line of text below it.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="caption">Plain text.</param>
    public HtmlPage Figure(SvgChart chart, string caption)
    {
        ArgumentNullException.ThrowIfNull(chart);
        _body.Append("<figure>\n").Append(chart.ToSvg()).Append("<figcaption>").Append(Encode(caption)).Append("</figcaption>\n</figure>\n");
        return this;
    }

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file to write.</param>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        File.WriteAllText(path, ToString());
    }

    /// <summary>The page as HTML.</summary>
    public override string ToString() => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{Encode(_title)}</title>
        <style>
        {Style}
        </style>
        </head>
        <body>
        {_body}</body>
        </html>

        """;

    private HtmlPage Element(string tag, string text)
    {
        _body.Append('<').Append(tag).Append('>').Append(Encode(text)).Append("</").Append(tag).Append(">\n");
        return this;
    }

    private static string Row(string tag, IReadOnlyList<string> cells) => $"<tr>{string.Concat(cells.Select(cell => $"<{tag}>{Encode(cell)}</{tag}>"))}</tr>";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
