using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Onnx;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Tests.Estimators.Catalogs;

/// <summary>One test an accessor: a new ML.NET version that moves a member fails here first.</summary>
public sealed class MlNetAccessTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void Environment_of_trainers()
    {
        AssertEnvironment(MlNetAccess.EnvironmentOf(_ml.BinaryClassification.Trainers));
        AssertEnvironment(MlNetAccess.EnvironmentOf(_ml.MulticlassClassification.Trainers));
        AssertEnvironment(MlNetAccess.EnvironmentOf(_ml.Regression.Trainers));
        Assert.Throws<ArgumentNullException>(() => MlNetAccess.EnvironmentOf((TrainCatalogBase.CatalogInstantiatorBase)null!));
    }

    [Fact]
    public void Environment_of_transforms() => AssertEnvironment(MlNetAccess.EnvironmentOf(_ml.Transforms));

    [Fact]
    public void Environment_of_model_operations() => AssertEnvironment(MlNetAccess.EnvironmentOf(_ml.Model));

    [Fact]
    public void Environment_of_data_operations() => AssertEnvironment(MlNetAccess.EnvironmentOf(_ml.Data));

    [Fact]
    public void Shape_column()
    {
        var annotation = MlNetAccess.ShapeColumn("SlotNames", SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, isKey: false);
        var column = MlNetAccess.ShapeColumn("A", SchemaShape.Column.VectorKind.VariableVector, NumberDataViewType.UInt32, isKey: true, new SchemaShape([annotation]));
        Assert.Equal("A", column.Name);
        Assert.Equal(SchemaShape.Column.VectorKind.VariableVector, column.Kind);
        Assert.Equal(NumberDataViewType.UInt32, column.ItemType);
        Assert.True(column.IsKey);
        Assert.Equal("SlotNames", Assert.Single(column.Annotations).Name);
    }

    [Fact]
    public void Shape_of_a_schema()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("A", new VectorDataViewType(NumberDataViewType.Single, 3));
        builder.AddColumn("B", new KeyDataViewType(typeof(uint), 4));
        var shape = MlNetAccess.ShapeOf(builder.ToSchema()).ToArray();
        Assert.Equal(["A", "B"], shape.Select(column => column.Name));
        Assert.Equal([SchemaShape.Column.VectorKind.Vector, SchemaShape.Column.VectorKind.Scalar], shape.Select(column => column.Kind));
        Assert.Equal([false, true], shape.Select(column => column.IsKey));
    }

    [Fact]
    public void Inputs_of_a_stock_ONNX_transformer() => Assert.Equal(["B", "A"], MlNetAccess.InputsOf(Onnx()));

    [Fact]
    public void Outputs_of_a_stock_ONNX_transformer() => Assert.Equal(["Second", "First"], MlNetAccess.OutputsOf(Onnx()));

    [Fact]
    public void Scopes_of_a_chain()
    {
        var data = _ml.Data.LoadFromEnumerable([new Row()]);
        var copy = _ml.Transforms.CopyColumns("B", "A").Fit(data);
        TransformerScope[] scopes = [TransformerScope.Everything, TransformerScope.TrainTest];
        Assert.Equal(scopes, MlNetAccess.ScopesOf(new TransformerChain<ITransformer>([copy, copy], scopes)));
        Assert.Equal([TransformerScope.Everything], MlNetAccess.ScopesOf(_ml.Transforms.CopyColumns("B", "A").Append(_ml.Transforms.CopyColumns("C", "A")).Fit(data))!.Distinct());
        Assert.Null(MlNetAccess.ScopesOf(copy));
    }

    [Fact]
    public void Cancellation_of_a_context()
    {
        var environment = MlNetAccess.EnvironmentOf(_ml.Transforms);
        var host = environment.Register("host");
        Assert.False(MlNetAccess.IsCanceled(environment));
        Assert.False(MlNetAccess.IsCanceled(host));
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.Invoke(_ml, null);
        Assert.True(MlNetAccess.IsCanceled(environment));
        Assert.True(MlNetAccess.IsCanceled(host));
    }

    [Fact]
    public void Gpu_device_of_a_context()
    {
        Assert.Null(MlNetAccess.GpuDeviceIdOf(MlNetAccess.EnvironmentOf(_ml.Transforms)));
        _ml.GpuDeviceId = 3;
        Assert.Equal(3, MlNetAccess.GpuDeviceIdOf(MlNetAccess.EnvironmentOf(_ml.Transforms)));
        Assert.Equal(3, MlNetAccess.GpuDeviceIdOf(MlNetAccess.EnvironmentOf(_ml.Transforms).Register("host")));
    }

    [Fact]
    public void Cpu_fallback_of_a_context()
    {
        foreach (var fallback in new[] { true, false })
        {
            _ml.FallbackToCpu = fallback;
            Assert.Equal(fallback, MlNetAccess.FallbackToCpuOf(MlNetAccess.EnvironmentOf(_ml.Transforms)));
            Assert.Equal(fallback, MlNetAccess.FallbackToCpuOf(MlNetAccess.EnvironmentOf(_ml.Transforms).Register("host")));
        }
    }

    private void AssertEnvironment(IHostEnvironment environment)
    {
        // What is logged there is logged by the context that was asked.
        List<string> lines = [];
        _ml.Log += (_, line) => lines.Add(line.Message);
        using (var channel = environment.Register("probe").Start("probe"))
            channel.Warning(MessageSensitivity.None, "a line of the probe");
        Assert.Contains(lines, line => line.Contains("a line of the probe", StringComparison.Ordinal));
    }

    private OnnxTransformer Onnx()
    {
        var graph = new OnnxGraphBuilder("two");
        graph.Output(graph.Identity(graph.Input("A", OnnxElementType.Float, null, 1)), "First", OnnxElementType.Float, null, 1);
        graph.Output(graph.Identity(graph.Input("B", OnnxElementType.Float, null, 1)), "Second", OnnxElementType.Float, null, 1);
        return _ml.Transforms.ApplyOnnxModel(["Second", "First"], ["B", "A"], new MemoryStream(graph.Build().ToBytes())).Fit(_ml.Data.LoadFromEnumerable([new Row()]));
    }

    private sealed class Row
    {
        public float A { get; set; }

        public float B { get; set; }
    }
}
