using System.Text.RegularExpressions;

namespace MLExtensions.Tests.Docs;

/// <summary>The C# blocks of the pages in this repository.</summary>
internal static partial class MarkdownPage
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> All =>
    [
        "README.md",
        .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Select(Relative),
        .. Directory.GetFiles(Path.Combine(Root, "src"), "README.md", SearchOption.AllDirectories).Select(Relative),
    ];

    /// <summary>The blocks of a page; <c>Source</c> is the file that a block is cut from, or empty.</summary>
    public static IEnumerable<(int Line, string Source, string Code)> BlocksOf(string page)
    {
        var text = File.ReadAllText(Path.Combine(Root, page)).ReplaceLineEndings("\n");
        return Block().Matches(text).Select(match => (text[..match.Index].Count(c => c == '\n') + 1, match.Groups["source"].Value, match.Groups["code"].Value));
    }

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MLExtensions.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds MLExtensions.sln.");
    }

    [GeneratedRegex(@"(?:^<!-- from (?<source>\S+) -->\n)?^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
