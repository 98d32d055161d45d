namespace MLExtensions.Estimators.Torch;

/// <summary>
/// What a fit does with one batch, for one network (<see cref="NetworkStep"/>) or for several that are trained side by side. <see cref="TrainingLoop"/> calls it.
/// </summary>
internal abstract class TrainingStep : IDisposable
{
    /// <summary>The networks that are trained; the loop sets their learning rates before every step.</summary>
    public abstract IReadOnlyList<TrainableNetwork> Networks { get; }

    /// <summary>Fewest rows a batch may have; smaller ones are skipped. Batch normalisation needs two.</summary>
    public virtual int MinimumRows => 1;

    /// <summary>Names of what <see cref="Metrics"/> tells of an epoch, for the progress of fits without validation rows.</summary>
    public virtual IReadOnlyList<string> MetricNames => [];

    /// <summary>What the step has to tell of the epoch that ended last, in the order of <see cref="MetricNames"/>.</summary>
    public virtual IReadOnlyList<double> Metrics => [];

    /// <summary>Before the first batch of all.</summary>
    /// <param name="steps">How many steps there will be, unless training ends early.</param>
    public virtual void Begin(long steps)
    {
    }

    /// <summary>Before the first batch of an epoch: networks go into training mode.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public virtual void BeginEpoch(int epoch)
    {
        foreach (var network in Networks)
            network.Module.train();
    }

    /// <summary>Trains on a batch.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="learningRate">Learning rate of the step.</param>
    /// <returns>The batch's loss before the step, a weighted mean over its rows.</returns>
    public abstract double Train(Batch batch, double learningRate);

    /// <summary>After the last batch of an epoch, before validation.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public virtual void EndEpoch(int epoch)
    {
    }

    /// <summary>After a batch whose loss is not finite.</summary>
    /// <returns>Whether the step goes back to a state that it kept, and training ends with that; otherwise it is an error.</returns>
    public virtual bool Recover() => false;

    /// <summary>After the last epoch of a fit without validation rows: the step may go back to a state that it kept.</summary>
    public virtual void Finish()
    {
    }

    /// <summary>Measures the networks, as they would be used, on rows that they are not trained on.</summary>
    public abstract ValidationScore Validate(TrainingTable table);

    /// <summary>Whether all weights are finite numbers.</summary>
    public virtual bool IsFinite() => Networks.All(network => network.IsFinite());

    /// <summary>Keeps the present state: it is the best so far.</summary>
    public virtual void Keep()
    {
        foreach (var network in Networks)
            network.Keep();
    }

    /// <summary>Goes back to the state that was kept last.</summary>
    public virtual void Restore()
    {
        foreach (var network in Networks)
            network.Restore();
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        foreach (var network in Networks)
            network.Dispose();
    }
}
