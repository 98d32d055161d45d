using System.Text.Json;
using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Trainers.GradientBoostedNeuralNetwork;
using MLExtensions.Trainers;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>The independent numbers in Data/noise-robust.json, 9 decimals each.</summary>
internal static class NoiseReference
{
    private static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "noise-robust.json"))).RootElement;

    public static JsonElement Of(params string[] path) => path.Aggregate(Root, (element, name) => element.GetProperty(name));

    /// <summary>A matrix, in double.</summary>
    public static Tensor Matrix(this JsonElement element, string name)
    {
        var rows = element.GetProperty(name);
        return tensor(rows.Flat(), [rows.GetArrayLength(), rows[0].GetArrayLength()]);
    }

    /// <summary>Whole numbers.</summary>
    public static long[] Indices(this JsonElement element, string name) => [.. element.Flat(name).Select(value => (long)value)];

    public static double[] Values(this Tensor tensor) => [.. tensor.detach().to(ScalarType.Float64).contiguous().data<double>()];

    public static PredictionHistory History(Tensor values) => new(values.clone());

    /// <summary>Weights of a head, which are 0 at first and would make all classes equal.</summary>
    public static void RandomizeHead(TabularNetwork module, Generator draws)
    {
        using var noGradient = no_grad();
        module.HeadWeight.uniform_(-0.5, 0.5, draws);
    }
}
