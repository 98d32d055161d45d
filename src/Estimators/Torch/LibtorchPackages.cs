using System.Runtime.InteropServices;

namespace MLExtensions.Estimators.Torch;

/// <summary>Which package has libtorch for the platform one runs on, and the errors that say so.</summary>
internal static class LibtorchPackages
{
    /// <summary>The libtorch that belongs to the TorchSharp referenced here.</summary>
    private const string Version = "2.10.0";

    private static readonly string[] s_platforms = ["linux-x64", "win-x64", "win-arm64", "osx-arm64"];

    /// <summary>System and processor as packages name them, for example <c>linux-x64</c>; the runtime's own name may be a distribution's.</summary>
    public static string Platform { get; } = PlatformName();

    /// <summary>The file of libtorch that depends on all its others.</summary>
    public static string FileName => OperatingSystem.IsWindows() ? "torch.dll" : OperatingSystem.IsMacOS() ? "libtorch.dylib" : "libtorch.so";

    /// <summary>The CPU package of this platform, with its version.</summary>
    public static string Cpu => $"libtorch-cpu-{Platform} {Version}";

    /// <summary>The CUDA package of this platform, with its version.</summary>
    public static string Cuda => $"libtorch-cuda-12.8-{Platform} {Version}";

    /// <summary>The error when the application has no libtorch.</summary>
    public static DllNotFoundException Missing() => new(s_platforms.Contains(Platform)
        ? $"Training neural networks needs libtorch, which the application lacks. Add the package {Cpu}: dotnet add package {Cpu.Replace(" ", " --version ", StringComparison.Ordinal)}"
        : $"Training neural networks needs libtorch, which has no package for {Platform}: expected one of {string.Join(", ", s_platforms)}.");

    /// <summary>The error when libtorch is there and does not load.</summary>
    public static DllNotFoundException DoesNotLoad(Exception cause)
        => new($"TorchSharp does not load with the libtorch of the application{Hint(OperatingSystem.IsWindows())}: {cause.Message}", cause);

    /// <summary>What to do about it, as far as it is known.</summary>
    internal static string Hint(bool windows) => windows
        ? ". On Windows TorchSharp 0.107.0 does not fit libtorch 2.10.0 (dotnet/TorchSharp, issue 1567). "
            + "The last pair that works on Windows x64 is TorchSharp 0.105.2 with libtorch-cpu-win-x64 2.7.1; docs/torchsharp.md says how to build with it"
        : "";

    private static string PlatformName()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsLinux() ? "linux" : "unknown";
#pragma warning disable CA1308 // The names of packages are lower case.
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
#pragma warning restore CA1308
    }
}
