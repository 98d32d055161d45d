using MLExtensions.Benchmarks;

// dotnet run -c Release --project benchmarks [-- NAME... [--write FOLDER]]
Measurement[] all =
[
    new Scoring(), new Engine(), new Fit(), new Memory(), new Accuracy(), new GradientBoosting(), new GradientBoostingSeeds(), new GradientBoostingData(), new GradientBoostingSpeed(),
    new GradientBoostingUnits(), new NeuralTables(), new NeuralSpeed(), new NeuralGpu(),
    new LabelNoiseDigits(), new LabelNoisePlot(), new LabelNoiseCalibration(), new LabelNoiseTables(), new LabelNoiseTuning(),
    new TJepaSynthetic(), new TJepaSettings(), new TJepaTables(), new TJepaMap(), new TJepaSpeed(),
];

if (args is [Memory.ChildArgument, var pass, var rows])
    return Memory.RunChild(pass, int.Parse(rows));

var write = Array.IndexOf(args, "--write");
var folder = write >= 0 && write + 1 < args.Length ? args[write + 1] : null;
var names = write < 0 ? args : args[..write];
if (names.Except(all.Select(measurement => measurement.Name)).Any() || (write >= 0 && folder is null))
{
    Console.Error.WriteLine($"Usage: [{string.Join('|', all.Select(measurement => measurement.Name))}]... [--write FOLDER]");
    return 1;
}

foreach (var measurement in all.Where(measurement => names.Length == 0 || names.Contains(measurement.Name)))
{
    var text = $"{Machine.Describe()}\n\n{measurement.Run()}";
    Console.WriteLine($"## {measurement.Title}\n\n{text}");
    if (folder is null)
        continue;
    Pages.Replace(folder, measurement.Name, text);
    measurement.Draw(Path.Combine(folder, "images"));
}
return 0;
