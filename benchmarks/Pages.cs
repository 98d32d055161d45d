namespace MLExtensions.Benchmarks;

/// <summary>Writes measured text into the pages of a folder, between <c>&lt;!-- measured NAME --&gt;</c> and <c>&lt;!-- end NAME --&gt;</c>.</summary>
internal static class Pages
{
    /// <summary>The pages of the repository that this program was built in.</summary>
    public static string Docs { get; } = FindDocs();

    /// <summary>Whether a page has a place for a measurement.</summary>
    public static bool Has(string folder, string name) => PlacesOf(folder, name).Any();

    /// <summary>Puts a text in every place of a measurement.</summary>
    public static void Replace(string folder, string name, string text)
    {
        foreach (var (path, page, start, stop) in PlacesOf(folder, name).ToArray())
            File.WriteAllText(path, $"{page[..start]}\n{text.Trim()}\n{page[stop..]}");
    }

    private static IEnumerable<(string Path, string Page, int Start, int Stop)> PlacesOf(string folder, string name)
    {
        var (begin, end) = ($"<!-- measured {name} -->", $"<!-- end {name} -->");
        foreach (var path in Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories))
        {
            var page = File.ReadAllText(path);
            var (start, stop) = (page.IndexOf(begin, StringComparison.Ordinal), page.IndexOf(end, StringComparison.Ordinal));
            if (start >= 0 && stop > start)
                yield return (path, page, start + begin.Length, stop);
        }
    }

    private static string FindDocs()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MLExtensions.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? Environment.CurrentDirectory, "docs");
    }
}
