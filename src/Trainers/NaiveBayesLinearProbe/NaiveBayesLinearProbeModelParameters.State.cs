using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <content>Models made from models, and what is saved.</content>
public sealed partial class NaiveBayesLinearProbeModelParameters
{
    /// <summary>The model of both models' training rows together, exactly as if they had been read in one go.</summary>
    /// <remarks>
    /// Only temperatures cannot be merged exactly, because each was fitted to rows of its own: 1 / T becomes the mean of both, weighted by the training rows.
    /// </remarks>
    /// <param name="other">A model with the same classes, features, options and overridden priors.</param>
    /// <returns>The merged model; neither of the two changes.</returns>
    /// <exception cref="ArgumentException">The other model differs in the number of classes or features, an option that shapes the model, or overridden priors.</exception>
    public NaiveBayesLinearProbeModelParameters Merge(NaiveBayesLinearProbeModelParameters other)
    {
        ArgumentNullException.ThrowIfNull(other);
        CheckMergeable(other);
        var (weight, otherWeight) = (Sum(ClassWeights), Sum(other.ClassWeights));
        var inverse = ((weight / Temperature) + (otherWeight / other.Temperature)) / (weight + otherWeight);
        var statistics = _statistics.Clone();
        statistics.Merge(other._statistics);
        return new(statistics, _options, Temperature == other.Temperature ? Temperature : 1 / inverse, _priorOverride);
    }

    /// <summary>The same model with other class priors, for use where classes are more or less frequent than among the training rows.</summary>
    /// <param name="priors">K positive numbers; they are scaled to sum 1 over the classes that have training rows.</param>
    /// <returns>A new model; this one does not change.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is not one prior per class, or a prior is not positive and finite.</exception>
    public NaiveBayesLinearProbeModelParameters WithPriors(IReadOnlyList<double> priors)
    {
        ArgumentNullException.ThrowIfNull(priors);
        for (var k = 0; k < priors.Count; k++)
        {
            if (!double.IsFinite(priors[k]) || priors[k] <= 0)
                throw new ArgumentOutOfRangeException(nameof(priors), priors[k], $"Priors must be above 0 and finite, got {priors[k]} for class {k}.");
        }

        return new(_statistics, _options, Temperature, [.. priors]);
    }

    /// <inheritdoc/>
    public static NaiveBayesLinearProbeModelParameters FromState(ModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return FromNumbers(state.Numbers, state.GetOptions<NaiveBayesLinearProbeTrainer.Options>());
    }

    /// <inheritdoc/>
    public override ModelState GetState() => ModelState.Create(_options, GetNumbers());

    /// <summary>The numbers from which <see cref="FromNumbers"/> makes the same model, bit for bit; the options travel separately.</summary>
    internal IReadOnlyDictionary<string, double[]> GetNumbers()
    {
        var state = new Dictionary<string, double[]>
        {
            ["Shape"] = [ClassCount, FeatureCount],
            ["ClassWeights"] = [.. _statistics.ClassWeights],
            ["RowCounts"] = Array.ConvertAll(_statistics.RowCounts.ToArray(), count => (double)count),
            ["Means"] = [.. _statistics.Means],
            ["SumsOfSquares"] = [.. _statistics.SumsOfSquares],
            ["Temperature"] = [Temperature],
        };
        if (!_statistics.FeatureWeights.IsEmpty)
            state["FeatureWeights"] = [.. _statistics.FeatureWeights];

        if (_priorOverride is not null)
            state["Priors"] = [.. _priorOverride];

        return state;
    }

    /// <summary>The model that <see cref="GetNumbers"/> described.</summary>
    /// <exception cref="FormatException">An entry is missing or has another length than the shape asks for.</exception>
    internal static NaiveBayesLinearProbeModelParameters FromNumbers(IReadOnlyDictionary<string, double[]> state, NaiveBayesLinearProbeTrainer.Options options)
    {
        var shape = Entry(state, "Shape", 2);
        var (classes, features) = ((int)shape[0], (int)shape[1]);
        var statistics = ClassStatistics.From(
            features,
            Entry(state, "ClassWeights", classes),
            Array.ConvertAll(Entry(state, "RowCounts", classes), count => (long)count),
            Entry(state, "Means", classes * features),
            Entry(state, "SumsOfSquares", classes * features),
            state.ContainsKey("FeatureWeights") ? Entry(state, "FeatureWeights", classes * features) : default);
        return new(statistics, options, Entry(state, "Temperature", 1)[0], state.ContainsKey("Priors") ? [.. Entry(state, "Priors", classes)] : null);
    }

    private static double[] Entry(IReadOnlyDictionary<string, double[]> state, string name, int length)
        => state.TryGetValue(name, out var values) && values.Length == length
            ? values
            : throw new FormatException($"The saved naive Bayes model needs {length} numbers as '{name}', found {values?.Length ?? 0}.");

    private void CheckMergeable(NaiveBayesLinearProbeModelParameters other)
    {
        var (mine, others) = (_options, other._options);
        RequireSame("the number of classes", ClassCount, other.ClassCount);
        RequireSame("the number of features", FeatureCount, other.FeatureCount);
        RequireSame(nameof(mine.Covariance), mine.Covariance, others.Covariance);
        RequireSame(nameof(mine.VarianceSmoothing), mine.VarianceSmoothing, others.VarianceSmoothing);
        RequireSame(nameof(mine.VarianceSmoothingRule), mine.VarianceSmoothingRule, others.VarianceSmoothingRule);
        RequireSame(nameof(mine.VarianceFloor), mine.VarianceFloor, others.VarianceFloor);
        RequireSame(nameof(mine.DegreesOfFreedomCorrection), mine.DegreesOfFreedomCorrection, others.DegreesOfFreedomCorrection);
        RequireSame(nameof(mine.Prior), mine.Prior, others.Prior);
        RequireSame(nameof(mine.GivenPriors), mine.GivenPriors, others.GivenPriors);
        RequireSame(nameof(mine.PriorPseudoCount), mine.PriorPseudoCount, others.PriorPseudoCount);
        RequireSame(nameof(mine.Shrinkage), mine.Shrinkage, others.Shrinkage);
        RequireSame("the overridden priors", Text(_priorOverride), Text(other._priorOverride));
    }

    private static string Text(double[]? priors)
        => priors is null ? "none" : string.Join(',', priors.Select(prior => prior.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));

    private static void RequireSame<T>(string what, T mine, T other)
    {
        if (!EqualityComparer<T>.Default.Equals(mine, other))
            throw new ArgumentException($"Models can only be merged when they agree in {what}: found {mine} and {other}.", nameof(other));
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;

        return sum;
    }
}
