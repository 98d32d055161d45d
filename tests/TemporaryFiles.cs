using System.Runtime.CompilerServices;

namespace MLExtensions.Tests;

/// <summary>
/// ML.NET's ONNX transformer keeps a copy of its model in the temporary folder until it is disposed, which loaded models
/// rarely are. The tests have a temporary folder of their own that goes when they end.
/// </summary>
internal static class TemporaryFiles
{
    private const string Prefix = "mlextensions-tests-";

#pragma warning disable CA2255 // A test assembly is an application: nobody else loads it.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void UseOwnFolder()
    {
        // A test host that is killed at its end leaves its folder to a later run.
        foreach (var old in new DirectoryInfo(Path.GetTempPath()).EnumerateDirectories(Prefix + "*").Where(old => old.CreationTimeUtc < DateTime.UtcNow.AddHours(-1)))
            Delete(old.FullName);
        var folder = Directory.CreateTempSubdirectory(Prefix).FullName;
        Environment.SetEnvironmentVariable(OperatingSystem.IsWindows() ? "TEMP" : "TMPDIR", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Delete(folder);
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Somebody still holds a file, or removes the folder too; the system cleans up its temporary folder.
        }
    }
}
