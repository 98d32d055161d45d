using TorchSharp;
using static TorchSharp.torch.nn;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// First weights drawn from a generator of the fit's own. All of <c>torch.nn.init</c> draws from the global one, even where it takes a
/// generator (TorchSharp 0.107); the methods of a tensor, such as <c>normal_</c>, do use theirs.
/// </summary>
internal static class Initialization
{
    /// <summary>Fills weights [outputs, inputs, ...] uniformly with variance gain^2 / inputs, which keeps the variance of activations.</summary>
    /// <remarks>Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", ICCV 2015, equation (10) for a gain of sqrt(2).</remarks>
    /// <returns>The weights.</returns>
    public static torch.Tensor KaimingUniform(torch.Tensor weights, double gain, torch.Generator generator)
        => Uniform(weights, gain / Math.Sqrt(init.CalculateFanInAndFanOut(weights).fanIn), generator);

    /// <summary>Fills weights [outputs, inputs, ...] uniformly with variance 2 gain^2 / (inputs + outputs), a compromise for activations and gradients.</summary>
    /// <remarks>Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, equation (16).</remarks>
    /// <returns>The weights.</returns>
    public static torch.Tensor XavierUniform(torch.Tensor weights, double gain, torch.Generator generator)
    {
        var (inputs, outputs) = init.CalculateFanInAndFanOut(weights);
        return Uniform(weights, gain * Math.Sqrt(2.0 / (inputs + outputs)), generator);
    }

    /// <summary>Fills weights from a normal distribution with mean 0.</summary>
    /// <returns>The weights.</returns>
    public static torch.Tensor Normal(torch.Tensor weights, double deviation, torch.Generator generator)
    {
        using (torch.no_grad())
            return weights.normal_(0, deviation, generator);
    }

    /// <summary>Fills weights uniformly between -bound and bound.</summary>
    /// <returns>The weights.</returns>
    public static torch.Tensor Within(torch.Tensor weights, double bound, torch.Generator generator)
    {
        using (torch.no_grad())
            return weights.uniform_(-bound, bound, generator);
    }

    private static torch.Tensor Uniform(torch.Tensor weights, double deviation, torch.Generator generator) => Within(weights, Math.Sqrt(3) * deviation, generator);
}
