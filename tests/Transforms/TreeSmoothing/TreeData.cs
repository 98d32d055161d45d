using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>A small made-up table with a number, a Boolean, weights, and a category among its features.</summary>
internal sealed class TreeRow
{
    public const int FeatureCount = 9;

    /// <summary>Four numbers and a category of five values, one-hot.</summary>
    [VectorType(FeatureCount)]
    public float[] Features { get; set; } = [];

    public float A { get; set; }

    public float B { get; set; }

    public string Category { get; set; } = "";

    public float Label { get; set; }

    public bool Positive { get; set; }

    public float Weight { get; set; }

    public static TreeRow[] Create(int count, int seed = 1, int missingEvery = int.MaxValue)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(i => Create(random, i % missingEvery == missingEvery - 1))];
    }

    private static TreeRow Create(Random random, bool hasMissing)
    {
        float[] x = [random.NextSingle(), random.NextSingle(), random.NextSingle(), random.NextSingle()];
        var category = random.Next(5);
        var mean = (3 * x[0]) + (x[1] > 0.5 ? 2 : 0) + (x[2] * x[3]) + (category is 1 or 4 ? 1.5f : 0);
        var label = mean + random.NextSingle() + random.NextSingle();
        if (hasMissing)
            x[random.Next(4)] = float.NaN;
        return new TreeRow
        {
            Features = [.. x, .. Enumerable.Range(0, 5).Select(k => k == category ? 1f : 0)],
            A = x[0],
            B = x[1],
            Category = $"c{category}",
            Label = label,
            Positive = label > 4.2f + random.NextSingle(),
            Weight = 0.5f + random.Next(4),
        };
    }
}

/// <summary>Views of such rows.</summary>
internal static class TreeData
{
    /// <summary>Rows whose last five features ML.NET knows to be one category.</summary>
    public static IDataView View(MLContext ml, params TreeRow[] rows)
    {
        var schema = SchemaDefinition.Create(typeof(TreeRow));
        schema[nameof(TreeRow.Features)].AddAnnotation(
            "CategoricalSlotRanges", new VBuffer<int>(2, [4, 8]), new VectorDataViewType(NumberDataViewType.Int32, 1, 2));
        return ml.Data.LoadFromEnumerable(rows, schema);
    }
}
