using System.Text.RegularExpressions;

namespace MLExtensions.Tests.Docs;

/// <summary>What a page points to within the repository is there: files, pictures and headings.</summary>
public sealed partial class LinksTests
{
    public static TheoryData<string> Pages { get; } = [.. MarkdownPage.All, "CHANGELOG.md"];

    [Theory, MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        var path = Path.Combine(MarkdownPage.Root, page);
        var text = File.ReadAllText(path);
        Assert.All(Link().Matches(text).Select(match => match.Groups["target"].Value).Where(target => !target.Contains("://", StringComparison.Ordinal)), target =>
        {
            var (file, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, "");
            var linked = file.Length == 0 ? path : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, file));
            Assert.True(File.Exists(linked) || Directory.Exists(linked), $"{page} links {target}: there is no {linked}.");
            Assert.True(anchor.Length == 0 || AnchorsOf(linked).Contains(anchor), $"{page} links {target}: {file} has no such heading.");
        });
    }

    [Theory, MemberData(nameof(Pages))]
    public void Nothing_is_left_to_be_filled_in(string page)
    {
        var text = File.ReadAllText(Path.Combine(MarkdownPage.Root, page)).ReplaceLineEndings("\n");
        Assert.DoesNotMatch(Placeholder(), text);
        Assert.DoesNotMatch(EmptyBlock(), text);
    }

    // As GitHub makes them: lower case, without punctuation, with hyphens for spaces.
    private static IEnumerable<string> AnchorsOf(string path)
        => Heading().Matches(File.ReadAllText(path)).Select(match => string.Concat(match.Groups["text"].Value.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-'));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^[A-Z]{4,}$|^TODO", RegexOptions.Multiline)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^<!-- measured \S+ -->\n<!-- end |^```text\n```", RegexOptions.Multiline)]
    private static partial Regex EmptyBlock();
}
