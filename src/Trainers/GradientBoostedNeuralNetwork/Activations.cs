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

    /// <summary>a'(z), written in terms of a(z).</summary>
    public static double Derivative(HiddenActivation activation, double a) => activation switch
    {
        HiddenActivation.Logistic => a * (1 - a),
        HiddenActivation.Tanh => 1 - (a * a),
        _ => a > 0 ? 1 : 0,
    };

    /// <summary>g of the initial bound sqrt(g / (fan in + fan out)).</summary>
    public static double InitialScale(HiddenActivation activation) => activation == HiddenActivation.Logistic ? 2 : 6;
}
