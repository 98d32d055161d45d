namespace MLExtensions.Benchmarks;

/// <summary>One group of figures.</summary>
internal abstract class Measurement
{
    /// <summary>How a line of what <see cref="Run"/> gives begins where this machine cannot measure something, because data or a device are missing; what and why follow.</summary>
    public const string NotMeasured = "Not measured: ";

    /// <summary>The name on the command line, and between the markers of a page.</summary>
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>Measures, and gives the tables with what one has to know about them, as Markdown. A text with a line of <see cref="NotMeasured"/> does not replace what a page has.</summary>
    public abstract string Run();

    /// <summary>Draws what was measured into a folder, where there is something to draw.</summary>
    public virtual void Draw(string folder)
    {
    }

    // To the error stream, so that standard output is the page; without a spinner, which would take a share of the cores.
    protected static void Progress(string text) => Console.Error.WriteLine($"[{DateTime.Now:HH:mm:ss}] {text}");
}
