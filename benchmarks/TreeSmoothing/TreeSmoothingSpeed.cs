using System.Diagnostics;
using System.Globalization;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>
/// Seconds, memory and share of the machine's peaks of the kernel, on made-up structures of 100 trees with 20 leaves: what takes time does not depend on where the trees come from.
/// </summary>
internal sealed class TreeSmoothingSpeed : Measurement
{
    public const string ChildArgument = "tree-smoothing-child";

    private const int Trees = 100;
    private const int Leaves = 20;
    private const int Probes = 64;
    private const int Rounds = 3;

    public override string Name => "tree-smoothing-speed";

    public override string Title => "Tree smoothing: speed";

    public override string Run()
    {
        var (bandwidth, flops) = (Roofline.Bandwidth(), Roofline.Flops());
        return string.Create(CultureInfo.InvariantCulture, $"""
            {Trees} trees of {Leaves} leaves, boosted from the mean; norms of all training rows, trace and curve over trees. Seconds: the fastest of {Rounds} runs. Memory: peak of a process
            of its own for one run, less that of a process that only holds the leaf numbers (2 bytes a row and tree). Measured peaks of one thread: {bandwidth / 1e9:0.0} GB/s, {flops / 1e9:0.0} Gflop/s in double.

            {Methods()}
            Parts of the leaf space, 100,000 rows:

            {Parts(flops)}
            """);
    }

    /// <summary>What a child process does: one run, and its peak memory in MB on standard output.</summary>
    public static int RunChild(string method, int rows)
    {
        var stages = Structure(rows);
        if (method == "leaf space")
            LeafSpaceNorms(stages, new FixedBlocks(2));
        else if (method == "probes")
            ProbeNorms(stages, new FixedBlocks(2));
        Console.WriteLine(Memory.PeakMegabytes().ToString("F1", CultureInfo.InvariantCulture));
        return 0;
    }

    private static Table Methods()
    {
        Table table = new("Method", "rows", "1 thread, s", "2 threads, s", "times faster", "memory, MB", "largest difference of p");
        foreach (var (name, rows) in new[] { ("leaf space", 100_000), ("probes", 100_000), ("probes", 1_000_000) })
        {
            Progress($"{name} {rows:N0}");
            var stages = Structure(rows);
            double parameters = 0;
            double Time(int threads) => Fastest(() => parameters = name == "probes" ? ProbeNorms(stages, new FixedBlocks(threads)) : LeafSpaceNorms(stages, new FixedBlocks(threads)));
            var (one, two) = (Time(1), Time(2));
            var exact = rows > 100_000 ? double.NaN : LeafSpaceNorms(stages, new FixedBlocks(2));
            var memory = Child(name, rows) - Child("nothing", rows);
            table.Add(name, $"{rows:N0}", Seconds(one), Seconds(two), Ratio(one / two), $"{memory:N0}", double.IsNaN(exact) ? "" : $"{100 * Math.Abs(parameters - exact) / exact:0.0} %");
        }
        return table;
    }

    // The operations that the algorithm needs: an addition for each row and pair of trees, P^3 multiplications with as many additions for the two solutions, and a lookup with an addition
    // for each row and pair of trees.
    private static Table Parts(double flops)
    {
        var stages = Structure(100_000);
        var structure = stages.Structure;
        var leaves = structure.LeafTotal;
        Table table = new("Part", "1 thread, s", "2 threads, s", "times faster", "million steps a second and thread", "share of peak Gflop/s");
        var pairs = LeafPairs.Count(stages, new FixedBlocks(2), _ => { });
        var space = LeafSpace.Build(stages, new FixedBlocks(2), (_, _) => { });
        var rowPairs = 0.5 * structure.RowCount * structure.TreeCount * structure.TreeCount;
        Add("counting pairs of leaves", threads => LeafPairs.Count(stages, new FixedBlocks(threads), _ => { }), rowPairs, isFlops: false);
        var matrix = pairs.Gram.ToArray();
        Add("one triangular solution", threads =>
        {
            pairs.Gram.CopyTo(matrix, 0);
            BlockedSolve.InPlace(matrix, pairs.Recursion, structure, new FixedBlocks(threads));
        }, 0.5 * leaves * leaves * leaves, isFlops: true);
        Add("norms of rows", threads => space.Norms(structure.Leaves, structure.RowCount, curve: true, new FixedBlocks(threads)), rowPairs, isFlops: false);
        return table;

        void Add(string part, Action<int> run, double steps, bool isFlops)
        {
            var (one, two) = (Fastest(() => run(1)), Fastest(() => run(2)));
            table.Add(part, Seconds(one), Seconds(two), Ratio(one / two), $"{steps / one / 1e6:N0}", isFlops ? $"{100 * 2 * steps / one / flops:0} %" : "");
        }
    }

    private static double LeafSpaceNorms(Stages stages, FixedBlocks work)
        => LeafSpace.Build(stages, work, (_, _) => { }).Norms(stages.Structure.Leaves, stages.Structure.RowCount, curve: true, work).Sum;

    private static double ProbeNorms(Stages stages, FixedBlocks work)
        => ProbeReplay.Estimate(stages, null, 0, Probes, curve: true, seed: 1, work, () => { }).Train.Sum;

    // Leaves of very different size, as in trained trees: a row's leaf is the square of a uniform number, correlated from tree to tree.
    private static SquaredStages Structure(int rows)
    {
        Random random = new(1);
        var leaves = Enumerable.Range(0, Trees).Select(_ => new ushort[rows]).ToArray();
        for (var row = 0; row < rows; row++)
        {
            var own = random.NextDouble();
            foreach (var tree in leaves)
            {
                var place = ((own * 3) + random.NextDouble()) / 4;
                tree[row] = (ushort)(Leaves * place * place);
            }
        }
        ushort[][] all = [new ushort[rows], .. leaves];
        SmootherStructure structure = new([1, .. Enumerable.Repeat(Leaves, Trees)], all, RowWeights.Ones, rows)
        {
            Rule = new LeafRule { LearningRate = 0.1, L2Regularization = 0.01, StartsAtMean = true },
            HasStart = true,
        };
        for (var tree = 0; tree < structure.TreeCount; tree++)
        {
            foreach (var leaf in all[tree])
                structure.Factors[structure.LeafOffsets[tree] + leaf]++;
        }
        for (var leaf = 0; leaf < structure.Factors.Length; leaf++)
            structure.Factors[leaf] = leaf == 0 ? 1 / structure.Factors[leaf] : structure.Factors[leaf] > 0 ? 0.1 / (structure.Factors[leaf] + 0.01) : 0;
        return new SquaredStages(structure);
    }

    private static double Fastest(Action run)
    {
        var fastest = double.PositiveInfinity;
        for (var round = 0; round <= Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            fastest = round == 0 ? fastest : Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return fastest;
    }

    private static double Child(string method, int rows)
    {
        ProcessStartInfo start = new("dotnet", ["exec", typeof(TreeSmoothingSpeed).Assembly.Location, ChildArgument, method, $"{rows}"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? double.Parse(text, CultureInfo.InvariantCulture) : throw new InvalidOperationException($"The child process '{method}' failed.");
    }

    private static string Seconds(double seconds) => seconds.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Ratio(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);
}
