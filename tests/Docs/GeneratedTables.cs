using System.Text;

namespace MLExtensions.Tests.Docs;

/// <summary>The parts of pages that are made from the code, between <c>&lt;!-- generated NAME --&gt;</c> and <c>&lt;!-- end NAME --&gt;</c>.</summary>
internal static class GeneratedTables
{
    private static readonly string[] Heads = ["Component", "Tasks", "Paper", "Missing values", "Weights", "Sparse", "Categories", "ONNX", "libtorch to train", "Swept options"];

    /// <summary>Every part: its page, its name and its text.</summary>
    public static IEnumerable<(string Page, string Name, string Text)> All =>
    [
        ("README.md", "components", Components("docs/")),
        ("docs/components.md", "components", Components("")),
        ("docs/sweeps.md", "swept options", SweptOptions()),
    ];

    /// <summary>What stands between the markers of a page.</summary>
    public static string Read(string page, string name)
    {
        var (text, begin, end) = Find(page, name);
        return text[begin..end];
    }

    /// <summary>Puts a text between the markers of a page.</summary>
    public static void Write(string page, string name, string generated)
    {
        var (text, begin, end) = Find(page, name);
        File.WriteAllText(Path.Combine(MarkdownPage.Root, page), text[..begin] + generated + text[end..]);
    }

    private static (string Text, int Begin, int End) Find(string page, string name)
    {
        var text = File.ReadAllText(Path.Combine(MarkdownPage.Root, page)).ReplaceLineEndings("\n");
        var (marker, end) = ($"<!-- generated {name} -->\n", text.IndexOf($"<!-- end {name} -->", StringComparison.Ordinal));
        var begin = text.IndexOf(marker, StringComparison.Ordinal);
        Assert.True(begin >= 0 && end > begin, $"{page} has no part between <!-- generated {name} --> and <!-- end {name} -->.");
        return (text, begin + marker.Length, end);
    }

    private static string Components(string folder) => Table(Heads, ComponentFacts.All.Select(facts => (string[])
    [
        $"[`{facts.Name}`]({folder}{facts.Says.Page})", string.Join(", ", facts.Tasks), facts.Says.Paper.Length > 0 ? facts.Says.Paper : "-",
        facts.MissingValues, facts.Weights, facts.Sparse, facts.Categories, facts.Onnx, facts.NeedsTorch, facts.OptionsType is null ? "-" : $"{facts.Swept.Count}",
    ]));

    private static string SweptOptions()
    {
        StringBuilder text = new();
        foreach (var facts in ComponentFacts.All.Where(facts => facts.Swept.Count > 0))
        {
            var defaults = Activator.CreateInstance(facts.OptionsType!)!;
            var kept = facts.OptionsType!.GetProperties().Where(option => SweptOption.ReasonOf(option) is not null)
                .GroupBy(option => SweptOption.ReasonOf(option)!, (reason, options) => $"{string.Join(", ", options.Select(option => $"`{option.Name}`"))} ({reason})");
            text.Append($"### {facts.Name}\n\n");
            text.Append(Table(["Option", "Default", "Drawn"], facts.Swept.Select(option => (string[])[$"`{option.Name}`", SweptOption.Text(option.GetValue(defaults)), SweptOption.RangeOf(option)!])));
            text.Append($"\nNot drawn: {string.Join("; ", kept)}.\n\n");
        }
        return text.ToString();
    }

    private static string Table(string[] heads, IEnumerable<string[]> rows)
        => string.Concat(new[] { heads, [.. heads.Select(_ => "---")] }.Concat(rows).Select(cells => $"| {string.Join(" | ", cells)} |\n"));
}
