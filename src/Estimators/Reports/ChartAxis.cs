using System.Globalization;

namespace MLExtensions.Estimators.Reports;

/// <summary>One axis of a chart: its range, linear or logarithmic, where values lie on it, and round numbers to write beside it.</summary>
internal sealed class ChartAxis
{
    private const int TicksWanted = 6;

    private readonly bool _isLogarithmic;
    private readonly double _from;
    private readonly double _to;

    /// <summary>An axis that spans values.</summary>
    /// <param name="values">The values; on a logarithmic axis those not above 0 are left out.</param>
    /// <param name="isLogarithmic">Whether equal lengths are equal factors.</param>
    /// <param name="startsAtZero">Whether 0 belongs to a linear axis.</param>
    /// <param name="padding">Room beyond the values at both ends, as a share of their range.</param>
    public ChartAxis(IEnumerable<double> values, bool isLogarithmic, bool startsAtZero = false, double padding = 0)
    {
        _isLogarithmic = isLogarithmic;
        double[] shown = [.. values.Where(value => double.IsFinite(value) && (!isLogarithmic || value > 0)).Select(Scaled)];
        if (startsAtZero && !isLogarithmic)
            shown = [.. shown, 0];
        var (from, to) = shown.Length == 0 ? (0, 1) : (shown.Min(), shown.Max());
        var margin = from < to ? padding * (to - from) : Math.Max(0.5, Math.Abs(to) * 0.1);
        (_from, _to) = (from - margin, to + margin);
    }

    /// <summary>Whether a value can be shown.</summary>
    public bool Shows(double value) => double.IsFinite(value) && (!_isLogarithmic || value > 0);

    /// <summary>Where a value lies: 0 at the start of the axis, 1 at its end.</summary>
    public double Place(double value) => (Scaled(value) - _from) / (_to - _from);

    /// <summary>Round numbers inside the range, with their texts.</summary>
    public IEnumerable<(double Value, string Text)> Ticks() => (_isLogarithmic ? LogarithmicTicks() : LinearTicks()).Select(value => (value, Text(value)));

    /// <summary>A number as short as it is readable: 0.002, 1.5, 12,000, 3e-7.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1e7 or < 1e-4 => value.ToString("0.##e0", CultureInfo.InvariantCulture),
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.ToString("G4", CultureInfo.InvariantCulture),
    };

    private double Scaled(double value) => _isLogarithmic ? Math.Log10(value) : value;

    // A step of 1, 2 or 5 times a power of ten.
    private IEnumerable<double> LinearTicks()
    {
        var rough = (_to - _from) / TicksWanted;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        for (var tick = Math.Ceiling((_from - (1e-9 * step)) / step); tick * step <= _to + (1e-9 * step); tick++)
            yield return tick * step;
    }

    // Powers of ten, or 1, 2 and 5 times them where the range has few.
    private IEnumerable<double> LogarithmicTicks()
    {
        var step = Math.Max(1, (int)Math.Ceiling((_to - _from) / TicksWanted));
        double[] factors = _to - _from < 2 ? [1, 2, 5] : [1];
        for (var power = Math.Floor(_from); power <= _to + 1e-9; power += step)
        {
            foreach (var tick in factors.Select(factor => factor * Math.Pow(10, power)))
            {
                if (Math.Log10(tick) >= _from - 1e-9 && Math.Log10(tick) <= _to + 1e-9)
                    yield return tick;
            }
        }
    }
}
