namespace MLExtensions.Estimators.Scoring;

/// <summary>What a component has learned. Its exact state travels inside its graph.</summary>
public abstract class ComponentModel
{
    /// <summary>Everything that <see cref="IRestorable{TModel}.FromState"/> needs to give back an equal model.</summary>
    public abstract ModelState GetState();
}

/// <summary>A model that can be given back from the state that its graph carries, so that a loaded file has its typed <c>Model</c> again.</summary>
/// <typeparam name="TModel">The model itself.</typeparam>
public interface IRestorable<TModel>
    where TModel : IRestorable<TModel>
{
    /// <summary>The model that wrote <paramref name="state"/>, equal to the last bit.</summary>
    /// <param name="state">What the model's <c>GetState</c> gave.</param>
    /// <exception cref="FormatException">The state is incomplete or damaged.</exception>
    static abstract TModel FromState(ModelState state);
}
