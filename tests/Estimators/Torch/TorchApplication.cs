using System.Reflection;

namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>A copy of the program that has this pack and no libtorch, in a folder of its own, with a cache and a temporary folder of its own.</summary>
internal sealed class TorchApplication : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("torch application ");

    /// <summary>Copies the program.</summary>
    /// <param name="withLibtorch">Whether libtorch is in its native folder.</param>
    /// <param name="published">Whether all is in one folder, as when published for one platform.</param>
    public TorchApplication(bool withLibtorch = true, bool published = false)
    {
        var source = Path.GetDirectoryName(typeof(TorchApplication).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "TorchLoader").Value!)!;
        var target = _folder.CreateSubdirectory("application").FullName;
        Program = Path.Combine(target, "MLExtensions.TorchLoader.dll");
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        var native = published ? target : Directory.CreateDirectory(Path.Combine(target, NativeFolder)).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(source, NativeFolder)))
            File.Copy(file, Path.Combine(native, Path.GetFileName(file)));
        // A list of files that names folders; without it, whatever lies beside the program is used.
        if (published)
            File.Delete(Path.ChangeExtension(Program, ".deps.json"));
        if (withLibtorch)
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, NativeFolder), "*.so*").Where(file => !File.Exists(Path.Combine(native, Path.GetFileName(file)))))
                File.CreateSymbolicLink(Path.Combine(native, Path.GetFileName(file)), file);
        }
        Environment = new()
        {
            ["XDG_CACHE_HOME"] = Path.Combine(_folder.FullName, "cache"),
            ["TMPDIR"] = _folder.CreateSubdirectory("temporary").FullName,
        };
    }

    private static string NativeFolder => Path.Combine("runtimes", "linux-x64", "native");

    /// <summary>The program.</summary>
    public string Program { get; }

    /// <summary>What its environment has besides this process's.</summary>
    public Dictionary<string, string> Environment { get; }

    /// <summary>All files of its cache.</summary>
    public string[] Cached() => Files("cache");

    /// <summary>All files that it left in its temporary folder, but for the runtime's own.</summary>
    public string[] Temporary() => [.. Files("temporary").Where(file => file.Contains("mlextensions", StringComparison.Ordinal))];

    /// <summary>Runs it.</summary>
    public Task<ChildProcess.Outcome> Run(string mode) => ChildProcess.Run(Program, [mode], Environment);

    public void Dispose() => _folder.Delete(recursive: true);

    private string[] Files(string name)
    {
        var folder = Path.Combine(_folder.FullName, name);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [];
    }
}
