using System.Security.Cryptography;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// A copy of a Linux library that loads although a system library lacks one symbol version. It is kept in the user's cache; where
/// that cannot be written, a private temporary folder serves, which goes as soon as the copy is loaded.
/// </summary>
internal static class RelaxedLibrary
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Writes the copy, unless an earlier process did, and loads it.</summary>
    /// <param name="original">The library's full path.</param>
    /// <param name="version">The symbol version that may be missing.</param>
    /// <param name="load">Loads a library by its full path.</param>
    /// <exception cref="InvalidDataException">The library does not ask for that version, or is damaged.</exception>
    public static void Load(string original, string version, Action<string> load)
    {
        var content = File.ReadAllBytes(original);
        var name = Path.Combine(Convert.ToHexString(SHA256.HashData(content)), Path.GetFileName(original));
        if (!ElfVersionNeeds.Relax(content, version))
            throw new InvalidDataException($"Expected '{original}' to ask for {version}, which it does not.");
        try
        {
            load(Keep(content, Path.Combine(CacheFolder(), name)));
        }
        // Read-only or full, or mounted so that nothing in it may be executed.
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            LoadFromTemporaryFolder(content, Path.GetFileName(original), load);
        }
    }

    /// <summary>The folder for such copies: <c>mlextensions/torch</c> in <c>$XDG_CACHE_HOME</c>, else in <c>~/.cache</c>.</summary>
    /// <exception cref="UnauthorizedAccessException">The user has no home.</exception>
    public static string CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!Path.IsPathFullyQualified(cache ?? ""))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
            cache = Path.IsPathFullyQualified(home) ? Path.Combine(home, ".cache") : throw new UnauthorizedAccessException("The user has no home folder.");
        }
        return Path.Combine(cache!, "mlextensions", "torch");
    }

    /// <summary>Makes sure that a file has this content. Others never see half of it: it is written beside and then renamed.</summary>
    private static string Keep(byte[] content, string path)
    {
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
            return path;
        CreateFolder(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        return path;
    }

    private static void LoadFromTemporaryFolder(byte[] content, string name, Action<string> load)
    {
        // A name that nobody can know beforehand, and open to this user only: nobody else can put a library there.
        var folder = Directory.CreateTempSubdirectory("mlextensions-torch-");
        try
        {
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllBytes(path, content);
            load(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly);
    }
}
