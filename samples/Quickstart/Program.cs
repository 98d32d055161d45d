// A tour of the pack on one table: doubts about its labels, features without labels, trainers side by side, what a forest smooths, a saved model served.
// dotnet run -c Release --project samples/Quickstart [-- --quick] [--data FILE --label COLUMN]; see TourArguments.cs
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Reports;
using Quickstart;
using Spectre.Console;

TourArguments arguments;
try
{
    arguments = TourArguments.Parse(args);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine($"{error.Message}\n\n{TourArguments.Usage}");
    return 2;
}

if (Console.IsOutputRedirected)
    AnsiConsole.Profile.Width = 120;
try
{
    var start = Stopwatch.GetTimestamp();
    var agree = Tour(arguments);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} seconds. Pages of the components: docs/components.md. A program with stock ML.NET only: samples/ServeWithStockMLNet."));
    return agree ? 0 : 1;
}
catch (InvalidDataException error)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}

static bool Tour(TourArguments arguments)
{
    var settings = arguments.Quick ? TourSettings.Quick : TourSettings.Full;
    var ml = new MLContext(seed: 1);
    Steps steps = new(ml);

    Title("The table");
    var file = TableFile.Read(arguments.Data);
    var columns = file.Infer(arguments.Label);
    var data = TourData.Create(ml, file, columns, arguments, settings);
    data.Print(file, columns);
    Preparation prepared = new(ml, data);
    HtmlPage report = new($"{Path.GetFileName(arguments.Data)}: {data.Label}");

    Title("1. Are the labels right?");
    LabelAudit audit = new(ml, data, prepared, settings, steps);
    if (data.Task == TourTask.Regression)
        Console.WriteLine("Left out: the audit is for classes, and this label is a number.");
    else
        audit.Run(report);

    Title("2. Features without labels");
    var features = new LearnedFeatures(ml, prepared, settings, steps).Fit(report);

    Title("3. Who predicts best?");
    Contest contest = new(ml, data, prepared, features, settings, steps);
    contest.Run(report, audit.NoiseRobustNetwork);

    Title("4. How much does a forest smooth?");
    new Smoothing(ml, data, prepared, steps).Run(report);

    Title("5. Saved and served");
    Console.WriteLine($"{contest.Best.Name}, with all that prepares its columns:");
    TransformerChain<ITransformer> model = new(prepared.Transformer, contest.Best.Model);
    var agree = SavedForms.Compare(ml, model, Path.Combine(arguments.Output, "model.zip"), data.Test, report);

    var page = Path.Combine(arguments.Output, "quickstart-report.html");
    report.Save(page);
    Console.WriteLine($"\nThe report, with plots: {Path.GetFullPath(page)}");
    return agree;
}

static void Title(string text) => Console.WriteLine($"\n{text}\n");
