namespace MLExtensions.Benchmarks;

/// <summary>Writes measured text into the pages of a folder, between <c>&lt;!-- measured NAME --&gt;</c> and <c>&lt;!-- end NAME --&gt;</c>.</summary>
internal static class Pages
{
    /// <summary>The pages of the repository that this program was built in.</summary>
    public static string Docs { get; } = FindDocs();

    /// <summary>Whether a page has the name.</summary>
    public static bool Replace(string folder, string name, string text)
    {
        var (begin, end, found) = ($"<!-- measured {name} -->", $"<!-- end {name} -->", false);
        foreach (var path in Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories))
        {
            var page = File.ReadAllText(path);
            var start = page.IndexOf(begin, StringComparison.Ordinal);
            var stop = page.IndexOf(end, StringComparison.Ordinal);
            if (start < 0 || stop < start)
                continue;
            File.WriteAllText(path, $"{page[..(start + begin.Length)]}\n{text.Trim()}\n{page[stop..]}");
            found = true;
        }
        return found;
    }

    private static string FindDocs()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MLExtensions.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? Environment.CurrentDirectory, "docs");
    }
}
