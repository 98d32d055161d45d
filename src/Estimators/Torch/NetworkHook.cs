namespace MLExtensions.Estimators.Torch;

/// <summary>
/// What a method that any network can be combined with does at a stage of a step: other weights in the forward pass, another gradient, a step of its own after the
/// optimiser's. Hooks are called in their order; without any, a network is trained plainly.
/// </summary>
internal abstract class NetworkHook
{
    /// <summary>Before the forward pass of a training step.</summary>
    public virtual void BeforeForward(TrainableNetwork network)
    {
    }

    /// <summary>After the backward pass; the gradients are in <see cref="FlatParameters.Gradients"/>. Without autograd.</summary>
    public virtual void AfterBackward(TrainableNetwork network)
    {
    }

    /// <summary>After the optimiser has changed the weights. Without autograd.</summary>
    /// <param name="network">The network.</param>
    /// <param name="learningRate">Learning rate of the step.</param>
    public virtual void AfterStep(TrainableNetwork network, double learningRate)
    {
    }
}
