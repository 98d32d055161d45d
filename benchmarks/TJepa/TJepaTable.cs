using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>A table with raw features, the features of a T-JEPA encoder that has seen no test row and no label, and both side by side.</summary>
internal sealed class TJepaTable
{
    /// <summary>The prepared columns: numbers standardised, categories one-hot.</summary>
    public const string Raw = "raw";

    /// <summary>The encoder's tokens, standardised.</summary>
    public const string Embedding = "embedding";

    /// <summary>Both.</summary>
    public const string Both = "raw + embedding";

    /// <summary>The raw columns and the tokens of an encoder with its first weights.</summary>
    public const string Untrained = "raw + untrained";

    private const string Draw = nameof(Draw);

    private static readonly string[] s_columns = [Raw, Embedding, Both, Untrained, "Label"];

    private readonly MLContext _ml;
    private readonly IDataView _train;
    private readonly IDataView _test;

    private TJepaTable(MLContext ml, RealTable table, IDataView train, IDataView test)
    {
        (_ml, Task, _train, _test) = (ml, table.Description.PredictionTask, train, test);
        TrainCount = (int)_train.GetColumn<float[]>(Raw).LongCount();
        if (Task != PredictionTask.Regression)
            return;
        var labels = _train.GetColumn<float>("Label").Select(label => (double)label).ToArray();
        var mean = labels.Average();
        LabelDeviation = Math.Sqrt(labels.Average(label => (label - mean) * (label - mean)));
    }

    /// <summary>What is predicted.</summary>
    public PredictionTask Task { get; }

    /// <summary>The test rows.</summary>
    public IDataView Test => _test;

    /// <summary>Number of training rows.</summary>
    public int TrainCount { get; }

    /// <summary>Standard deviation of the training labels; regression only.</summary>
    public double LabelDeviation { get; }

    /// <summary>Fits encoders to the training rows, and prepares the columns.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="table">The table.</param>
    /// <param name="options">Options of the encoder.</param>
    /// <param name="folder">Where the encoder is kept, or found.</param>
    /// <param name="key">Names it there.</param>
    public static TJepaTable Prepare(MLContext ml, RealTable table, TJepaFeaturizer.Options options, string folder, string key)
    {
        var keys = table.Description.Categorical.Select(column => (Column: column, Key: "Key" + column)).ToArray();
        var withKeys = keys.Aggregate(new EstimatorChain<ITransformer>(), (chain, pair) => chain.Append<ITransformer>(ml.Transforms.Conversion.MapValueToKey(pair.Key, pair.Column))).Fit(table.RawTrain);
        var keyed = withKeys.Transform(table.RawTrain);
        string[] inputs = [RealTable.Numbers, .. keys.Select(pair => pair.Key)];
        var path = Path.Combine(folder, key + ".zip");
        if (!File.Exists(path))
        {
            var encoder = ml.Transforms.TJepa(Embedding, inputs, options).Fit(keyed);
            ml.Model.Save(encoder, keyed.Schema, path);
        }
        var trained = ml.Model.LoadAccelerated(path, out _);
        // With a learning rate of next to nothing the weights stay what they were at first.
        var untrained = ml.Transforms.TJepa("Untrained", inputs, Copy(options, copy => (copy.Epochs, copy.LearningRate) = (1, 1e-12))).Fit(keyed);

        var prepared = table.Preparation()
            .Append(ml.Transforms.CopyColumns(Raw, "Features"))
            .Append(Standardize(ml, Embedding, options))
            .Append(Standardize(ml, "Untrained", options))
            .Append(ml.Transforms.Concatenate(Both, Raw, Embedding))
            .Append(ml.Transforms.Concatenate(Untrained, Raw, "Untrained"));
        IDataView Encode(IDataView raw) => untrained.Transform(trained.Transform(withKeys.Transform(raw)));
        var encoded = Encode(table.RawTrain);
        var fitted = prepared.Fit(encoded);
        return new(ml, table, ml.Data.Cache(fitted.Transform(encoded), s_columns), ml.Data.Cache(fitted.Transform(Encode(table.RawTest)), s_columns));
    }

    // A token of h numbers weighs as much as a column then: with few labels a linear model knows them by heart otherwise.
    private static EstimatorChain<ITransformer> Standardize(MLContext ml, string column, TJepaFeaturizer.Options options) => new EstimatorChain<ITransformer>()
        .Append<ITransformer>(ml.Transforms.NormalizeMeanVariance(column, fixZero: false))
        .Append<ITransformer>(ml.Transforms.Expression(column, string.Create(CultureInfo.InvariantCulture, $"x => x * {1 / Math.Sqrt(options.HiddenSize):R}f"), column));

    /// <summary>The training rows whose labels are used.</summary>
    /// <param name="share">Their share.</param>
    /// <param name="seed">Seed of the choice, which is the same whatever the share: a row of a smaller share is in every larger one.</param>
    public IDataView Labelled(double share, int seed)
    {
        if (share >= 1)
            return _train;
        float[] draws = [.. Enumerable.Range(0, TrainCount).Select(row => (float)SplitMix64.Of(seed, row).NextDouble())];
        AppendedColumnsView drawn = new(_train, new AppendedColumn<float>(Draw, NumberDataViewType.Single, draws));
        return _ml.Data.Cache(_ml.Data.FilterRowsByColumn(drawn, Draw, upperBound: share), s_columns);
    }

    /// <summary>Trains on labelled rows and measures on the test rows.</summary>
    /// <returns>Accuracy, or the root of the mean squared error in standard deviations of the training labels.</returns>
    public double Measure(IEstimator<ITransformer> trainer, IDataView labelled)
    {
        var model = trainer.Fit(labelled);
        using (model as IDisposable)
        {
            var scored = model.Transform(_test);
            return Task switch
            {
                PredictionTask.Regression => _ml.Regression.Evaluate(scored).RootMeanSquaredError / LabelDeviation,
                PredictionTask.BinaryClassification => _ml.BinaryClassification.Evaluate(scored).Accuracy,
                _ => _ml.MulticlassClassification.Evaluate(scored).MicroAccuracy,
            };
        }
    }

    /// <summary>A copy of options with changes.</summary>
    public static TJepaFeaturizer.Options Copy(TJepaFeaturizer.Options options, Action<TJepaFeaturizer.Options> change)
    {
        var copy = options.Clone();
        change(copy);
        return copy;
    }

    /// <summary>A quality as text.</summary>
    public static string Text(double quality) => quality.ToString("0.0000", CultureInfo.InvariantCulture);
}
