using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Quickstart;

/// <summary>The columns that trainers read: numbers filled up, scaled and one-hot encoded for those of ML.NET, numbers and keys as they are for those that take them.</summary>
internal sealed class Preparation
{
    private readonly bool _hasNumbers;

    public Preparation(MLContext ml, TourData data)
    {
        _hasNumbers = data.NumberColumns.Length > 0;
        Keys = [.. data.CategoryColumns.Select(name => $"Key of {name}")];
        string[] indicators = [.. data.CategoryColumns.Select(name => $"Indicators of {name}")];
        IEstimator<ITransformer> columns = new EstimatorChain<ITransformer>();
        if (data.CategoryColumns.Length > 0)
        {
            columns = columns.Append(ml.Transforms.Conversion.MapValueToKey([.. Keys.Zip(data.CategoryColumns, (key, name) => new InputOutputColumnPair(key, name))]))
                .Append(ml.Transforms.Categorical.OneHotEncoding([.. indicators.Zip(data.CategoryColumns, (indicator, name) => new InputOutputColumnPair(indicator, name))]));
        }
        if (_hasNumbers)
        {
            columns = columns.Append(ml.Transforms.Concatenate("Numbers", data.NumberColumns))
                .Append(ml.Transforms.ReplaceMissingValues("Filled", "Numbers", MissingValueReplacingEstimator.ReplacementMode.Mean))
                .Append(ml.Transforms.NormalizeMeanVariance("Filled", fixZero: false));
        }
        Transformer = columns.Append(ml.Transforms.Concatenate("Features", [.. _hasNumbers ? ["Filled"] : Array.Empty<string>(), .. indicators])).Fit(data.Train);
        (Train, Test) = (ml.Data.Cache(Transformer.Transform(data.Train)), ml.Data.Cache(Transformer.Transform(data.Test)));
    }

    /// <summary>What makes the columns.</summary>
    public ITransformer Transformer { get; }

    public IDataView Train { get; }

    public IDataView Test { get; }

    /// <summary>The key of each category column.</summary>
    public string[] Keys { get; }

    /// <summary>What a trainer that embeds categories reads as features: numbers with their gaps.</summary>
    public string NetworkFeatures => _hasNumbers ? "Numbers" : "Features";

    /// <summary>The categories that it embeds.</summary>
    public string[] NetworkCategories => _hasNumbers ? Keys : [];

    /// <summary>All columns of the table, as an encoder of columns reads them.</summary>
    public string[] EncoderColumns => [.. _hasNumbers ? ["Numbers"] : Array.Empty<string>(), .. Keys];
}
