using Microsoft.ML.OnnxRuntime;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Tests.Estimators.Scoring;

public sealed class StockLoadingTests
{
    [Fact]
    public void A_graph_that_was_taken_for_another_format_is_loaded_again()
    {
        var calls = 0;
        Assert.Equal(2, StockLoading.Load(() => ++calls == 1 ? throw new InvalidOperationException("Error during class instantiation", RefusalByRuntime()) : calls));
    }

    [Fact]
    public void A_graph_that_is_refused_every_time_is_an_error()
    {
        var calls = 0;
        Assert.IsAssignableFrom<OnnxRuntimeException>(Assert.Throws<InvalidOperationException>(() => StockLoading.Load<int>(() =>
        {
            calls++;
            throw new InvalidOperationException("Error during class instantiation", RefusalByRuntime());
        })).InnerException);
        Assert.Equal(3, calls);
    }

    [Fact]
    public void Other_errors_are_not_tried_again()
    {
        var calls = 0;
        Assert.Throws<FormatException>(() => StockLoading.Load<int>(() =>
        {
            calls++;
            throw new FormatException("ORT model verification failed");
        }));
        Assert.Equal(1, calls);
    }

    // What ONNX Runtime itself says of a graph in a file whose name ends in .ort.
    private static OnnxRuntimeException RefusalByRuntime()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.ort");
        File.WriteAllBytes(file, [8, 8, 18, 0, 58, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        try
        {
            return Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(file).Dispose());
        }
        finally
        {
            File.Delete(file);
        }
    }
}
