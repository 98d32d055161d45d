using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>The learning rate of every step: a linear rise from 0, then constant or half a cosine down to 0.</summary>
/// <param name="decay">What follows the rise.</param>
/// <param name="learningRate">The largest learning rate.</param>
/// <param name="warmUpSteps">Steps W of the rise; step W - 1 is the first of the full rate.</param>
/// <param name="steps">All steps S.</param>
internal sealed class LearningRateSchedule(LearningRateDecay decay, double learningRate, long warmUpSteps, long steps)
{
    /// <summary>The rate to set before a step.</summary>
    /// <param name="step">Number of the step, from 0.</param>
    public double At(long step)
    {
        if (step < warmUpSteps)
            return learningRate * (step + 1) / warmUpSteps;
        return decay == LearningRateDecay.None
            ? learningRate
            : learningRate * 0.5 * (1 + Math.Cos(Math.PI * (step - warmUpSteps) / (steps - warmUpSteps)));
    }
}
