namespace MLExtensions.Benchmarks;

/// <summary>One group of figures.</summary>
internal abstract class Measurement
{
    /// <summary>The name on the command line, and between the markers of a page.</summary>
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>Measures, and gives the tables with what one has to know about them, as Markdown.</summary>
    public abstract string Run();

    /// <summary>Saves the plots of what was measured, if there are any.</summary>
    /// <param name="folder">Folder of the pages' images.</param>
    public virtual void SavePlots(string folder)
    {
    }

    // To the error stream, so that standard output is the page; without a spinner, which would take a share of the cores.
    protected static void Progress(string text) => Console.Error.WriteLine($"[{DateTime.Now:HH:mm:ss}] {text}");
}
