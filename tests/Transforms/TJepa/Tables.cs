using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TJepa;

/// <summary>Small tables with numeric and categorical columns, and options with which they are soon learned.</summary>
internal static class Tables
{
    /// <summary>A customer: age and income go together, and with the region; the plan follows the usage.</summary>
    internal sealed class Customer
    {
        public float Age { get; set; }

        public float Income { get; set; }

        [VectorType(2)]
        public float[] Usage { get; set; } = [];

        public string Region { get; set; } = "";

        public string Plan { get; set; } = "";

        public bool Label { get; set; }

        public float Value { get; set; }

        public string Segment { get; set; } = "";
    }

    public static readonly string[] Inputs = [nameof(Customer.Region), nameof(Customer.Age), nameof(Customer.Usage), nameof(Customer.Plan), nameof(Customer.Income)];

    public static Customer[] Customers(int count, int seed = 1)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Draw(random))];
    }

    /// <summary>The customers with keys in place of texts.</summary>
    public static IDataView View(MLContext ml, params Customer[] rows)
    {
        var view = ml.Data.LoadFromEnumerable(rows);
        return Keys(ml).Fit(ml.Data.LoadFromEnumerable(Customers(200))).Transform(view);
    }

    public static IEstimator<ITransformer> Keys(MLContext ml) => ml.Transforms.Conversion.MapValueToKey(nameof(Customer.Region)).Append(ml.Transforms.Conversion.MapValueToKey(nameof(Customer.Plan)));

    public static TJepaFeaturizer.Options Small(int epochs = 3) => new()
    {
        HiddenSize = 8,
        Layers = 1,
        Heads = 2,
        FeedForwardSize = 16,
        PredictorSize = 8,
        PredictorLayers = 1,
        PredictorHeads = 2,
        PredictorFeedForwardSize = 16,
        Epochs = epochs,
        BatchSize = 64,
        LearningRate = 3e-3,
        NumberOfThreads = 1,
    };

    private static Customer Draw(Random random)
    {
        var age = 20 + (60 * random.NextSingle());
        var usage = random.NextSingle();
        var region = age < 40 ? "north" : random.NextSingle() < 0.5 ? "south" : "west";
        return new()
        {
            Age = age,
            Income = (1000 * age) + (region == "west" ? 20_000 : 0) + (5000 * random.NextSingle()),
            Usage = [usage, (usage * usage) + (0.05f * random.NextSingle())],
            Region = region,
            Plan = usage < 0.3 ? "small" : usage < 0.7 ? "medium" : "large",
            Label = (age > 50) ^ (usage > 0.5),
            Value = (age > 50) ^ (usage > 0.5) ? 1 : -1,
            Segment = usage > 0.6 ? "a" : age > 50 ? "b" : "c",
        };
    }
}
