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

    private static readonly Lock s_gate = new();
    private static bool s_loaded;

    /// <summary>Loads the native libraries, once in a process. Safe to call from several threads.</summary>
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

    private static void Load()
    {
        if (Attempt() is not null)
            LoadWithLibtorch();
        RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
    }

    private static void LoadWithLibtorch()
    {
        PreloadLibtorch();
        if (Attempt() is not { } error)
            return;
        if (!OperatingSystem.IsLinux() || !error.Message.Contains(SpareVersion, StringComparison.Ordinal) || NativeFolders.Find("libLibTorchSharp.so") is not { } library)
            throw LibtorchPackages.DoesNotLoad(error);
        // TorchSharp asks for its library by name, and the loader answers with the copy, which has that name inside.
        RelaxedLibrary.Load(library, SpareVersion, path => NativeLibrary.Load(path));
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

    /// <summary>The copy lies in a folder of its own, so that the loader would not find libtorch beside it.</summary>
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
