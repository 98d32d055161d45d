using System.Text;

namespace MLExtensions.Benchmarks;

/// <summary>A Markdown table: texts to the left, all other columns to the right.</summary>
internal sealed class Table(params string[] headers)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(Line(headers)).AppendLine(Line([.. headers.Select((_, i) => i == 0 ? "---" : "---:")]));
        foreach (var row in _rows)
            text.AppendLine(Line(row));
        return text.ToString();
    }

    private static string Line(string[] cells) => $"| {string.Join(" | ", cells)} |";
}
