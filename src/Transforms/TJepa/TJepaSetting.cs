using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>What a <see cref="TJepaStep"/> works with.</summary>
/// <param name="Options">The options.</param>
/// <param name="Module">Context encoder and predictor.</param>
/// <param name="Network">The same with what changes their weights.</param>
/// <param name="Average">Makes the target encoder follow the context encoder.</param>
/// <param name="Target">The target encoder.</param>
/// <param name="Masks">Draws masks.</param>
/// <param name="Monitor">Measures the encoder after each epoch.</param>
/// <param name="Context">The log.</param>
/// <param name="Hiding">Draws which values are hidden from the context encoder.</param>
internal sealed record TJepaSetting(
    TJepaFeaturizer.Options Options, TJepaNetwork Module, TrainableNetwork Network, MovingAverage Average, ColumnEncoder Target, MaskSampler Masks, CollapseMonitor Monitor, TrainingContext Context, Generator Hiding)
{
    /// <summary>Measures how well a label is predicted; <see langword="null"/> without one.</summary>
    public LinearProbe? Probe { get; init; }

    /// <summary>What the model gives of a row, without raw columns.</summary>
    public TJepaOutput Output { get; init; } = TJepaOutput.Flatten;

    /// <summary>Whether a number is missing in any training row.</summary>
    public bool HasMissing { get; init; }

    /// <summary>Which token stands for what.</summary>
    public TokenLayout Layout => Target.Layout;
}
