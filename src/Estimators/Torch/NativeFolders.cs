using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>Where an application keeps its native libraries.</summary>
internal static class NativeFolders
{
    /// <summary>The full path of a native library of the application, or <see langword="null"/>.</summary>
    public static string? Find(string file) => All().Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    /// <summary>
    /// The folders in which the runtime looks (packages, or the application's own folder when it is published for one platform),
    /// then those beside the application and beside TorchSharp, where plug-ins and scripts have them.
    /// </summary>
    private static IEnumerable<string> All()
    {
        var known = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        var assembly = typeof(torch).Assembly.Location;
        string?[] bases = [AppContext.BaseDirectory, assembly.Length > 0 ? Path.GetDirectoryName(assembly) : null];
        return known.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(bases.OfType<string>().SelectMany(folder => new[] { Path.Combine(folder, "runtimes", LibtorchPackages.Platform, "native"), folder }))
            .Distinct();
    }
}
