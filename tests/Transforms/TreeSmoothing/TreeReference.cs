using System.Text.Json;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>Numbers of a dense recursion in Python, over trees that cut one feature at thresholds.</summary>
internal static class TreeReference
{
    private static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "tree-smoothing.json"))).RootElement;

    public static JsonElement Case(string name) => name.Split('/').Aggregate(Root, (element, part) => element.GetProperty(part));

    public static double Number(this JsonElement element, string name) => element.GetProperty(name).GetDouble();

    public static double[] Numbers(this JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    public static double[][] Rows(this JsonElement element, string name)
        => [.. element.GetProperty(name).EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetDouble()).ToArray())];

    /// <summary>Thresholds of each tree; a single tree may be written without brackets.</summary>
    public static double[][] Thresholds(this JsonElement element)
        => element.GetProperty("thresholds")[0].ValueKind == JsonValueKind.Number ? [element.Numbers("thresholds")] : element.Rows("thresholds");
}
