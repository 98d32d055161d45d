using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Tests.Onnx;

/// <summary>Runs a graph in ONNX Runtime and gives its outputs back as flat arrays.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly List<(string Name, OrtValue Value)> _inputs = [];

    public OnnxRun(OnnxGraph graph) => _session = new(graph.ToBytes());

    public OnnxRun Feed<T>(string name, T[] values, params long[] shape) where T : unmanaged
    {
        _inputs.Add((name, OrtValue.CreateTensorValueFromMemory(values, shape)));
        return this;
    }

    public T[] Get<T>(string output) where T : unmanaged => Get<T>(output, out _);

    public T[] Get<T>(string output, out long[] shape) where T : unmanaged
    {
        using var run = new RunOptions();
        using var results = _session.Run(run, [.. _inputs.Select(i => i.Name)], [.. _inputs.Select(i => i.Value)], [output]);
        shape = results[0].GetTensorTypeAndShape().Shape;
        return results[0].GetTensorDataAsSpan<T>().ToArray();
    }

    /// <summary>Builds a graph whose only output is what <paramref name="build"/> returns, and runs it without inputs.</summary>
    public static T[] Compute<T>(OnnxElementType type, Func<OnnxGraphBuilder, OnnxValue> build, out long[] shape, int rank) where T : unmanaged
    {
        var builder = new OnnxGraphBuilder("test");
        builder.Output(build(builder), "Result", type, new long?[rank]);
        using var run = new OnnxRun(builder.Build());
        return run.Get<T>("Result", out shape);
    }

    public void Dispose()
    {
        _inputs.ForEach(i => i.Value.Dispose());
        _session.Dispose();
    }
}
