using System.Reflection;
using System.Text.RegularExpressions;

namespace MLExtensions.Tests.Docs;

/// <summary>Every measured table of the pages can be measured again, and every measurement has a page.</summary>
public sealed partial class MeasuredTablesTests
{
    private static string Program { get; } = typeof(MeasuredTablesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Benchmarks").Value!;

    [Fact]
    public async Task Pages_and_measurements_have_the_same_names()
    {
        var (exitCode, output, errors) = await ChildProcess.Run(Program, []);
        Assert.True(exitCode == 0, errors);
        var names = output.Split('\n').Select(line => line.Split(' ')[0]).Where(name => name != "all").ToArray();
        Assert.Contains("scoring", names);
        var marked = MarkdownPage.All.SelectMany(page => Marker().Matches(File.ReadAllText(Path.Combine(MarkdownPage.Root, page)).ReplaceLineEndings("\n"))).Select(match => match.Groups["name"].Value).ToArray();
        Assert.Equal(names.Order(StringComparer.Ordinal), marked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Markers_are_whole()
    {
        foreach (var page in MarkdownPage.All)
        {
            var text = File.ReadAllText(Path.Combine(MarkdownPage.Root, page)).ReplaceLineEndings("\n");
            Assert.True(Marker().Count(text) == Beginning().Count(text), $"{page} has a line <!-- measured NAME --> without <!-- end NAME -->.");
        }
    }

    [Theory, InlineData("scoring", "--write"), InlineData("unknown"), InlineData("--write", "docs")]
    public async Task A_command_that_is_not_understood_measures_nothing(params string[] arguments)
    {
        var (exitCode, output, errors) = await ChildProcess.Run(Program, arguments);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("Usage: [all|", errors, StringComparison.Ordinal);
    }

    [GeneratedRegex("^<!-- measured (?<name>\\S+) -->\\n.*?^<!-- end \\k<name> -->", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Marker();

    [GeneratedRegex("^<!-- measured ", RegexOptions.Multiline)]
    private static partial Regex Beginning();
}
