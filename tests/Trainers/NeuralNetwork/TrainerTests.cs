using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using TorchSharp;
using Options = MLExtensions.Trainers.NeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.NeuralNetwork;

public sealed class TrainerTests
{
    private readonly MLContext _ml = new(1);

    // ML.NET's linear SdcaMaximumEntropy reaches 0.967 on standardised features.
    [Fact]
    public void Digits_are_read_better_than_by_a_linear_model()
    {
        var fitted = _ml.MulticlassClassification.Trainers.NeuralNetwork(new Options { NumberOfThreads = 1 }).Fit(SmallTables.Digits.Train.ToView(_ml));
        var metrics = _ml.MulticlassClassification.Evaluate(fitted.Transform(SmallTables.Digits.Test.ToView(_ml)));
        Assert.InRange(metrics.MicroAccuracy, 0.97, 1);
        Assert.InRange(metrics.LogLoss, 0, 0.12);
    }

    [Fact]
    public void Diseases_are_predicted_as_well_as_by_a_line()
    {
        var options = new Options { LabelColumnName = "Target", NumberOfThreads = 1 };
        var (train, test) = (SmallTables.Diabetes.Train.ToView(_ml), SmallTables.Diabetes.Test.ToView(_ml));
        var fitted = _ml.Regression.Trainers.NeuralNetwork(options).Fit(train);
        var line = _ml.Transforms.NormalizeMeanVariance("Features").Append(_ml.Regression.Trainers.Sdca("Target")).Fit(train);
        var error = _ml.Regression.Evaluate(fitted.Transform(test), "Target").RootMeanSquaredError;
        Assert.InRange(error, 1, 1.05 * _ml.Regression.Evaluate(line.Transform(test), "Target").RootMeanSquaredError);
        // Losses are squared errors in units of the label.
        Assert.InRange(fitted.Model.History[fitted.Model.BestEpoch - 1].ValidationLoss!.Value, 0.4 * error * error, 2.5 * error * error);
    }

    [Fact]
    public void The_best_epoch_is_told_by_held_out_rows()
    {
        var model = Fit(Small(options => options.ValidationMetric = ValidationMetric.Accuracy)).Model;
        Assert.All(model.History, epoch => Assert.True(epoch.ValidationLoss > 0 && epoch.ValidationAccuracy is > 0 and <= 1));
        Assert.Equal(model.History.Last(epoch => epoch.ValidationAccuracy == model.History.Max(other => other.ValidationAccuracy)).Number, model.BestEpoch);
        var byLoss = Fit(Small()).Model;
        Assert.Equal(byLoss.History.MinBy(epoch => epoch.ValidationLoss)!.Number, byLoss.BestEpoch);

        var without = Fit(Small(options => options.ValidationFraction = 0)).Model;
        Assert.All(without.History, epoch => Assert.Null(epoch.ValidationLoss));
        Assert.Equal((8, 8), (without.History.Count, without.BestEpoch));
    }

    // After one epoch there is only one to choose, and what the second training has is all rows.
    [Fact]
    public void A_small_table_is_trained_on_again_with_all_rows()
    {
        Options Of(bool? refit, double held) => Small(options => (options.RefitOnAllRows, options.ValidationFraction, options.Epochs, options.Seed) = (refit, held, 1, 5));
        var (again, once, all) = (Fit(Of(null, 0.2)).Model, Fit(Of(false, 0.2)).Model, Fit(Of(null, 0)).Model);
        Assert.Equal(Weights(all), Weights(again));
        Assert.NotEqual(Weights(all), Weights(once));
        Assert.Equal(all.FeatureMeans.ToArray(), again.FeatureMeans.ToArray());
        Assert.NotEqual(all.FeatureMeans.ToArray(), once.FeatureMeans.ToArray());
        // The epochs are those of the first training, in which rows were held out.
        Assert.Equal(once.History, again.History);

        static IEnumerable<float> Weights(NeuralNetworkModelParameters model) => model.Layers.SelectMany(layer => layer.Weights.ToArray());
    }

