using System.Reflection;
using MLExtensions.Tests.Docs;
using MLExtensions.Tests.Estimators.Torch;

namespace MLExtensions.Tests.Packages;

/// <summary>What users install.</summary>
public sealed class PackageTests
{
    // Saved models name assemblies of the pack: see Directory.Build.props.
    [Theory, InlineData("MLExtensions.Estimators"), InlineData("MLExtensions.Trainers"), InlineData("MLExtensions.Transforms")]
    public void The_assembly_version_stays(string assembly) => Assert.Equal(new Version(1, 0, 0, 0), Assembly.Load(assembly).GetName().Version);

    [LinuxFact]
    public async Task Packages_install_into_an_empty_project_that_trains_and_into_none_that_serves()
    {
        var configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var (exitCode, output, errors) = await ChildProcess.Execute("bash", [Path.Combine(MarkdownPage.Root, "eng", "test-packages.sh"), configuration, "--no-build"], MSBuildFree);
        Assert.True(exitCode == 0, $"eng/test-packages.sh failed with {exitCode}: {errors}\n{output}");
        Assert.Contains("300 rows scored, 0 otherwise than expected; 0 assemblies of the pack", output, StringComparison.Ordinal);
    }

    // The test command's own MSBuild must not be that of the script's.
    private static Dictionary<string, string?> MSBuildFree => Environment.GetEnvironmentVariables().Keys.Cast<string>()
        .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToDictionary(name => name, _ => (string?)null);
}
