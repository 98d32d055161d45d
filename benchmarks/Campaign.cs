namespace MLExtensions.Benchmarks;

/// <summary>Measurements one after the other: one that fails, or that this machine cannot do as a whole, does not stop the others, and its page keeps what it has.</summary>
/// <param name="folder">The folder whose pages the figures go to, or <see langword="null"/>.</param>
internal sealed class Campaign(string? folder)
{
    /// <summary>The word for all measurements.</summary>
    public const string All = "all";

    private readonly List<string> _notMeasured = [];
    private int _measured;
    private bool _failed;

    public void Run(Measurement measurement)
    {
        try
        {
            // Before the hours that it may take.
            if (folder is not null && !Pages.Has(folder, measurement.Name))
                throw new InvalidOperationException($"No page in {folder} has the lines <!-- measured {measurement.Name} --> and <!-- end {measurement.Name} -->.");
            var text = measurement.Run();
            Console.WriteLine($"## {measurement.Title}\n\n{Machine.Describe()}\n\n{text}");
            var missing = text.Split('\n').Where(line => line.StartsWith(Measurement.NotMeasured, StringComparison.Ordinal)).ToArray();
            _notMeasured.AddRange(missing.Select(line => $"{measurement.Name}: {line[Measurement.NotMeasured.Length..].Trim()}"));
            if (missing.Length == 0)
                Write(measurement, $"{Machine.Describe()}\n\n{text}");
        }
        // Whatever it is: the hours of the others are not to be lost.
#pragma warning disable CA1031
        catch (Exception error)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine(error);
            _notMeasured.Add($"{measurement.Name}: failed, {error.Message}");
            _failed = true;
        }
    }

    /// <summary>Says what was not measured, and gives the exit code: 1 if something failed.</summary>
    public int Conclude()
    {
        if (_notMeasured.Count > 0)
            Console.Error.WriteLine($"{_measured} measured. Not measured:\n{string.Concat(_notMeasured.Select(reason => $"- {reason}\n"))}");
        return _failed ? 1 : 0;
    }

    private void Write(Measurement measurement, string text)
    {
        _measured++;
        if (folder is null)
            return;
        Pages.Replace(folder, measurement.Name, text);
        measurement.Draw(Path.Combine(folder, "images"));
    }
}
