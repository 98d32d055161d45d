using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MLExtensions.Tests.Docs;

/// <summary>What the pages show compiles: blocks that are cut from a file are still in it, all others go through the compiler.</summary>
public sealed class CodeBlocksTests
{
    // The names that a page may use without saying where they come from.
    private const string Frame = """
        using Microsoft.ML;
        using Microsoft.ML.Data;
        using MLExtensions.Estimators.Scoring;
        using MLExtensions.Trainers;
        using MLExtensions.Transforms;
        using Samples;

        internal static class Page
        {
            private static readonly MLContext ml = null!;
            private static readonly IDataView data = null!, firstHalf = null!, secondHalf = null!;
            private static readonly DataOperationsCatalog.TrainTestData split = default;
            private static readonly PredictionTransformer<NaiveBayesLinearProbeModelParameters> model = null!;
            private static readonly float[] features = null!;

            private static void Block()
            {
        #line 1
        """;

    private static readonly CSharpCompilation Empty = CSharpCompilation.Create(
        "Page",
        [
            CSharpSyntaxTree.ParseText("global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;"),
            CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(MarkdownPage.Root, "samples", "data", "Churn.cs"))),
        ],
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    public static TheoryData<string, int> Compiled => BlocksWhere(source => source.Length == 0);

    public static TheoryData<string, int> Cut => BlocksWhere(source => source.Length > 0);

    [Theory, MemberData(nameof(Compiled))]
    public void Block_compiles(string page, int line)
    {
        var block = MarkdownPage.BlocksOf(page).Single(block => block.Line == line);
        var compilation = Empty.AddSyntaxTrees(CSharpSyntaxTree.ParseText($"{Frame}\n{block.Code}\n}} }}"));
        var errors = compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.Equal("", string.Join(Environment.NewLine, errors));
    }

    [Theory, MemberData(nameof(Cut))]
    public void Block_is_in_its_file(string page, int line)
    {
        var block = MarkdownPage.BlocksOf(page).Single(block => block.Line == line);
        var file = new Queue<string>(Lines(File.ReadAllText(Path.Combine(MarkdownPage.Root, block.Source))));
        foreach (var shown in Lines(block.Code).Where(shown => !shown.StartsWith("// ...", StringComparison.Ordinal)))
        {
            while (file.TryDequeue(out var next) && next != shown)
            {
            }
            Assert.True(file.Count > 0, $"{block.Source} has no line '{shown}' behind those shown before it.");
        }
    }

    private static TheoryData<string, int> BlocksWhere(Func<string, bool> accept)
    {
        var blocks = new TheoryData<string, int>();
        foreach (var page in MarkdownPage.All)
        {
            foreach (var (line, source, _) in MarkdownPage.BlocksOf(page).Where(block => accept(block.Source)))
                blocks.Add(page, line);
        }
        return blocks;
    }

    private static IEnumerable<string> Lines(string text) => text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);
}
