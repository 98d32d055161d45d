using Microsoft.ML.Data;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>
/// One flower-like row: three groups that overlap a little, in four features of different scale, with every kind of column
/// that a model may have to pass through.
/// </summary>
public sealed class TestRow : TestCategories
{
    public const int FeatureCount = 4;

    [VectorType(FeatureCount)]
    public VBuffer<float> Features { get; set; }

    public bool Positive { get; set; }

    public string Species { get; set; } = "";

    public float Target { get; set; }

    public float Weight { get; set; } = 1;

    public string Id { get; set; } = "";

    public DateTime When { get; set; }

    public float[] Measurements { get; set; } = [];

    [VectorType(2)]
    public string[] Words { get; set; } = [];

    [NoColumn]
    public float[] Values
    {
        get => [.. Features.DenseValues()];
        set => Features = new VBuffer<float>(value.Length, value);
    }

    public static TestRow[] Create(int count = 700)
    {
        var random = new Random(20_260_101);
        var rows = new TestRow[count];
        for (var i = 0; i < count; i++)
        {
            // The first rows show the classes in an order that is not their order of names.
            var species = (i % 7) switch { 0 or 3 or 5 => 2, 1 or 4 => 0, _ => 1 };
            float[] values =
            [
                species + Noise(random),
                (5 * (species == 1 ? 1 : -1)) + (4 * Noise(random)),
                0.1f * species * Noise(random),
                3 * Noise(random),
            ];
            rows[i] = new TestRow
            {
                Values = values,
                Positive = species == 2,
                Species = new[] { "setosa", "versicolor", "virginica" }[species],
                Target = (3 * values[0]) - values[1] + Noise(random),
                Weight = 0.5f + (i % 4),
                Id = $"row {i}",
                When = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Unspecified).AddMinutes(i),
                Group = (uint)(i % 5),
                Shade = (uint)(i % 9),
                Measurements = [.. Enumerable.Range(0, i % 4).Select(j => (float)(i + j))],
                Words = [$"w{i % 11}", i % 3 == 0 ? "" : $"v{i}"],
            };
        }
        return rows;
    }

    private static float Noise(Random random) => random.NextSingle() + random.NextSingle() - 1;
}
