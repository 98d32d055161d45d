namespace MLExtensions.Benchmarks;

/// <summary>Writes measured text into the pages of a folder, between <c>&lt;!-- measured NAME --&gt;</c> and <c>&lt;!-- end NAME --&gt;</c>.</summary>
internal static class Pages
{
    public static void Replace(string folder, string name, string text)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories))
        {
            var (begin, end) = ($"<!-- measured {name} -->", $"<!-- end {name} -->");
            var page = File.ReadAllText(path);
            var start = page.IndexOf(begin, StringComparison.Ordinal);
            var stop = page.IndexOf(end, StringComparison.Ordinal);
            if (start >= 0 && stop > start)
                File.WriteAllText(path, $"{page[..(start + begin.Length)]}\n{text.Trim()}\n{page[stop..]}");
        }
    }
}
