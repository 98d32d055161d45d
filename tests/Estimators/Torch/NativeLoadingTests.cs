using MLExtensions.Estimators.Torch;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>Each test starts processes: loading happens once in a process.</summary>
public sealed class NativeLoadingTests
{
    private static readonly ChildProcess.Outcome s_works = new(0, "6", "");

    private static string NativeFolder { get; } = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");

    private static byte[] Relaxed()
    {
        var library = File.ReadAllBytes(Path.Combine(NativeFolder, "libLibTorchSharp.so"));
        ElfVersionNeeds.Relax(library, TorchLibrary.SpareVersion);
        return library;
    }

    [LinuxFact]
    public async Task A_new_process_loads_unattended()
    {
        using TorchApplication application = new();
        Assert.Equal(s_works, await application.Run("load"));
        Assert.Equal(s_works, await application.Run("load"));
        Assert.Empty(application.Temporary());
    }

    [LinuxFact]
    public async Task A_published_application_loads()
    {
        using TorchApplication application = new(published: true);
        Assert.Equal(s_works, await application.Run("load"));
        Assert.Equal(s_works, await application.Run("relaxed"));
    }

    [LinuxFact]
    public async Task The_copy_is_kept_under_the_hash_of_the_library_and_used_again()
    {
        using TorchApplication application = new();
        Assert.Equal(s_works, await application.Run("relaxed"));
        var copy = Assert.Single(application.Cached());
        Assert.Equal("libLibTorchSharp.so", Path.GetFileName(copy));
        Assert.Equal(64, Path.GetFileName(Path.GetDirectoryName(copy))!.Length);
        Assert.Equal(Relaxed(), File.ReadAllBytes(copy));

        var written = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(copy, written);
        Assert.Equal(s_works, await application.Run("relaxed"));
        Assert.Equal(written, File.GetLastWriteTimeUtc(copy));
    }

    [LinuxFact]
    public async Task A_damaged_copy_is_written_anew()
    {
        using TorchApplication application = new();
        await application.Run("relaxed");
        var copy = Assert.Single(application.Cached());
        foreach (var damaged in new byte[][] { [], Relaxed()[..1000], [.. Relaxed().Select((value, i) => i == 100_000 ? (byte)~value : value)] })
        {
            File.WriteAllBytes(copy, damaged);
            Assert.Equal(s_works, await application.Run("relaxed"));
            Assert.Equal(Relaxed(), File.ReadAllBytes(Assert.Single(application.Cached())));
        }
    }

    [LinuxFact]
    public async Task Several_processes_share_a_new_cache()
    {
        using TorchApplication application = new();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => application.Run("relaxed")));
        Assert.All(outcomes, outcome => Assert.Equal(s_works, outcome));
        Assert.Equal(Relaxed(), File.ReadAllBytes(Assert.Single(application.Cached())));
    }

    [LinuxFact]
    public async Task Without_a_writable_home_the_copy_is_temporary()
    {
        using TorchApplication application = new();
        // Nobody may make folders there, not even root, whom no permission stops elsewhere.
        foreach (var (cache, home) in new[] { ("/proc/cache", "/proc/home"), ("", "/proc/home"), ("relative/cache", "/proc/home"), ("/dev/null/cache", "/proc/home") })
        {
            (application.Environment["XDG_CACHE_HOME"], application.Environment["HOME"]) = (cache, home);
            // The runtime looks for its own settings there, too.
            application.Environment["DOTNET_CLI_HOME"] = Path.GetDirectoryName(application.Program)!;
            Assert.Equal(s_works, await application.Run("relaxed"));
            Assert.Empty(application.Cached());
            Assert.Empty(application.Temporary());
        }
    }

    [LinuxFact]
    public async Task Without_libtorch_the_error_names_the_package()
    {
        using TorchApplication application = new(withLibtorch: false);
        foreach (var mode in new[] { "load", "relaxed" })
        {
            var outcome = await application.Run(mode);
            Assert.Equal(1, outcome.ExitCode);
            Assert.EndsWith("Add the package libtorch-cpu-linux-x64 2.10.0: dotnet add package libtorch-cpu-linux-x64 --version 2.10.0", outcome.Output, StringComparison.Ordinal);
        }
    }

    [LinuxFact]
    public async Task A_damaged_libtorch_gives_an_error_with_the_loaders_reason()
    {
        using TorchApplication application = new();
        var main = Path.Combine(Path.GetDirectoryName(application.Program)!, "runtimes", "linux-x64", "native", "libtorch.so");
        File.Delete(main);
        File.WriteAllText(main, "no library");
        var outcome = await application.Run("load");
        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith("TorchSharp does not load with the libtorch of the application: ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("libtorch.so", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Components_without_a_network_need_no_libtorch_and_load_no_TorchSharp()
    {
        using TorchApplication application = new(withLibtorch: false);
        Assert.Equal(new(0, "2 features, no TorchSharp", ""), await application.Run("classic"));
    }

    [Fact]
    public void On_Windows_the_error_names_the_last_version_that_works()
    {
        Assert.Contains("TorchSharp 0.105.2 with libtorch-cpu-win-x64 2.7.1", LibtorchPackages.Hint(windows: true), StringComparison.Ordinal);
        Assert.Empty(LibtorchPackages.Hint(windows: false));
    }
}
