using System.Text.Json;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>The independent numbers in Data/example-difficulty.json, 10 digits each.</summary>
internal static class DifficultyReference
{
    private static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "example-difficulty.json"))).RootElement;

    public static JsonElement Of(params string[] path) => path.Aggregate(Root, (element, name) => element.GetProperty(name));
}
