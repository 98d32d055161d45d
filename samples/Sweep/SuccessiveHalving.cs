using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sweep;

/// <summary>
/// Random search that tries many options on few rows, keeps the best third, tries that on three times as many rows, and so on up to all rows. The defaults are kept to the end, to be compared
/// with. Source: K. Jamieson, A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016, arXiv:1502.07943.
/// </summary>
/// <param name="defaults">What the drawn values are put into.</param>
/// <param name="loss">The loss of options on a number of rows, less is better.</param>
/// <param name="log">Where trials are kept.</param>
internal sealed class SuccessiveHalving<TOptions>(TOptions defaults, Func<TOptions, long, double> loss, TrialLog log)
    where TOptions : class
{
    private const int Factor = 3;

    private readonly SearchSpace _space = new(typeof(TOptions));

    /// <summary>Searches, and gives the best trial on all rows.</summary>
    /// <param name="count">Options to try at first: the defaults, and others drawn at random.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="report">Told of each round: its rows, and its trials from the best to the worst.</param>
    public Trial Search(int count, long rows, Action<long, IReadOnlyList<Trial>> report)
    {
        var left = Enumerable.Range(0, count).Select(number => (Number: number, Options: number == 0 ? [] : _space.Draw(new Random(number)))).ToArray();
        var rounds = Math.Max(1, (int)Math.Round(Math.Log(count, Factor)));
        for (var round = 1; ; round++)
        {
            var some = rows / (long)Math.Pow(Factor, rounds - round);
            Trial[] trials = [.. left.Select(candidate => Try(candidate.Number, candidate.Options, some)).OrderBy(trial => trial.Loss ?? double.PositiveInfinity)];
            report(some, trials);
            if (round == rounds)
                return trials[0];
            left = [.. trials.Where((trial, rank) => rank < count / Math.Pow(Factor, round) || trial.Number == 0).Select(trial => (trial.Number, trial.Options))];
        }
    }

    /// <summary>The defaults with some values in their place.</summary>
    public TOptions With(JsonObject values)
    {
        var all = JsonSerializer.SerializeToNode(defaults)!.AsObject();
        foreach (var (option, value) in values)
            all[option] = value!.DeepClone();
        return all.Deserialize<TOptions>()!;
    }

    private Trial Try(int number, JsonObject options, long rows)
    {
        if (log.Find(number, rows, options) is { } known)
            return known;
        var start = Stopwatch.GetTimestamp();
        var (found, error) = (double.NaN, default(string));
        try
        {
            found = loss(With(options), rows);
        }
        // Training that diverges, say: not a reason to give up the others.
        catch (InvalidOperationException failure)
        {
            error = failure.Message;
        }
        Trial trial = new(number, rows, options, double.IsFinite(found) ? found : null, Stopwatch.GetElapsedTime(start).TotalSeconds, error);
        log.Add(trial);
        return trial;
    }
}
