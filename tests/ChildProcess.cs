using System.Diagnostics;

namespace MLExtensions.Tests;

/// <summary>A program run as a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>How a program ended and what it wrote.</summary>
    public sealed record Outcome(int ExitCode, string Output, string Errors);

    /// <summary>Runs a .NET program to its end.</summary>
    public static Task<Outcome> Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
        => Execute("dotnet", [program, .. arguments], (environment ?? new Dictionary<string, string>()).ToDictionary(variable => variable.Key, variable => (string?)variable.Value));

    /// <summary>Runs any program to its end.</summary>
    /// <param name="program">Its file, or its name in the path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables beside this process's own; <see langword="null"/> takes one away.</param>
    public static async Task<Outcome> Execute(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new(process.ExitCode, (await output).Trim(), (await errors).Trim());
    }
}
