using System.Text.Json.Serialization;

namespace MLExtensions.Trainers;

/// <summary>Which variances a Gaussian naive Bayes model has.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CovarianceKind>))]
public enum CovarianceKind
{
    /// <summary>One variance per feature, shared by all classes: the model is exactly a linear softmax model.</summary>
    Tied,

    /// <summary>One variance per class and feature: the decision surface is quadratic.</summary>
    PerClass,
}

/// <summary>How the amount that is added to the variances follows from the smoothing option.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VarianceSmoothingRule>))]
public enum VarianceSmoothingRule
{
    /// <summary>epsilon_j = smoothing * total variance of feature j + floor: does not depend on the units of other features.</summary>
    PerFeature,

    /// <summary>epsilon = smoothing * largest total variance of all features, one number for all: the rule of scikit-learn's GaussianNB.</summary>
    LargestVariance,

    /// <summary>epsilon = smoothing, in squared units of the features: the rule of the paper's reference code.</summary>
    Absolute,
}

/// <summary>Where the class priors come from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassPriorKind>))]
public enum ClassPriorKind
{
    /// <summary>The weighted share of the training rows of each class.</summary>
    Empirical,

    /// <summary>The same prior for every class that has training rows.</summary>
    Uniform,

    /// <summary>The priors given in the options.</summary>
    Given,
}
