using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;

namespace MLExtensions.Benchmarks;

/// <summary>Peak memory of a fit over rows that are generated while they are read. Each pass is a process of its own.</summary>
internal sealed class Memory : Measurement
{
    public const string ChildArgument = "memory-child";

    private const int RowCount = 2_000_000;
    private const int Features = 30;
    private const int Classes = 5;

    public override string Name => "memory";

    public override string Title => "Memory of a streamed fit";

    public override string Run()
    {
        var table = new Table("pass", "rows", "peak before MB", "peak after MB", "growth MB", "managed heap after MB");
        foreach (var rows in new[] { RowCount / 100, RowCount })
        {
            Progress($"memory {rows:N0} rows");
            table.Add(["bare cursor", $"{rows:N0}", .. Child("cursor", rows)]);
            table.Add(["`NaiveBayesLinearProbe.Fit`", $"{rows:N0}", .. Child("fit", rows)]);
        }
        return $"""
            {Features} features, {Classes} classes, rows from a lazy enumerable that reuses one object. Peak: the largest working set of the process so far (VmHWM on Linux),
            read just before and just after the pass in a fresh process; before the pass there are an `MLContext` and the view, and nothing has been read.
            The growth so contains everything that .NET and ML.NET load and compile for the first fit. Managed heap: live objects after a full collection.

            {table}
            """;
    }

    /// <summary>What a child process does: one pass, and its figures on standard output.</summary>
    public static int RunChild(string pass, int rows)
    {
        var ml = new MLContext(1);
        var view = Rows.View(ml, Rows.Stream(rows, Features, Classes), Features, Classes);
        var before = PeakMegabytes();
        object? model = null;
        if (pass == "fit")
            model = ml.MulticlassClassification.Trainers.NaiveBayesLinearProbe().Fit(view);
        else
            Rows.Read(view, "Features", "Label");
        var after = PeakMegabytes();
        double[] figures = [before, after, after - before, GC.GetTotalMemory(forceFullCollection: true) / 1048576.0];
        GC.KeepAlive(model);
        Console.WriteLine(string.Join(' ', figures.Select(figure => figure.ToString("F1", CultureInfo.InvariantCulture))));
        return 0;
    }

    private static string[] Child(string pass, int rows)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Memory).Assembly.Location, ChildArgument, pass, $"{rows}"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var figures = process.StandardOutput.ReadToEnd().Trim().Split(' ');
        process.WaitForExit();
        return process.ExitCode == 0 ? figures : throw new InvalidOperationException($"The {pass} pass failed.");
    }

    /// <summary>The largest working set of this process so far.</summary>
    public static double PeakMegabytes()
    {
        const string Status = "/proc/self/status";
        if (!File.Exists(Status))
            return Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;
        var line = File.ReadLines(Status).Single(text => text.StartsWith("VmHWM", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
