using System.Globalization;
using System.Reflection;
using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Tests.Docs;

/// <summary>The search-space attributes of an option in words.</summary>
internal static class SweptOption
{
    /// <summary>What a sweep draws; <see langword="null"/> where it leaves the option alone.</summary>
    public static string? RangeOf(PropertyInfo option)
    {
        if (option.GetCustomAttribute<RangeAttribute>(inherit: false) is { } range)
            return $"{Text(range.Min)} to {Text(range.Max)}{(range.LogBase ? ", logarithmic" : "")}";
        if (option.GetCustomAttribute<ChoiceAttribute>(inherit: false) is { } choice)
            return string.Join(", ", choice.Candidates.Select(Text));
        return option.GetCustomAttribute<BooleanChoiceAttribute>(inherit: false) is null ? null : "false, true";
    }

    /// <summary>Why a sweep leaves the option alone; <see langword="null"/> where nothing is said.</summary>
    public static string? ReasonOf(PropertyInfo option) => option.GetCustomAttribute<NotSweptAttribute>(inherit: false)?.Reason;

    /// <summary>A value as pages write it: enumerations as code, numbers in invariant culture.</summary>
    public static string Text(object? value) => value switch
    {
        null => "by the rest",
        Enum member => $"`{member}`",
        bool truth => truth ? "true" : "false",
        double number when number != 0 && Math.Abs(number) < 1e-3 => number.ToString("0.###e-0", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
