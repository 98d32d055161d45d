using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Onnx;

namespace MLExtensions.Estimators.Catalogs;

/// <summary>
/// The only place that reads non-public members of ML.NET. Each accessor has a test of its own, so that a new
/// version of ML.NET that moves one of them fails there first.
/// </summary>
internal static class MlNetAccess
{
    /// <summary>The environment behind <c>mlContext.X.Trainers</c>.</summary>
    public static IHostEnvironment EnvironmentOf(TrainCatalogBase.CatalogInstantiatorBase trainers)
    {
        ArgumentNullException.ThrowIfNull(trainers);
        return GetEnvironment(GetOwner(trainers));
    }

    /// <summary>The environment behind <c>mlContext.Transforms</c>.</summary>
    public static IHostEnvironment EnvironmentOf(TransformsCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return GetTransformsEnvironment(catalog);
    }

    /// <summary>The environment behind <c>mlContext.Model</c>.</summary>
    public static IHostEnvironment EnvironmentOf(ModelOperationsCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return GetModelEnvironment(catalog);
    }

    /// <summary>The environment behind <c>mlContext.Data</c>.</summary>
    public static IHostEnvironment EnvironmentOf(DataOperationsCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return GetDataEnvironment(catalog);
    }

    /// <summary>Creates a column of a <see cref="SchemaShape"/>.</summary>
    public static SchemaShape.Column ShapeColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType itemType, bool isKey, SchemaShape? annotations = null)
        => NewShapeColumn(name, kind, itemType, isKey, annotations);

    /// <summary>The shape of a schema, as estimators see it before fitting.</summary>
    public static SchemaShape ShapeOf(DataViewSchema schema) => CreateShape(null, schema);

    /// <summary>The graph inputs that a stock ONNX transformer reads, which are also its input columns.</summary>
    public static string[] InputsOf(OnnxTransformer transformer) => GetInputs(transformer);

    /// <summary>The graph outputs that a stock ONNX transformer emits, which are also its output columns.</summary>
    public static string[] OutputsOf(OnnxTransformer transformer) => GetOutputs(transformer);

    /// <summary>The scopes of a transformer chain, one a transformer, or <see langword="null"/> when it is no chain.</summary>
    public static TransformerScope[]? ScopesOf(ITransformer transformer)
    {
        var type = transformer.GetType();
        return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(TransformerChain<>) ? GetScopes(transformer) : null;
    }

    /// <summary>Whether <c>MLContext.CancelExecution</c> (AutoML's time limit) was called.</summary>
    public static bool IsCanceled(IHostEnvironment environment) => GetIsCanceled(environment);

    /// <summary>The device of <c>MLContext.GpuDeviceId</c>, <see langword="null"/> for the CPU.</summary>
    public static int? GpuDeviceIdOf(IHostEnvironment environment) => GetGpuDeviceId(environment);

    /// <summary>The setting <c>MLContext.FallbackToCpu</c>.</summary>
    public static bool FallbackToCpuOf(IHostEnvironment environment) => GetFallbackToCpu(environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Owner")]
    private static extern TrainCatalogBase GetOwner(TrainCatalogBase.CatalogInstantiatorBase trainers);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment GetEnvironment(TrainCatalogBase catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment GetTransformsEnvironment(TransformsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment GetModelEnvironment(ModelOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment GetDataEnvironment(DataOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern SchemaShape.Column NewShapeColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType itemType, bool isKey, SchemaShape? annotations);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "Create")]
    private static extern SchemaShape CreateShape(SchemaShape? owner, DataViewSchema schema);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Inputs")]
    private static extern string[] GetInputs(OnnxTransformer transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Outputs")]
    private static extern string[] GetOutputs(OnnxTransformer transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Scopes")]
    private static extern TransformerScope[] GetScopes([UnsafeAccessorType("Microsoft.ML.Data.ITransformerChainAccessor, Microsoft.ML.Data")] object chain);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_IsCanceled")]
    private static extern bool GetIsCanceled([UnsafeAccessorType("Microsoft.ML.Runtime.ICancelable, Microsoft.ML.Core")] object environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_GpuDeviceId")]
    private static extern int? GetGpuDeviceId([UnsafeAccessorType("Microsoft.ML.Runtime.IHostEnvironmentInternal, Microsoft.ML.Core")] object environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_FallbackToCpu")]
    private static extern bool GetFallbackToCpu([UnsafeAccessorType("Microsoft.ML.Runtime.IHostEnvironmentInternal, Microsoft.ML.Core")] object environment);
}