    [Fact]
    public void A_validation_view_tells_the_best_epoch()
    {
        var (train, test) = (SmallTables.BreastCancer.Train.ToView(_ml), SmallTables.BreastCancer.Test.ToView(_ml));
        var options = Small(options => (options.LabelColumnName, options.ValidationMetric) = ("Positive", ValidationMetric.Accuracy));
        var model = _ml.BinaryClassification.Trainers.NeuralNetwork(options).Fit(train, test);
        var best = model.Model.History[model.Model.BestEpoch - 1];
        var metrics = _ml.BinaryClassification.Evaluate(model.Transform(test), "Positive");
        Assert.Equal(metrics.Accuracy, best.ValidationAccuracy!.Value, 1e-6);
        // ML.NET reports bits.
        Assert.Equal(metrics.LogLoss * Math.Log(2), best.ValidationLoss!.Value, 1e-4);
        Assert.Equal(model.Model.History.Max(epoch => epoch.ValidationAccuracy), best.ValidationAccuracy);
    }

    [Theory]
    [InlineData(LayerNormalization.None, HiddenActivation.Relu, NetworkOptimizer.Sgd)]
    [InlineData(LayerNormalization.Batch, HiddenActivation.Gelu, NetworkOptimizer.AdamW)]
    [InlineData(LayerNormalization.Layer, HiddenActivation.Silu, NetworkOptimizer.AdamW)]
    [InlineData(LayerNormalization.Batch, HiddenActivation.Tanh, NetworkOptimizer.Sgd)]
    public void Every_kind_of_network_learns(LayerNormalization normalization, HiddenActivation activation, NetworkOptimizer optimizer)
    {
        var fitted = Fit(Small(options =>
        {
            (options.Normalization, options.Activation, options.Optimizer) = (normalization, activation, optimizer);
            options.LearningRate = optimizer == NetworkOptimizer.Sgd ? 0.05 : 0.005;
            (options.DropoutRate, options.WarmUpEpochs) = (0.1, 1);
        }));
        Assert.InRange(_ml.MulticlassClassification.Evaluate(fitted.Transform(SmallTables.Digits.Test.ToView(_ml))).MicroAccuracy, 0.9, 1);
    }

    [Fact]
    public void The_model_shows_what_it_learned()
    {
        var model = Fit(Small(options => options.HiddenLayers = 3)).Model;
        Assert.Equal((64, 10), (model.FeatureCount, model.ClassCount));
        Assert.Equal([(64, 24), (24, 24), (24, 24), (24, 10)], model.Layers.Select(layer => (layer.InputCount, layer.OutputCount)));
        Assert.Equal([HiddenActivation.Relu, HiddenActivation.Relu, HiddenActivation.Relu, null], model.Layers.Select(layer => layer.Activation));
        Assert.Equal(24 * 64, model.Layers[0].Weights.Length);
        Assert.Equal(24, model.GetOptions().HiddenUnits);
        Assert.Equal(SmallTables.Digits.Train.Features.Average(row => row[2]), model.FeatureMeans[2], 0.2);
        Assert.Empty(model.Indicators.ToArray());
        Assert.Equal(model.History.Select(epoch => epoch.Number), Enumerable.Range(1, 8));
    }

    [Fact]
    public void Missing_values_get_an_indicator_or_are_refused()
    {
        var data = CaseData.View(_ml, PredictionTask.Regression, TestRow.Create().Changed((row, i) => row.Values = i % 9 == 3 ? [.. row.Values[..2], float.NaN, row.Values[3]] : row.Values));
        var model = _ml.Regression.Trainers.NeuralNetwork(Small()).Fit(data).Model;
        Assert.Equal([2], model.Indicators.ToArray());
        Assert.Equal(5, model.Layers[0].InputCount);
        Assert.Empty(_ml.Regression.Trainers.NeuralNetwork(Small(options => options.MissingValues = MissingValueRule.Mean)).Fit(data).Model.Indicators.ToArray());
        Errors.AssertDataError(
            () => _ml.Regression.Trainers.NeuralNetwork(Small(options => options.MissingValues = MissingValueRule.Error)).Fit(data), "'Features'", "row 3", "MissingValues");
    }

