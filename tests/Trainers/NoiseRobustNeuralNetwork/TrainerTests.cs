using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Data;
using MLExtensions.Trainers;
using Fitted = MLExtensions.Estimators.Scoring.PredictionTransformer<MLExtensions.Trainers.NoiseRobustNeuralNetworkModelParameters>;
using Options = MLExtensions.Trainers.NoiseRobustNeuralNetworkTrainer.Options;

namespace MLExtensions.Tests.Trainers.NoiseRobustNeuralNetwork;

/// <summary>The trainer as users meet it.</summary>
public sealed class TrainerTests
{
    private readonly MLContext _ml = new(1);

    public static TheoryData<string> Combinations { get; } = [.. CombinationsByName.Keys];

    private static Dictionary<string, Action<Options>> CombinationsByName => new()
    {
        ["regularised"] = _ => { },
        ["class-balanced"] = options => options.ClassBalancedElr = true,
        ["distilled"] = options => (options.ElrLambda, options.SelfDistillation) = (0, 0.8),
        ["distilled, refreshed"] = options => (options.ElrLambda, options.SelfDistillation, options.TeacherRefresh) = (1.5, 0.8, TeacherRefresh.EndOfEpoch),
        ["dropout"] = options => (options.ElrLambda, options.Compression) = (0, FeatureCompression.Dropout),
        ["nested"] = options => (options.ElrLambda, options.Compression) = (0, FeatureCompression.Nested),
        ["nested, standardised"] = options => (options.Compression, options.Normalization) = (FeatureCompression.Nested, LayerNormalization.Layer),
        ["co-teaching"] = options => (options.ElrLambda, options.CoTeaching, options.ForgetWarmEpochs) = (0, true, 3),
        ["co-teaching, estimated"] = options => (options.CoTeaching, options.ForgetRate) = (true, null),
        ["all"] = options => (options.ElrLambda, options.SelfDistillation, options.CoTeaching, options.Compression, options.Normalization)
            = (1.5, 0.5, true, FeatureCompression.Nested, LayerNormalization.Batch),
    };

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Every_combination_learns_and_is_the_same_saved_loaded_and_as_a_row(string combination)
    {
        var (train, test) = (SmallTables.Iris.Train.ToView(_ml), SmallTables.Iris.Test.ToView(_ml));
        var fitted = Fit(train, CombinationsByName[combination]);
        Assert.InRange(_ml.MulticlassClassification.Evaluate(fitted.Transform(test)).MicroAccuracy, combination.Contains("nested", StringComparison.Ordinal) ? 0.6 : 0.75, 1);

        var scores = Scores(fitted, test);
        var loaded = (Fitted)Loaded(fitted, train);
        Assert.Equal(scores, Scores(loaded, test));
        Assert.Equal(fitted.Model.GetState().Numbers.OrderBy(pair => pair.Key), loaded.Model.GetState().Numbers.OrderBy(pair => pair.Key));
        Assert.Empty(loaded.Model.SuspiciousLabels);
        Assert.Equal(fitted.Model.Classes, loaded.Model.Classes);
        Assert.Equal(fitted.Model.EpochLabels, loaded.Model.EpochLabels);
        Assert.Equal(scores, Scores(Fit(SmallTables.Iris.Train.ToView(_ml), CombinationsByName[combination]), test));
        Assert.All(fitted.Model.SuspiciousLabels, suspicion => Assert.InRange(suspicion.Score, 0, 1));
        Assert.Equal(train.GetColumn<uint>("Label").Count(), fitted.Model.SuspiciousLabels.Select(suspicion => suspicion.Row).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Every_combination_tells_true_from_false(string combination)
    {
        var (train, test) = (SmallTables.BreastCancer.Train.ToView(_ml), SmallTables.BreastCancer.Test.ToView(_ml));
        var fitted = _ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(Small(options =>
        {
            CombinationsByName[combination](options);
            options.LabelColumnName = "Positive";
        })).Fit(train);
        var metrics = _ml.BinaryClassification.Evaluate(fitted.Transform(test), "Positive");
        Assert.InRange(metrics.AreaUnderRocCurve, 0.97, 1);
        // The graph's log-odds are those of the mean of both networks' probabilities, which the validation rows were scored with.
        var again = _ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(fitted.Model.GetOptions()).Fit(train, test);
        var scored = again.Transform(test);
        var loss = scored.GetColumn<float>("Score").Zip(scored.GetColumn<bool>("Positive"), (score, label) => double.LogP1(Math.Exp(label ? -score : score))).Average();
        Assert.Equal(loss, again.Model.History[again.Model.BestEpoch - 1].ValidationLoss!.Value, 1e-4);
        Assert.Equal(["false", "true"], fitted.Model.Classes.Select(labels => labels.Label));
    }

    [Theory]
    [InlineData(PredictionTask.BinaryClassification)]
    [InlineData(PredictionTask.MulticlassClassification)]
    public void Without_defences_it_is_the_plain_network_bit_for_bit(PredictionTask task)
    {
        var data = CaseData.View(_ml, task, TestRow.Create(300));
        var robust = Small(options => (options.ElrLambda, options.ValidationMetric, options.DropoutRate) = (0, ValidationMetric.Loss, 0.2));
        NeuralNetworkTrainer.Options plain = new()
        {
            HiddenUnits = robust.HiddenUnits,
            Epochs = robust.Epochs,
            BatchSize = robust.BatchSize,
            LearningRate = robust.LearningRate,
            ValidationMetric = robust.ValidationMetric,
            NumberOfThreads = 1,
            Seed = robust.Seed,
            DropoutRate = 0.2,
            WeightDecay = robust.WeightDecay,
            ExampleWeightColumnName = robust.ExampleWeightColumnName = "Weight",
        };
        var (layers, expected) = task == PredictionTask.BinaryClassification
            ? (_ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(robust).Fit(data).Model, _ml.BinaryClassification.Trainers.NeuralNetwork(plain).Fit(data).Model)
            : (_ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(robust).Fit(data).Model, _ml.MulticlassClassification.Trainers.NeuralNetwork(plain).Fit(data).Model);
        Assert.Equal(expected.History, layers.History);
        Assert.Equal(expected.BestEpoch, layers.BestEpoch);
        var network = Assert.Single(layers.Networks);
        Assert.Equal(expected.Layers.SelectMany(layer => layer.Weights.ToArray().Concat(layer.Biases.ToArray())), network.SelectMany(layer => layer.Weights.ToArray().Concat(layer.Biases.ToArray())));
    }

    [Fact]
    public void A_first_epoch_of_self_distillation_is_a_plain_one()
    {
        var train = SmallTables.Iris.Train.ToView(_ml);
        var plain = Fit(train, options => (options.ElrLambda, options.Epochs) = (0, 1)).Model.Networks[0];
        var distilled = Fit(train, options => (options.ElrLambda, options.SelfDistillation, options.Epochs) = (0, 0.8, 1)).Model.Networks[0];
        foreach (var (a, b) in plain.Zip(distilled))
            Assert.All(a.Weights.ToArray().Zip(b.Weights.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Nested_dropout_exports_the_features_that_it_kept()
    {
        var model = Fit(SmallTables.Iris.Train.ToView(_ml), options => (options.Compression, options.NestedSigma) = (FeatureCompression.Nested, 0.2)).Model;
        var (hidden, head) = (model.Networks[0][^2], model.Networks[0][^1]);
        Assert.Equal(hidden.OutputCount, head.InputCount);
        Assert.InRange(head.InputCount, 1, model.GetOptions().HiddenUnits - 1);
        Assert.Equal(3, head.OutputCount);
    }

    [Fact]
    public void Audited_rows_have_a_suggestion_and_a_suspicion_wherever_they_stand()
    {
        // A missing label in every tenth row, a weight of 0 in some: these rows have no position in training, but one in the view.
        var rows = TestRow.Create(400).Changed((row, i) => row.Weight = i % 13 == 5 ? 0 : 1);
        var text = _ml.Data.LoadFromEnumerable(rows.Changed((row, i) => row.Species = i % 10 == 4 ? "unknown" : i % 10 == 7 ? "setosa" : row.Species));
        var names = _ml.Data.LoadFromEnumerable(new[] { "setosa", "versicolor", "virginica" }.Select(name => new { name }));
        var data = _ml.Transforms.Conversion.MapValueToKey("Label", nameof(TestRow.Species), keyData: names).Fit(text).Transform(text);
        var trainer = _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(Small(options => (options.ExampleWeightColumnName, options.RefitOnAllRows) = ("Weight", false)));
        var audited = _ml.Data.AuditLabels(data, trainer);

        var fitted = trainer.Fit(data);
        var expected = fitted.Model.SuspiciousLabels.ToDictionary(suspicion => suspicion.Row);
        var predicted = fitted.Transform(data).GetColumn<uint>("PredictedLabel").ToArray();
        var (suggestions, scores) = (audited.GetColumn<uint>("SuggestedLabel").ToArray(), audited.GetColumn<float>("Suspicion").ToArray());
        Assert.Equal(data.Schema["Label"].Type, audited.Schema["SuggestedLabel"].Type);
        VBuffer<ReadOnlyMemory<char>> keys = default;
        audited.Schema["SuggestedLabel"].GetKeyValues(ref keys);
        Assert.Equal("virginica", keys.GetItemOrDefault(2).ToString());
        for (var i = 0; i < rows.Length; i++)
        {
            var skipped = i % 10 == 4 || i % 13 == 5;
            Assert.Equal(skipped, float.IsNaN(scores[i]));
            Assert.Equal(skipped, !expected.ContainsKey(i));
            Assert.Equal(skipped ? predicted[i] : (uint)expected[i].SuggestedClass + 1, suggestions[i]);
            if (skipped)
                continue;
            Assert.Equal((float)expected[i].Score, scores[i]);
            Assert.Equal(rows[i].Species, expected[i].GivenLabel);
        }
        Assert.Contains(expected.Values, suspicion => suspicion.IsHeldOut);
        Assert.Equal(rows.Select(row => row.Id), audited.GetColumn<string>("Id"));
        // A filter or a shuffle after it takes the columns along.
        var shuffled = _ml.Data.ShuffleRows(audited, seed: 3);
        Assert.Equal(Enumerable.Range(0, 400).ToDictionary(i => $"row {i}", i => scores[i]), shuffled.GetColumn<string>("Id").Zip(shuffled.GetColumn<float>("Suspicion")).ToDictionary(pair => pair.First, pair => pair.Second));
        // Every tenth label was set to setosa, wrong in two thirds of these rows.
        var wrong = fitted.Model.SuspiciousLabels.Take(20).Count(suspicion => suspicion.Row % 10 == 7);
        Assert.InRange(wrong, 15, 20);
    }

    [Fact]
    public void After_a_second_training_every_row_has_a_history()
    {
        var data = CaseData.View(_ml, PredictionTask.MulticlassClassification, TestRow.Create(200).Changed((row, i) => row.Species = i % 10 == 7 ? "setosa" : row.Species));
        foreach (var coTeaching in new[] { false, true })
        {
            Fitted Of(bool? refit) => Fit(data, options => (options.CoTeaching, options.RefitOnAllRows) = (coTeaching, refit));
            var (again, once) = (Of(null), Of(false));
            Assert.Contains(once.Model.SuspiciousLabels, suspicion => suspicion.IsHeldOut);
            Assert.All(again.Model.SuspiciousLabels, suspicion => Assert.False(suspicion.IsHeldOut));
            Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), again.Model.SuspiciousLabels.Select(suspicion => suspicion.Row).Order());
            Assert.Equal(once.Model.History, again.Model.History);
            Assert.Equal(once.Model.EpochLabels, again.Model.EpochLabels);
            Assert.NotEqual(once.Model.Networks[0][0].Weights.ToArray(), again.Model.Networks[0][0].Weights.ToArray());
        }
    }

    // Wrong labels in every fifth row; the log says what the networks make of it.
    [Fact]
    public void Co_teaching_tells_how_many_labels_seem_to_be_wrong()
    {
        LogLines log = new(_ml);
        Fit(CaseData.View(_ml, PredictionTask.MulticlassClassification, TestRow.Create(600).Changed((row, i) => row.Species = i % 5 == 2 ? "setosa" : row.Species)), options => options.CoTeaching = true);
        Assert.Contains(log.All, line => line.Contains("of the labels seem to be wrong", StringComparison.Ordinal));
    }

    [Fact]
    public void Boolean_labels_are_audited_too()
    {
        var data = CaseData.View(_ml, PredictionTask.BinaryClassification, TestRow.Create(200));
        var audited = _ml.Data.AuditLabels(data, _ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork(Small()), "Better", "Doubt");
        Assert.Equal(BooleanDataViewType.Instance, audited.Schema["Better"].Type);
        Assert.Equal(200, audited.GetColumn<bool>("Better").Count());
        Assert.All(audited.GetColumn<float>("Doubt"), doubt => Assert.InRange(doubt, 0, 1));
    }

    [Fact]
    public void Classes_without_rows_are_never_suggested()
    {
        var iris = SmallTables.Iris;
        var data = new SmallTable([.. iris.Features.Where((_, i) => iris.Classes[i] != 1)], [.. iris.Labels.Where(label => label != 1)]).ToView(_ml);
        foreach (var combination in new[] { "regularised", "class-balanced", "distilled", "co-teaching" })
        {
            var fitted = Fit(data, CombinationsByName[combination]);
            Assert.DoesNotContain(fitted.Model.SuspiciousLabels, suspicion => suspicion.SuggestedClass == 1);
            Assert.DoesNotContain(2u, fitted.Transform(SmallTables.Iris.ToView(_ml)).GetColumn<uint>("PredictedLabel"));
            var labels = fitted.Model.Classes[1];
            Assert.Equal((0, 0, double.NaN, double.NaN), (labels.Rows, labels.SuggestedRows, labels.Recall, labels.MeanSuspicion));
            Assert.Equal(100, fitted.Model.Classes.Sum(other => other.Rows));
        }
    }

    [Fact]
    public void Few_rows_are_warned_of()
    {
        LogLines log = new(_ml);
        var data = CaseData.View(_ml, PredictionTask.MulticlassClassification, TestRow.Create(30));
        Fit(data);
        Assert.Contains(log.Warnings, line => line.Contains("training rows", StringComparison.Ordinal) && line.Contains("at least 50", StringComparison.Ordinal));
    }

    [Fact]
    public void A_single_class_is_refused()
        => Errors.AssertDataError(
            () => Fit(CaseData.View(_ml, PredictionTask.MulticlassClassification, TestRow.Create(60).Changed((row, _) => row.Species = "setosa"))), "at least two classes", "setosa");

    [Theory]
    [InlineData(LayerNormalization.None)]
    [InlineData(LayerNormalization.Batch)]
    public void A_last_batch_of_one_row_and_features_that_are_constant_or_missing_are_no_trouble(LayerNormalization normalization)
    {
        var rows = TestRow.Create(65).Changed((row, i) => row.Values = [row.Values[0], row.Values[1], 7, i % 3 == 0 ? float.NaN : row.Values[3]]);
        foreach (var coTeaching in new[] { false, true })
        {
            var fitted = Fit(CaseData.View(_ml, PredictionTask.MulticlassClassification, rows), options =>
                (options.BatchSize, options.ValidationFraction, options.Normalization, options.CoTeaching, options.ForgetRate) = (32, 0, normalization, coTeaching, 0.4));
            Assert.Equal([3], fitted.Model.Indicators.ToArray());
            Assert.Equal(1, fitted.Model.FeatureDeviations[2]);
            Assert.Equal(65, fitted.Model.SuspiciousLabels.Count);
            Assert.All(fitted.Model.SuspiciousLabels, suspicion => Assert.InRange(suspicion.Score, 0, 1));
        }
    }

    [Fact]
    public void Predictions_of_every_epoch_are_told()
    {
        List<EpochPredictions> told = [];
        var data = SmallTables.Iris.Train.ToView(_ml);
        var trainer = _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(Small());
        var model = trainer.Fit(data, null, told.Add).Model;
        Assert.Equal(model.History.Select(epoch => epoch.Number), told.Select(epoch => epoch.Number));
        var labels = data.GetColumn<uint>("Label").ToArray();
        foreach (var (epoch, seen) in told.Zip(model.EpochLabels))
            Assert.Equal(seen.GivenLabelShare, epoch.Rows.Zip(epoch.PredictedClasses).Average(row => labels[row.First] == row.Second + 1 ? 1 : 0), 1e-9);
        Assert.Equal(model.Networks[0][0].Weights.ToArray(), trainer.Fit(data).Model.Networks[0][0].Weights.ToArray());
    }

    [Fact]
    public void The_catalogs_arguments_reach_the_options()
    {
        var train = SmallTables.Iris.Train.ToView(_ml);
        var model = _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(preset: NoiseRobustPreset.HighNoise, epochs: 2).Fit(train).Model;
        Assert.Equal((2, 2), (model.Networks.Count, model.History.Count));
        Assert.Equal(NoiseRobustPreset.HighNoise, model.GetOptions().Preset);
        Assert.Single(_ml.BinaryClassification.Trainers.NoiseRobustNeuralNetwork("Positive", epochs: 1).Fit(train).Model.Networks);
    }

    private Fitted Fit(IDataView data, Action<Options>? change = null) => _ml.MulticlassClassification.Trainers.NoiseRobustNeuralNetwork(Small(change)).Fit(data);

    private static Options Small(Action<Options>? change = null)
    {
        Options options = new() { HiddenUnits = 24, Epochs = 25, BatchSize = 32, LearningRate = 0.01, NumberOfThreads = 1, Seed = 3 };
        change?.Invoke(options);
        return options;
    }

    private static float[] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float[]>("Score").SelectMany(row => row)];

    private ITransformer Loaded(ITransformer model, IDataView data)
    {
        using MemoryStream stream = new();
        _ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        return _ml.Model.LoadAccelerated(stream, out _);
    }
}
