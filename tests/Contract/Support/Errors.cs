namespace MLExtensions.Tests.Contract.Support;

/// <summary>Errors as a user sees them.</summary>
internal static class Errors
{
    /// <summary>Fails unless the action throws ML.NET's schema error with this text.</summary>
    public static void AssertSchemaError(string message, Action action)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(action);
        Assert.StartsWith(message, error.Message);
    }

    /// <summary>Fails unless the action throws an error about the data that has all these parts in its text.</summary>
    public static void AssertDataError(Action action, params string[] parts)
    {
        var error = Assert.Throws<InvalidOperationException>(action);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
