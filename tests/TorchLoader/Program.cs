using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Torch;
using TorchSharp;

// What the tests ask a process of its own to do. The answer is a line on the console; errors of loading are answers too.
try
{
    switch (args)
    {
        case ["classic"]:
            Console.WriteLine(FitWithoutNetwork());
            break;
        case ["load"]:
            TorchLibrary.EnsureLoaded();
            Console.WriteLine(Sum());
            break;
        // As on a system that lacks the symbol version, whatever this one has.
        case ["relaxed"]:
            TorchLibrary.LoadRelaxed();
            TorchLibrary.EnsureLoaded();
            Console.WriteLine(Sum());
            break;
        default:
            return 2;
    }
    return 0;
}
catch (DllNotFoundException error)
{
    Console.WriteLine(error.Message);
    return 1;
}

static string FitWithoutNetwork()
{
    var ml = new MLContext(1);
    var rows = ml.Data.LoadFromEnumerable([new Row { Label = true, Features = [1, 2] }, new Row { Features = [3, 4] }, new Row { Features = [5, 5] }]);
    var model = ml.BinaryClassification.Trainers.NaiveBayesLinearProbe().Fit(rows).Model;
    return $"{model.FeatureCount} features, " + string.Join(" ", AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name).Where(name => name == "TorchSharp").DefaultIfEmpty("no TorchSharp"));
}

static float Sum()
{
    using var numbers = torch.tensor([1f, 2, 3]);
    using var sum = numbers.sum();
    return sum.item<float>();
}

internal sealed class Row
{
    public bool Label { get; set; }

    [VectorType(2)]
    public float[] Features { get; set; } = [];
}
