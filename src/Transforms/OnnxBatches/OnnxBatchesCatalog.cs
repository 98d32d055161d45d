using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Transforms;

namespace Microsoft.ML;

/// <summary>Extension methods of <see cref="TransformsCatalog"/> that score ONNX models in batches.</summary>
public static class OnnxBatchesCatalog
{
    /// <summary>Applies an ONNX model to the input columns, many rows in one run.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnNames">Names of the model's outputs, which become the output columns.</param>
    /// <param name="inputColumnNames">Names of the model's inputs and of the columns that feed them.</param>
    /// <param name="modelFile">Path of the ONNX file. Its inputs and outputs need a dynamic first axis.</param>
    /// <param name="gpuDeviceId">The GPU to run on; <see langword="null"/> takes that of the <see cref="MLContext"/>, and the CPU where it has none.</param>
    /// <param name="fallbackToCpu">Whether to run on the CPU when the GPU cannot be used.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no ONNX model.</exception>
    /// <exception cref="InvalidOperationException">A name is none of the model's, or an input or output has a fixed batch axis.</exception>
    public static OnnxBatchScoringEstimator ApplyOnnxModelInBatches(
        this TransformsCatalog catalog, string[] outputColumnNames, string[] inputColumnNames, string modelFile, int? gpuDeviceId = null, bool fallbackToCpu = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelFile);
        return Create(catalog, outputColumnNames, inputColumnNames, File.ReadAllBytes(modelFile), $"The ONNX model '{modelFile}'", gpuDeviceId, fallbackToCpu);
    }

    /// <summary>Applies an ONNX model from a stream to the input columns, many rows in one run.</summary>
    /// <inheritdoc cref="ApplyOnnxModelInBatches(TransformsCatalog, string[], string[], string, int?, bool)"/>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnNames">Names of the model's outputs, which become the output columns.</param>
    /// <param name="inputColumnNames">Names of the model's inputs and of the columns that feed them.</param>
    /// <param name="model">A stream with the ONNX model, read to its end. Its inputs and outputs need a dynamic first axis.</param>
    /// <param name="gpuDeviceId">The GPU to run on; <see langword="null"/> takes that of the <see cref="MLContext"/>, and the CPU where it has none.</param>
    /// <param name="fallbackToCpu">Whether to run on the CPU when the GPU cannot be used.</param>
    public static OnnxBatchScoringEstimator ApplyOnnxModelInBatches(
        this TransformsCatalog catalog, string[] outputColumnNames, string[] inputColumnNames, Stream model, int? gpuDeviceId = null, bool fallbackToCpu = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var copy = new MemoryStream();
        model.CopyTo(copy);
        return Create(catalog, outputColumnNames, inputColumnNames, copy.ToArray(), "The ONNX model", gpuDeviceId, fallbackToCpu);
    }

    private static OnnxBatchScoringEstimator Create(
        TransformsCatalog catalog, string[] outputColumnNames, string[] inputColumnNames, byte[] bytes, string model, int? gpuDeviceId, bool fallbackToCpu)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(outputColumnNames);
        ArgumentNullException.ThrowIfNull(inputColumnNames);
        var graph = OnnxGraph.FromBytes(bytes);
        RequireNames(model, "output", outputColumnNames, graph.Outputs);
        RequireNames(model, "input", inputColumnNames, graph.Inputs);
        return new OnnxBatchScoringEstimator(MlNetAccess.EnvironmentOf(catalog), graph, outputColumnNames, inputColumnNames, model, gpuDeviceId, fallbackToCpu);
    }

    private static void RequireNames(string model, string role, string[] names, IReadOnlyList<OnnxTensorInfo> tensors)
    {
        if (names.Length == 0)
            throw new ArgumentException($"Name at least one {role} of the model; it has {Listed(tensors)}.");
        foreach (var name in names)
        {
            if (tensors.All(tensor => tensor.Name != name))
                throw new InvalidOperationException($"{model} has no {role} '{name}'; it has {Listed(tensors)}.");
        }
    }

    private static string Listed(IReadOnlyList<OnnxTensorInfo> tensors) => string.Join(", ", tensors.Select(tensor => $"'{tensor.Name}'"));
}
