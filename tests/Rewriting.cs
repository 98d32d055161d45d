namespace MLExtensions.Tests;

/// <summary>Files of the repository that a test compares with the code are written by that test, when a script in <c>eng</c> asks for it.</summary>
internal static class Rewriting
{
    public static bool IsAskedFor(string what) => Environment.GetEnvironmentVariable("MLEXTENSIONS_WRITE") == what;
}
