using Microsoft.ML.OnnxRuntime;

namespace MLExtensions.Estimators.Scoring;

/// <summary>Loading with stock ML.NET, again where it fails by chance.</summary>
/// <remarks>
/// ML.NET's ONNX transformer writes its graph to a temporary file with a random name, extension included. One name in 36^3 ends in <c>.ort</c>, and ONNX Runtime takes such a
/// file for another format and refuses it.
/// </remarks>
internal static class StockLoading
{
    private const int Attempts = 3;
    private const string OtherFormat = "ORT model verification failed";

    /// <summary>Loads, and loads again when ONNX Runtime took the graph for another format.</summary>
    /// <typeparam name="T">What is loaded.</typeparam>
    /// <param name="load">Loads from the start; called again after a failure by chance.</param>
    public static T Load<T>(Func<T> load)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return load();
            }
            catch (Exception error) when (attempt < Attempts && WasTakenForAnotherFormat(error))
            {
            }
        }
    }

    private static bool WasTakenForAnotherFormat(Exception? error)
        => error is not null && ((error is OnnxRuntimeException && error.Message.Contains(OtherFormat, StringComparison.Ordinal)) || WasTakenForAnotherFormat(error.InnerException));
}
