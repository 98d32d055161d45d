using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>Tensors as plain arrays.</summary>
internal static class Numbers
{
    /// <summary>A copy of a float tensor's elements, row by row.</summary>
    public static float[] Of(Tensor values)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return values.detach().cpu().contiguous().data<float>().ToArray();
    }
}
