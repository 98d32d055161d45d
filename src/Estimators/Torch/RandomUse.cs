namespace MLExtensions.Estimators.Torch;

/// <summary>What a fit draws random numbers for. Numbers are part of what makes a model reproducible: add, never renumber.</summary>
internal enum RandomUse
{
    /// <summary>The first weights.</summary>
    Initialization = 0,

    /// <summary>The order of rows.</summary>
    Shuffling = 1,

    /// <summary>Which units a step drops.</summary>
    Dropout = 2,

    /// <summary>Which rows are held out.</summary>
    Validation = 3,

    /// <summary>Which features of the last hidden layer a step leaves out.</summary>
    FeatureCompression = 4,

    /// <summary>Which columns of a row are context and which are targets.</summary>
    Masks = 16,

    /// <summary>Which values of a row are hidden.</summary>
    HiddenValues = 17,
}
