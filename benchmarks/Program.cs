using MLExtensions.Benchmarks;

// dotnet run -c Release --project benchmarks [-- all|NAME... [--write FOLDER]]
if (args is [Memory.ChildArgument, var pass, var rows])
    return Memory.RunChild(pass, int.Parse(rows));
if (args is [TreeSmoothingSpeed.ChildArgument, var method, var rowCount])
    return TreeSmoothingSpeed.RunChild(method, int.Parse(rowCount));

Measurement[] known = [.. typeof(Measurement).Assembly.GetTypes().Where(type => type is { IsAbstract: false } && type.IsSubclassOf(typeof(Measurement)))
    .Select(type => (Measurement)Activator.CreateInstance(type)!).OrderBy(measurement => measurement.Name, StringComparer.Ordinal)];
var write = Array.IndexOf(args, "--write");
var names = write < 0 ? args : args[..write];
if (names.Length == 0 && write < 0)
{
    foreach (var measurement in known)
        Console.WriteLine($"{measurement.Name,-28} {measurement.Title}");
    Console.WriteLine($"{Campaign.All,-28} All of them, written into docs: takes hours");
    return 0;
}
if (names.Length == 0 || names.Except(known.Select(measurement => measurement.Name)).Any(name => name != Campaign.All) || (write >= 0 && write != args.Length - 2))
{
    Console.Error.WriteLine($"Usage: [{Campaign.All}|{string.Join('|', known.Select(measurement => measurement.Name))}]... [--write FOLDER]");
    return 1;
}

var all = names.Contains(Campaign.All);
Campaign campaign = new(write >= 0 ? args[^1] : all ? Pages.Docs : null);
foreach (var measurement in known.Where(measurement => all || names.Contains(measurement.Name)))
    campaign.Run(measurement);
return campaign.Conclude();
