using System.Reflection;
using Microsoft.ML;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Examples;
using Xunit.Sdk;
using static MLExtensions.Estimators.Scoring.PredictionTask;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>All components that the contract is tested for. A new component adds its line here and nothing else.</summary>
internal static class ComponentCases
{
    public static IReadOnlyList<ComponentCase> All { get; } =
    [
        .. ComponentCase.Trainer<NearestMeanTrainer.Options, NearestMeanModel>(
            (ml, task, options) => new NearestMeanTrainer(MlNetAccess.EnvironmentOf(ml.Transforms), task, options), tasks: [Regression, BinaryClassification, MulticlassClassification]),
        ComponentCase.Transform((ml, options) => ml.Transforms.ApplyOnnxModelInBatches(["Score", "Sum"], [options.Features], new MemoryStream(Onnx(options.Features)))),
    ];

    // Two outputs of one input: a linear layer with slot names, and a sum.
    private static byte[] Onnx(string features)
    {
        var graph = new OnnxGraphBuilder("linear");
        var x = graph.Input(features, OnnxElementType.Float, null, TestRow.FeatureCount);
        graph.Output(graph.MatMul(x, graph.Constant([1f, 2f, 3f, 4f, -1f, 0.5f, 0.25f, 0.125f], TestRow.FeatureCount, 2)), "Score", OnnxElementType.Float, null, 2);
        graph.Output(graph.ReduceSum(x, [1]), "Sum", OnnxElementType.Float, null, 1);
        graph.SlotNames("Score", ["first", "second"]);
        return graph.Build().ToBytes();
    }
}

/// <summary>Runs a theory for every component.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ComponentsAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => ComponentCases.All.Select(component => new object[] { component });
}

/// <summary>Runs a theory for every trainer, or for those of some tasks.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TrainersAttribute(params PredictionTask[] tasks) : DataAttribute
{
    public IReadOnlyList<PredictionTask> Tasks => tasks;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => ComponentCases.All
        .Where(component => component.Task is { } task && (tasks.Length == 0 || tasks.Contains(task)))
        .Select(component => new object[] { component });
}
