namespace MLExtensions.Estimators.Optimization;

/// <summary>A function to be minimised, with its gradient.</summary>
/// <param name="point">Where it is evaluated.</param>
/// <param name="gradient">Receives the gradient at <paramref name="point"/>.</param>
/// <returns>The value; NaN or infinite where the function is not defined, which makes the line search step back.</returns>
internal delegate double DifferentiableFunction(ReadOnlySpan<double> point, Span<double> gradient);
