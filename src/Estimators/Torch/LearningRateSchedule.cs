using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>The learning rate of every step: a linear rise from 0, then constant or half a cosine down.</summary>
/// <param name="decay">What follows the rise.</param>
/// <param name="learningRate">The largest learning rate.</param>
/// <param name="warmUpSteps">Steps W of the rise; step W - 1 is the first of the full rate.</param>
/// <param name="steps">All steps S.</param>
internal sealed class LearningRateSchedule(LearningRateDecay decay, double learningRate, long warmUpSteps, long steps)
{
    /// <summary>What the cosine falls to.</summary>
    public double FinalLearningRate { get; init; }

    /// <summary>Whether the last step has the final rate; otherwise a step after it would.</summary>
    public bool ReachesFinalLearningRate { get; init; }

    /// <summary>The rate to set before a step.</summary>
    /// <param name="step">Number of the step, from 0.</param>
    public double At(long step)
    {
        if (step < warmUpSteps)
            return learningRate * (step + 1) / warmUpSteps;
        var position = step - warmUpSteps + (ReachesFinalLearningRate ? 1 : 0);
        return decay == LearningRateDecay.None ? learningRate : Cosine(learningRate, FinalLearningRate, position, steps - warmUpSteps);
    }

    /// <summary>Half a cosine from one number to another.</summary>
    /// <param name="first">The number at position 0.</param>
    /// <param name="last">The number at the last position.</param>
    /// <param name="position">The position.</param>
    /// <param name="length">The last position.</param>
    public static double Cosine(double first, double last, long position, long length) => last + ((first - last) * 0.5 * (1 + Math.Cos(Math.PI * position / length)));
}
