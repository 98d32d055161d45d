using System.Runtime.InteropServices;

namespace MLExtensions.Estimators.Torch;

/// <summary>Which package has libtorch for the platform one runs on, and the errors that say so.</summary>
internal static class LibtorchPackages
{
    /// <summary>The libtorch that belongs to the TorchSharp referenced here.</summary>
    private const string Version = "2.10.0";

    private static string Platform => RuntimeInformation.RuntimeIdentifier;

    /// <summary>The file of libtorch that depends on all its others.</summary>
    public static string FileName => OperatingSystem.IsWindows() ? "torch.dll" : OperatingSystem.IsMacOS() ? "libtorch.dylib" : "libtorch.so";

    /// <summary>The error when the application has no libtorch.</summary>
    public static DllNotFoundException Missing()
    {
        return new($"libtorch is missing. Add it to the application: dotnet add package libtorch-cpu-{Platform} --version {Version}");
    }

    /// <summary>The error when libtorch is there and does not load.</summary>
    public static DllNotFoundException DoesNotLoad(DllNotFoundException cause) => new($"TorchSharp does not load with the libtorch of the application: {cause.Message}", cause);
}
