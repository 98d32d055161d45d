namespace MLExtensions.Trainers;

/// <summary>The step after which the validation loss was lowest, and whether it has been too long ago.</summary>
/// <param name="patienceSteps">Steps without a lower loss that are put up with.</param>
/// <param name="startLoss">The validation loss before the first step, <see langword="null"/> without validation rows.</param>
internal sealed class BestPrefix(int patienceSteps, double? startLoss)
{
    private double? _lowest = startLoss;
    private int _latest;

    /// <summary>Number of steps until then.</summary>
    public int Steps { get; private set; }

    /// <summary>Number of blocks until then.</summary>
    public int Blocks { get; private set; }

    /// <summary>Whether training should end.</summary>
    public bool IsOutOfPatience => _lowest is not null && _latest - Steps >= patienceSteps;

    /// <summary>Notes how a step ended.</summary>
    public void Note(int steps, int blocks, double? loss)
    {
        _latest = steps;
        if (loss < _lowest)
            (_lowest, Steps, Blocks) = (loss, steps, blocks);
    }
}