    // The target depends on nothing but the category.
    [Fact]
    public void Categories_are_learned_and_unknown_ones_are_average()
    {
        string[] cities = ["Rome", "Oslo", "Lima", "Bern"];
        var rows = Enumerable.Range(0, 400).Select(i => new Visit { City = cities[i % 4], Label = 10 * (i % 4), Features = [i % 7] });
        var data = _ml.Data.LoadFromEnumerable(rows);
        var options = Small(options => (options.CategoricalColumnNames, options.Epochs) = (["Key"], 40));
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Key", "City").Append(_ml.Regression.Trainers.NeuralNetwork(options));
        var fitted = pipeline.Fit(data);
        var model = fitted.LastTransformer.Model;
        Assert.Equal([4], model.CategoryCounts);
        Assert.Equal(1 + model.Embeddings[0].Size, model.Layers[0].InputCount);

        string[] asked = [.. cities, "Paris"];
        var scored = fitted.Transform(_ml.Data.LoadFromEnumerable(asked.Select(city => new Visit { City = city, Features = [3] })));
        var scores = scored.GetColumn<float>("Score").ToArray();
        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal(10 * i, scores[i], 1.0));
        Assert.Equal(15, scores[4], 5.0);
    }

    private sealed class Visit
    {
        public string City { get; set; } = "";

        public float Label { get; set; }

        [VectorType(1)]
        public float[] Features { get; set; } = [];
    }

    [Fact]
    public void The_catalogs_arguments_reach_the_options()
    {
        var model = _ml.MulticlassClassification.Trainers.NeuralNetwork(hiddenUnits: 3, hiddenLayers: 1, epochs: 2).Fit(SmallTables.Iris.Train.ToView(_ml)).Model;
        Assert.Equal([(4, 3), (3, 3)], model.Layers.Select(layer => (layer.InputCount, layer.OutputCount)));
        Assert.Equal(2, model.History.Count);
    }

    [Fact]
    public void A_class_of_one_row_is_trained_on()
    {
        // Which rows are held out depends on the seed: some of these would hold out the only row of the third class.
        foreach (var seed in Enumerable.Range(0, 30))
        {
            var rows = Enumerable.Range(0, 40).Select(i => new Visit { City = i == 0 ? "Bern" : i % 2 == 0 ? "Rome" : "Oslo", Features = [i == 0 ? 50 : i % 2] });
            var data = _ml.Data.LoadFromEnumerable(rows);
            var keys = _ml.Transforms.Conversion.MapValueToKey("Key", "City").Fit(data).Transform(data);
            var options = Small(options => (options.LabelColumnName, options.Seed, options.HiddenUnits, options.Epochs, options.ValidationFraction) = ("Key", seed, 4, 2, 0.3));
            var fitted = _ml.MulticlassClassification.Trainers.NeuralNetwork(options).Fit(keys);
            Assert.All(fitted.Transform(keys).GetColumn<float[]>("Score"), probabilities => Assert.All(probabilities, probability => Assert.True(probability > 0)));
        }
    }

    [Fact]
    public void A_missing_GPU_is_an_error_or_the_CPU_trains()
    {
        // More devices than any machine has.
        var data = SmallTables.Iris.Train.ToView(_ml);
        var options = Small(options => (options.GpuDeviceId, options.Epochs) = (1000, 2));
        var message = Assert.Throws<InvalidOperationException>(() => _ml.MulticlassClassification.Trainers.NeuralNetwork(options).Fit(data)).Message;
        Assert.StartsWith("GpuDeviceId is 1000, but libtorch finds", message, StringComparison.Ordinal);
        var robust = new NoiseRobustNeuralNetworkTrainer.Options { GpuDeviceId = 1000, Epochs = 2, NumberOfThreads = 1 };
        Assert.Throws<InvalidOperationException>(() => _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(robust).Fit(data));

        var log = new LogLines(_ml);
        (options.FallbackToCpu, robust.FallbackToCpu) = (true, true);
        Assert.Equal(2, _ml.MulticlassClassification.Trainers.NeuralNetwork(options).Fit(data).Model.History.Count);
        Assert.Equal(2, _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(robust).Fit(data).Model.History.Count);
        Assert.Equal(2, log.Warnings.Count(line => line.Contains("the CPU trains", StringComparison.Ordinal)));
    }

    [Fact]
    public void No_tensor_outlives_a_fit()
    {
        var data = SmallTables.Iris.Train.ToView(_ml);
        void Fit(Options options, CancellationToken token = default) => _ml.MulticlassClassification.Trainers.NeuralNetwork(options).Fit(data, token);
        void FitRobust(CancellationToken token = default) => _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(
            new NoiseRobustNeuralNetworkTrainer.Options { HiddenUnits = 8, Epochs = 3, CoTeaching = true, Preset = NoiseRobustPreset.Custom, NumberOfThreads = 1 }).Fit(data, token);
        Fit(Small());
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        void AssertNoneLeft() => Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        Fit(Small());
        AssertNoneLeft();
        Fit(Small(options => (options.Normalization, options.ValidationFraction) = (LayerNormalization.Batch, 0)));
        AssertNoneLeft();
        FitRobust();
        AssertNoneLeft();
        Assert.Throws<InvalidOperationException>(() => Fit(Small(options => (options.LearningRate, options.Optimizer) = (1e38, NetworkOptimizer.Sgd))));
        AssertNoneLeft();
        // Within the first epochs: the log says when they end.
        foreach (var fit in new Action<CancellationToken>[] { token => Fit(Small(options => options.Epochs = 100_000), token), FitRobust })
        {
            using CancellationTokenSource source = new();
            EventHandler<LoggingEventArgs> cancel = (_, line) => source.Cancel();
            _ml.Log += cancel;
            Assert.ThrowsAny<OperationCanceledException>(() => fit(source.Token));
            _ml.Log -= cancel;
            AssertNoneLeft();
        }
    }

    [Theory]
    [InlineData(1e38f)]
    [InlineData(float.Epsilon)]
    public void Only_the_ratios_of_weights_matter(float unit)
    {
        var scores = new[] { 1, unit }.Select(size =>
        {
            var data = CaseData.View(_ml, PredictionTask.Regression, TestRow.Create().Changed((row, i) => row.Weight = size * (1 + (i % 2))));
            var options = Small(options => (options.ExampleWeightColumnName, options.Seed) = ("Weight", 3));
            return _ml.Regression.Trainers.NeuralNetwork(options).Fit(data).Transform(data).GetColumn<float>("Score").ToArray();
        }).ToArray();
        Assert.All(scores[0].Zip(scores[1]), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    [Fact]
    public void Options_that_were_handed_out_are_copies()
    {
        var options = Small(options => (options.LabelColumnName, options.CategoricalColumnNames, options.Epochs) = ("Label", ["Key"], 1));
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new Visit { City = i % 2 == 0 ? "Rome" : "Oslo", Label = i, Features = [i] }));
        var model = _ml.Transforms.Conversion.MapValueToKey("Key", "City").Append(_ml.Regression.Trainers.NeuralNetwork(options)).Fit(data).LastTransformer.Model;
        model.GetOptions().CategoricalColumnNames![0] = "other";
        options.CategoricalColumnNames![0] = "other";
        Assert.Equal("Key", Assert.Single(model.GetOptions().CategoricalColumnNames!));
    }

    private PredictionTransformer<NeuralNetworkModelParameters> Fit(Options options)
        => _ml.MulticlassClassification.Trainers.NeuralNetwork(options).Fit(SmallTables.Digits.Train.ToView(_ml));

    private static Options Small(Action<Options>? change = null)
    {
        Options options = new() { HiddenUnits = 24, Epochs = 8, BatchSize = 32, LearningRate = 0.005, NumberOfThreads = 1 };
        change?.Invoke(options);
        return options;
    }
}
