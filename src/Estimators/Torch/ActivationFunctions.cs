using MLExtensions.Trainers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Estimators.Torch;

/// <summary>What a hidden unit applies to its weighted sum, as an operation on tensors.</summary>
internal static class ActivationFunctions
{
    /// <summary>Applies the function to each number.</summary>
    public static Tensor Apply(this HiddenActivation activation, Tensor z) => activation switch
    {
        HiddenActivation.Logistic => z.sigmoid(),
        HiddenActivation.Tanh => z.tanh(),
        HiddenActivation.Relu => F.relu(z),
        HiddenActivation.Gelu => F.gelu(z),
        _ => F.silu(z),
    };

    /// <summary>What the first weights of a layer that ends in the function are multiplied by, so that the variance of activations stays.</summary>
    /// <remarks>The rectifiers let half of the variance through; the others are close to the identity around 0.</remarks>
    public static double Gain(this HiddenActivation activation)
        => activation is HiddenActivation.Relu or HiddenActivation.Gelu or HiddenActivation.Silu ? Math.Sqrt(2) : 1;
}
