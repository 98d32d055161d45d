using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>Dropout from a generator of the fit's own: TorchSharp's dropout draws from the global one.</summary>
/// <remarks>
/// Source: N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout: A Simple Way to Prevent Neural Networks
/// from Overfitting", JMLR 15, 2014, section 4, scaled in training as its section 10 says.
/// </remarks>
/// <param name="Rate">Probability of a value to become 0 in training, at least 0 and less than 1.</param>
/// <param name="Draws">The generator, on the CPU.</param>
internal sealed record Dropout(double Rate, torch.Generator Draws)
{
    /// <summary>Drops values of a network that trains; one that scores keeps them all.</summary>
    /// <param name="values">The values, of any shape.</param>
    /// <param name="isTraining">Whether the network trains.</param>
    public torch.Tensor Apply(torch.Tensor values, bool isTraining) => isTraining ? Apply(values, Rate, Draws) : values;

    /// <summary>Drops each value with a probability and scales the others, so that sums keep their mean.</summary>
    /// <param name="values">The values, of any shape.</param>
    /// <param name="rate">Probability of a value to become 0, at least 0 and less than 1.</param>
    /// <param name="generator">The generator, on the CPU.</param>
    public static torch.Tensor Apply(torch.Tensor values, double rate, torch.Generator generator)
    {
        if (rate <= 0)
            return values;
        using var share = (1 - rate).ToScalar();
        using var kept = Bernoulli.Fill(torch.empty_like(values, requires_grad: false), 1 - rate, generator).div_(share);
        return values * kept;
    }
}
