using System.Numerics.Tensors;

namespace MLExtensions.Trainers;

/// <summary>The activations and their derivatives.</summary>
internal static class Activations
{
    /// <summary>Replaces weighted sums z by activations a(z).</summary>
    public static void Apply(HiddenActivation activation, Span<double> z)
    {
        switch (activation)
        {
            case HiddenActivation.Logistic:
                TensorPrimitives.Sigmoid<double>(z, z);
                break;
            case HiddenActivation.Tanh:
                TensorPrimitives.Tanh<double>(z, z);
                break;
            default:
                TensorPrimitives.Max(z, 0, z);
                break;
        }
    }

    /// <summary>Replaces activations a(z) by a'(z).</summary>
    public static void ReplaceByDerivative(HiddenActivation activation, Span<double> a)
    {
        switch (activation)
        {
            case HiddenActivation.Logistic:
                // a (1 - a) = 1/4 - (a - 1/2)^2.
                TensorPrimitives.Subtract(a, 0.5, a);
                TensorPrimitives.Multiply(a, a, a);
                TensorPrimitives.Subtract(0.25, a, a);
                break;
            case HiddenActivation.Tanh:
                TensorPrimitives.Multiply(a, a, a);
                TensorPrimitives.Subtract(1, a, a);
                break;
            default:
                TensorPrimitives.Min(a, 1, a);
                TensorPrimitives.Ceiling<double>(a, a);
                break;
        }
    }

    /// <summary>g of the initial bound sqrt(g / (fan in + fan out)).</summary>
    public static double InitialScale(HiddenActivation activation) => activation == HiddenActivation.Logistic ? 2 : 6;
}
