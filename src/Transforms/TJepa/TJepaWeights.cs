using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Transforms;

/// <summary>The weights of a fit, and what is known of the tokens.</summary>
/// <param name="Target">The target encoder, which features come from.</param>
/// <param name="Context">The context encoder: training may go on from it, and surprise needs it; after fine-tuning, the same as the target encoder.</param>
/// <param name="Predictor">The predictor, likewise.</param>
/// <param name="Deviations">Standard deviation of each column's token from row to row.</param>
/// <param name="Variances">Variance of each column's token from row to row.</param>
internal sealed record TJepaWeights(ModuleWeights Target, ModuleWeights Context, ModuleWeights Predictor, double[] Deviations, double[] Variances)
{
    /// <summary>Adds the numbers to a model's state.</summary>
    public void Write(IDictionary<string, double[]> numbers)
    {
        Target.Write(numbers, nameof(Target));
        Context.Write(numbers, nameof(Context));
        Predictor.Write(numbers, nameof(Predictor));
        (numbers[nameof(Deviations)], numbers[nameof(Variances)]) = (Deviations, Variances);
    }

    /// <summary>The weights that a state holds.</summary>
    /// <exception cref="FormatException">The state is incomplete or damaged.</exception>
    public static TJepaWeights Read(ModelState state) => new(
        ModuleWeights.Read(state, nameof(Target)), ModuleWeights.Read(state, nameof(Context)), ModuleWeights.Read(state, nameof(Predictor)), state.GetNumbers(nameof(Deviations)), state.GetNumbers(nameof(Variances)));
}
