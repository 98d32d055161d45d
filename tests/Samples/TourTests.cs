using System.Globalization;
using System.Reflection;

namespace MLExtensions.Tests.Samples;

/// <summary>The tour of the Quickstart sample runs on tables that it has not seen, and says what is wrong with a bad one.</summary>
public sealed class TourTests : IDisposable
{
    private static readonly string s_program = typeof(TourTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Quickstart").Value!;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mlextensions-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("two classes")]
    [InlineData("three classes")]
    [InlineData("a number")]
    public async Task It_runs_on_another_table(string label)
    {
        var random = new Random(1);
        var (exitCode, output, errors) = await Run(
            "b",
            Enumerable.Range(0, 200).Select(row =>
            {
                var (x, z) = (random.NextDouble(), random.NextDouble());
                var target = label switch { "two classes" => x > 0.5 ? "good" : "bad", "three classes" => x > 0.6 ? "high" : x > 0.3 ? "middle" : "low", _ => ((10 * x) + z).ToString("R", CultureInfo.InvariantCulture) };
                // A missing number, a category with a comma in it, a number of its own in every row.
                return FormattableString.Invariant($"{row},{(row % 9 == 0 ? "" : $"{x:R}")},{(z > 0.5 ? "\"left, or so\"" : "right")},{z:R},{target}");
            }));
        Assert.True(exitCode == 0, $"{exitCode}: {errors} {output}");
        Assert.Contains("both predict what the model in memory predicts", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "out", "model.zip")));
        Assert.Contains("<svg", await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "out", "quickstart-report.html")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere", "has no column 'nowhere'")]
    [InlineData("constant", "has only the value '7'; expected at least two")]
    public async Task A_bad_table_is_one_line(string label, string expected)
    {
        var (exitCode, _, errors) = await Run(label, Enumerable.Range(0, 60).Select(row => $"{row},{row % 7},u,{row % 5},7"), header: "id,x,kind,z,constant");
        Assert.Equal(2, exitCode);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    private async Task<ChildProcess.Outcome> Run(string label, IEnumerable<string> rows, string header = "id,x,kind,z,b")
    {
        var path = Path.Combine(_folder.FullName, "table.csv");
        await File.WriteAllLinesAsync(path, rows.Prepend(header));
        return await ChildProcess.Run(s_program, ["--quick", "--data", path, "--label", label, "--output", Path.Combine(_folder.FullName, "out")]);
    }
}
