using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// Loads libtorch and TorchSharp's native part. Everything that uses TorchSharp calls <see cref="EnsureLoaded"/> first, because
/// TorchSharp loads in its static constructor, which fails for good when it fails once.
/// </summary>
internal static class TorchLibrary
{
    /// <summary>
    /// A symbol version of GCC 13's C++ library. TorchSharp 0.107 asks for it on Linux, but only for an initialiser that it never
    /// calls; Debian 12, Ubuntu 22.04 and RHEL 9 do not have it.
    /// </summary>
    public const string SpareVersion = "GLIBCXX_3.4.32";

    private const string TorchSharpFile = "libLibTorchSharp.so";

    private static readonly Lock s_gate = new();
    private static bool s_loaded;

    /// <summary>
    /// Loads the native libraries, once in a process. Safe to call from several threads; after an error it may be called again, for
    /// example when the application has loaded a libtorch of its own.
    /// </summary>
    /// <exception cref="DllNotFoundException">A library is missing or does not load here; the message says what to do.</exception>
    public static void EnsureLoaded()
    {
        lock (s_gate)
        {
            if (s_loaded)
                return;
            Load();
            s_loaded = true;
        }
    }

    /// <summary>Loads a relaxed copy of TorchSharp's native part, and libtorch before it. Linux only.</summary>
    /// <exception cref="DllNotFoundException">A library is missing or does not load here.</exception>
    public static void LoadRelaxed()
    {
        PreloadLibtorch();
        var library = NativeFolders.Find(TorchSharpFile) ?? throw new DllNotFoundException($"{TorchSharpFile} of the package TorchSharp is missing in the application.");
        // TorchSharp asks for its library by name, and the loader answers with the copy, which has that name inside.
        RelaxedLibrary.Load(library, SpareVersion, path => NativeLibrary.Load(path));
    }

    private static void Load()
    {
        if (Attempt() is not null)
        {
            // Libtorch may lie in another folder than TorchSharp's part, which then does not find it by itself.
            PreloadLibtorch();
            if (Attempt() is { } error)
                LoadDespite(error);
        }
        RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
    }

    private static void LoadDespite(DllNotFoundException error)
    {
        if (!OperatingSystem.IsLinux() || !error.Message.Contains(SpareVersion, StringComparison.Ordinal))
            throw LibtorchPackages.DoesNotLoad(error);
        try
        {
            LoadRelaxed();
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException or DllNotFoundException)
        {
            throw LibtorchPackages.DoesNotLoad(failure);
        }
    }

    /// <summary>Loads TorchSharp's native part as TorchSharp itself would.</summary>
    private static DllNotFoundException? Attempt()
    {
        try
        {
            NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
            return null;
        }
        catch (DllNotFoundException error)
        {
            return error;
        }
    }

    /// <summary>Loads libtorch and all it depends on, which lies beside it: whatever is loaded later finds them by name.</summary>
    private static void PreloadLibtorch()
    {
        // An application may have loaded a libtorch of its choice, PyTorch's for example.
        if (NativeLibrary.TryLoad(LibtorchPackages.FileName, out _))
            return;
        var main = NativeFolders.Find(LibtorchPackages.FileName) ?? throw LibtorchPackages.Missing();
        try
        {
            NativeLibrary.Load(main);
        }
        catch (DllNotFoundException error)
        {
            throw LibtorchPackages.DoesNotLoad(error);
        }
    }
}
