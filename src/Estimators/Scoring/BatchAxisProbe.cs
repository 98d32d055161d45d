using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// Runs made-up rows through a graph together and one by one. A dynamic first axis is nearly always the batch, but nothing
/// in a graph says so: where it is a sequence, say, rows would silently influence each other.
/// </summary>
internal static class BatchAxisProbe
{
    private const int Rows = 3;
    private const double Tolerance = 1e-3;

    /// <summary>
    /// What is wrong when rows together do not give what rows alone give, or <see langword="null"/>. A graph that refuses the made-up
    /// values is given the benefit of the doubt.
    /// </summary>
    public static string? Objection(OnnxGraph graph, IReadOnlyCollection<string> inputNames, IReadOnlyCollection<string> outputNames)
    {
        var inputs = graph.Inputs.Where(input => inputNames.Contains(input.Name)).ToArray();
        if (inputs.Any(input => input.Dimensions.Skip(1).Contains(null)))
            return null;
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var session = new InferenceSession(graph.WithOutputs([.. outputNames]).ToBytes(), options);
            var together = Run(session, inputs, outputNames, first: 0, Rows);
            var alone = Enumerable.Range(0, Rows).Select(row => Run(session, inputs, outputNames, row, 1)).ToArray();
            // Chance is no influence of rows on each other, but hides it: whether rows are independent cannot be seen.
            var again = Run(session, inputs, outputNames, first: 0, rows: 1);
            if (!again.Zip(alone[0]).All(outputs => Agree(outputs.First, outputs.Second)))
                return "it is random: the same row scores differently each time, so that a test whether rows of a batch influence each other is not possible";
            return Enumerable.Range(0, outputNames.Count).All(i => Agree(together[i], [.. alone.SelectMany(outputs => outputs[i])]))
                ? null
                : "rows of a batch influence each other: made-up rows score differently together and alone";
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }

    // Only numbers are compared: an output of another kind comes from the same rows.
    private static double[][] Run(InferenceSession session, OnnxTensorInfo[] inputs, IReadOnlyCollection<string> outputNames, int first, int rows)
    {
        var values = inputs.ToDictionary(input => input.Name, input => Values(input, first, rows));
        try
        {
            using var options = new RunOptions();
            using var outputs = session.Run(options, values, outputNames);
            return [.. outputs.Select(Numbers)];
        }
        finally
        {
            foreach (var value in values.Values)
                value.Dispose();
        }
    }

    private static OrtValue Values(OnnxTensorInfo input, int first, int rows)
    {
        var width = input.Dimensions.Skip(1).Aggregate(1, (product, size) => checked(product * (int)size!.Value));
        var buffer = TensorBuffer.Create(input.Name, input.ElementType, [.. input.Dimensions.Skip(1).Select(size => size!.Value)]);
        buffer.Reserve(rows);
        var tensor = buffer.Tensor(rows);
        for (var i = 0; i < rows * width; i++)
            SetMadeUp(buffer, i, (first * width) + i);
        (buffer as TextTensorBuffer)?.Push(rows);
        return tensor;
    }

    // Small whole numbers are valid indices, too.
    private static void SetMadeUp(TensorBuffer buffer, int position, int n)
    {
        switch (buffer)
        {
            case TensorBuffer<float> floats:
                floats.Data[position] = MathF.Sin(n + 1);
                break;
            case TensorBuffer<double> doubles:
                doubles.Data[position] = Math.Sin(n + 1);
                break;
            case TensorBuffer<long> longs:
                longs.Data[position] = n % 2;
                break;
            case TensorBuffer<int> ints:
                ints.Data[position] = n % 2;
                break;
            case TensorBuffer<uint> uints:
                uints.Data[position] = (uint)(n % 2);
                break;
            case TensorBuffer<bool> bools:
                bools.Data[position] = n % 2 == 1;
                break;
            case TextTensorBuffer texts:
                texts.Data[position] = (n % 2 == 1 ? "a" : "b").AsMemory();
                break;
            default:
                buffer.Clear();
                break;
        }
    }

    private static double[] Numbers(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType switch
    {
        Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => Array.ConvertAll(value.GetTensorDataAsSpan<float>().ToArray(), x => (double)x),
        Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double => value.GetTensorDataAsSpan<double>().ToArray(),
        Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => Array.ConvertAll(value.GetTensorDataAsSpan<long>().ToArray(), x => (double)x),
        _ => [],
    };

    // Relative to the largest number of the output: what rounding leaves of one that cancels out does not count.
    private static bool Agree(double[] together, double[] alone)
    {
        var magnitude = alone.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
        return together.Length == alone.Length
            && together.Zip(alone).All(pair => pair.First.Equals(pair.Second) || Math.Abs(pair.First - pair.Second) <= Tolerance * magnitude);
    }
}
