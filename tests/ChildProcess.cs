using System.Diagnostics;

namespace MLExtensions.Tests;

/// <summary>A .NET program run as a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>How a program ended and what it wrote.</summary>
    public sealed record Outcome(int ExitCode, string Output, string Errors);

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Outcome> Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new("dotnet", [program, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, (await output).Trim(), (await errors).Trim());
    }
}
