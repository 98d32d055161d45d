using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;
using static MLExtensions.Tests.Transforms.TJepa.Tables;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

public sealed class FeaturizerTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ITestOutputHelper _output;

    public FeaturizerTests(ITestOutputHelper output)
    {
        _output = output;
        TorchLibrary.EnsureLoaded();
    }

    [Fact]
    public void Columns_of_all_kinds_become_named_features()
    {
        var view = View(_ml, Customers(200));
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, Small()).Fit(view);
        var column = fitted.Transform(view).Schema["Embedding"];
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 7 * 8), column.Type);
        VBuffer<ReadOnlyMemory<char>> slots = default;
        column.GetSlotNames(ref slots);
        var names = slots.DenseValues().Select(name => name.ToString()).ToArray();
        // Numeric columns first, then categorical ones.
        Assert.Equal(["REG.0", "Age.0", "Usage.0.0", "Usage.1.0", "Income.0", "Region.0", "Plan.0"], names.Where((_, i) => i % 8 == 0));
        Assert.Equal("Plan.7", names[^1]);
        Assert.Equal(["Age", "Usage.0", "Usage.1", "Income", "Region", "Plan"], fitted.Model.Columns.Select(col => col.Name));
        Assert.Equal([1, 2, 3, 4, 5, 6], fitted.Model.Columns.Select(col => col.Token));
        Assert.All(fitted.Model.Columns, col => Assert.True(!col.IsConstant && col.Deviation > 0));
        Assert.Equal(3, fitted.Model.History.Count);
        Assert.Equal(TJepaOutput.Flatten, fitted.Model.Output);
        // (R + Dn) h + Dh + sum of categories h + 2h, one block, the head; and the vectors of missing numbers.
        Assert.Equal((5 * 8) + (6 * 8) + (8 * 8) + 16 + ((4 * 64) + 32 + (2 * 8 * 16) + 16 + 8 + 32) + 64 + 8 + 32 + (4 * 8), fitted.Model.ParameterCount);
    }

    [Theory]
    [InlineData(TJepaOutput.Flatten, 56)]
    [InlineData(TJepaOutput.MeanTokens, 8)]
    [InlineData(TJepaOutput.Reg, 8)]
    [InlineData(TJepaOutput.MeanAndReg, 16)]
    [InlineData(TJepaOutput.RawAndFlatten, 12 + 56)]
    [InlineData(TJepaOutput.RawAndMeanTokens, 12 + 8)]
    [InlineData(TJepaOutput.RawAndReg, 12 + 8)]
    [InlineData(TJepaOutput.RawAndMeanAndReg, 12 + 16)]
    public void Graph_equals_TorchSharp(TJepaOutput output, int size)
    {
        var rows = Customers(150);
        (rows[3].Income, rows[5].Region, rows[7].Age) = (float.NaN, "nowhere", 1e30f);
        var view = View(_ml, rows);
        var options = Small();
        (options.Output, options.Seed) = (output, 5);
        var model = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(200)));
        var actual = model.Transform(view).GetColumn<float[]>("Embedding").ToArray();
        Assert.All(actual, row => Assert.Equal(size, row.Length));

        using var scope = NewDisposeScope();
        var columns = model.Model.Table;
        using var encoder = Encoder(model.Model);
        var (numbers, categories) = TensorsOf(columns, view);
        var expected = Numbers.Of(TokenPooling.Apply(encoder.forward(numbers, categories), output, regTokens: 1));
        var raw = output.HasRaw() ? 12 : 0;
        for (var i = 0; i < actual.Length; i++)
        {
            for (var j = raw; j < size; j++)
                Assert.Equal(expected[(i * (size - raw)) + j - raw], actual[i][j], 1e-4f);
        }
        if (raw == 0)
            return;
        // Scaled numbers, the mean, which is 0 here, for missing ones; then indicators of regions and plans, those of missing values first.
        Assert.Equal(0, actual[3][3]);
        Assert.Equal(5, actual[7][0]);
        Assert.Equal(numbers[0].data<float>().ToArray(), actual[0][..4]);
        Assert.Equal([1, 0, 0, 0], actual[5][4..8]);
        Assert.All(actual, row => Assert.Equal((1f, 1f), (row[4..8].Sum(), row[8..12].Sum())));
    }

    [Theory]
    [InlineData(NumericScaling.Standardize)]
    [InlineData(NumericScaling.MinMax)]
    public void All_forms_give_the_same_columns(NumericScaling scaling)
    {
        var rows = Customers(60);
        (rows[3].Income, rows[5].Region, rows[6].Age) = (float.NaN, "nowhere", float.PositiveInfinity);
        var view = View(_ml, rows);
        var options = Small();
        (options.Surprise, options.Output, options.Scaling) = (true, TJepaOutput.RawAndFlatten, scaling);
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(200)));
        var expected = Snapshot.Of(fitted.Transform(view), "Embedding", "Embedding.Surprise");
        Assert.All(expected["Embedding.Surprise"], value => Assert.True(float.IsFinite((float)value!)));
        foreach (var (form, model) in Models.Forms(_ml, fitted, view.Schema))
            Snapshot.AssertSame(expected, Snapshot.Of(model.Transform(view), "Embedding", "Embedding.Surprise"), form, 1e-5);
        var typed = Assert.IsType<FeatureTransformer<TJepaModelParameters>>(Models.LoadAccelerated(_ml.Save(fitted, view.Schema)));
        Models.AssertSameState(fitted, typed);
        Assert.Equal(fitted.Model.History, typed.Model.History);
        Assert.Equal(fitted.Model.Columns, typed.Model.Columns);
    }

    [Fact]
    public void It_works_in_front_of_a_trainer()
    {
        var view = _ml.Data.LoadFromEnumerable(Customers(300));
        var pipeline = Keys(_ml).Append(_ml.Transforms.TJepa("Features", Inputs, Small())).Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression());
        var model = pipeline.Fit(view);
        var loaded = Models.LoadStock(_ml.Save(model, view.Schema));
        Assert.Equal(model.Transform(view).GetColumn<float>("Score"), loaded.Transform(view).GetColumn<float>("Score"), (x, y) => Math.Abs(x - y) < 1e-4);
    }

    [Fact]
    public void Same_seed_same_model()
    {
        var view = View(_ml, Customers(200));
        float[][] Fit(int seed) => [.. new MLContext(seed).Transforms.TJepa("Embedding", Inputs, Small()).Fit(view).Transform(view).GetColumn<float[]>("Embedding")];
        Assert.Equal(Fit(1), Fit(1));
        Assert.NotEqual(Fit(1)[0], Fit(2)[0]);
    }

    [Fact]
    public void Wrong_columns_are_refused()
    {
        var texts = _ml.Data.LoadFromEnumerable(Customers(20));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.TJepa("Embedding", Inputs, Small()).Fit(texts));
        Assert.Contains("'Region'", error.Message, StringComparison.Ordinal);
        Assert.Contains("MapValueToKey", error.Message, StringComparison.Ordinal);
        Assert.Contains("the label among them", Assert.Throws<ArgumentException>(() => _ml.Transforms.TJepa("Embedding", ["Age", "Label"], Small())).Message, StringComparison.Ordinal);
        Assert.Contains("Name each input column once", Assert.Throws<ArgumentException>(() => _ml.Transforms.TJepa("Embedding", ["Age", "Age"], Small())).Message, StringComparison.Ordinal);
        var options = Small();
        options.LabelColumnName = "Plan";
        Assert.Contains("learned from 'Plan'", Assert.Throws<ArgumentException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options)).Message, StringComparison.Ordinal);
        options.LabelColumnName = null;
        Assert.NotNull(_ml.Transforms.TJepa("Embedding", ["Age", "Label"], options));
    }

    [Fact]
    public void Fewer_than_two_columns_that_vary_are_refused()
    {
        var rows = Customers(30);
        foreach (var row in rows)
            row.Income = 7;
        var view = View(_ml, rows);
        Assert.Contains("found 1 among 1", Assert.Throws<InvalidOperationException>(() => _ml.Transforms.TJepa("Embedding", ["Age"], Small()).Fit(view)).Message, StringComparison.Ordinal);
        Assert.Contains("found 1 among 2", Assert.Throws<InvalidOperationException>(() => _ml.Transforms.TJepa("Embedding", ["Age", "Income"], Small()).Fit(view)).Message, StringComparison.Ordinal);
        Assert.Contains("has 1 row", Assert.Throws<InvalidOperationException>(() => _ml.Transforms.TJepa("Embedding", ["Age", "Plan"], Small()).Fit(_ml.Data.TakeRows(view, 1))).Message, StringComparison.Ordinal);
    }

    // One column is always context, the other always the target.
    [Theory]
    [InlineData("Age", "Plan")]
    [InlineData("Usage")]
    [InlineData("Age", "Usage")]
    [InlineData("Region", "Plan")]
    [InlineData("Age", "Usage", "Plan")]
    public void Few_columns_work(params string[] inputs)
    {
        var view = View(_ml, Customers(100));
        var fitted = _ml.Transforms.TJepa("Embedding", inputs, Small()).Fit(view);
        Assert.All(fitted.Transform(view).GetColumn<float[]>("Embedding"), row => Assert.All(row, value => Assert.True(float.IsFinite(value))));
        Assert.All(fitted.Model.History, epoch => Assert.True(double.IsFinite(epoch.NormalizedLoss)));
    }

    // Batches of 64: the last one has one row, which is skipped, or two.
    [Theory]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(2)]
    public void Last_batches_of_few_rows_work(int count)
    {
        var view = View(_ml, Customers(count));
        Assert.Equal(3, _ml.Transforms.TJepa("Embedding", ["Age", "Usage", "Plan"], Small()).Fit(view).Model.History.Count);
    }

    [Fact]
    public void Constant_columns_keep_their_token_and_are_in_no_mask()
    {
        var rows = Customers(100);
        foreach (var row in rows)
            (row.Income, row.Region) = (7, "north");
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, Small()).Fit(View(_ml, rows));
        Assert.Equal([false, false, false, true, true, false], fitted.Model.Columns.Select(column => column.IsConstant));
        Assert.Equal([0, 1, 2, 5], fitted.Model.Table.Varying);
        (rows[0].Income, rows[1].Region) = (float.PositiveInfinity, "south");
        Assert.All(fitted.Transform(View(_ml, rows)).GetColumn<float[]>("Embedding"), row => Assert.All(row, value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void Reference_indexing_refuses_constant_columns()
    {
        var options = Small();
        options.ReferenceIndexing = true;
        var rows = Customers(100);
        Assert.NotNull(_ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, rows)));
        foreach (var row in rows)
            row.Income = 7;
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, rows)));
        Assert.Contains("Column 'Income' never varies in the training rows: with ReferenceIndexing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_is_sometimes_missing_varies()
    {
        var rows = Customers(100);
        foreach (var (row, i) in rows.Select((row, i) => (row, i)))
            row.Income = i % 2 == 0 ? 7 : float.NaN;
        Assert.False(_ml.Transforms.TJepa("Embedding", Inputs, Small()).Fit(View(_ml, rows)).Model.Columns[3].IsConstant);
        foreach (var row in rows)
            row.Income = float.NaN;
        Assert.True(_ml.Transforms.TJepa("Embedding", Inputs, Small()).Fit(View(_ml, rows)).Model.Columns[3].IsConstant);
    }

    [Fact]
    public void Rare_values_of_a_column_of_many_count_as_unknown()
    {
        LogLines log = new(_ml);
        var options = Small();
        (options.MaximumCategories, options.Output) = (2, TJepaOutput.RawAndMeanTokens);
        var rows = Customers(200);
        var view = View(_ml, rows);
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(view);
        Assert.Contains(log.Warnings, line => line.Contains("'Region' has 3 values: the 2 most frequent", StringComparison.Ordinal));
        var kept = fitted.Model.Table.Categories[0].Kept!;
        var common = rows.CountBy(row => row.Region).OrderByDescending(pair => pair.Value).Take(2).Select(pair => pair.Key).ToArray();
        var regions = view.GetColumn<uint>("Region").ToArray();
        Assert.Equal(common.Order(), kept.Select(key => rows[Array.IndexOf(regions, (uint)key)].Region).Order());
        var embedding = fitted.Transform(view).GetColumn<float[]>("Embedding").ToArray();
        Assert.All(rows.Zip(embedding), pair => Assert.Equal(common.Contains(pair.First.Region) ? 0 : 1, pair.Second[4]));
        VBuffer<ReadOnlyMemory<char>> slots = default;
        fitted.Transform(view).Schema["Embedding"].GetSlotNames(ref slots);
        Assert.Equal(["Region=missing", .. kept.Select(key => $"Region={rows[Array.IndexOf(regions, (uint)key)].Region}")], slots.DenseValues().Skip(4).Take(3).Select(name => name.ToString()));
    }

    // Nothing was learned of it: with an embedding of its own it would score as random numbers.
    [Fact]
    public void A_key_value_without_a_training_row_is_the_same_as_a_missing_key()
    {
        LogLines log = new(_ml);
        var options = Small();
        (options.Output, options.Surprise) = (TJepaOutput.RawAndFlatten, true);
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, [.. Customers(200).Where(row => row.Region != "south")]));
        Assert.DoesNotContain(log.Warnings, line => line.Contains("'Region'", StringComparison.Ordinal));
        Customer[] Rows(string region)
        {
            var rows = Customers(20, seed: 2);
            foreach (var row in rows)
                row.Region = region;
            return rows;
        }
        var (absent, missing) = (View(_ml, Rows("south")), View(_ml, Rows("nowhere")));
        Assert.All(absent.GetColumn<uint>("Region"), key => Assert.NotEqual(0u, key));
        Assert.All(missing.GetColumn<uint>("Region"), key => Assert.Equal(0u, key));
        foreach (var (_, model) in Models.Forms(_ml, fitted, absent.Schema))
        {
            Assert.Equal(model.Transform(missing).GetColumn<float[]>("Embedding"), model.Transform(absent).GetColumn<float[]>("Embedding"));
            Assert.Equal(model.Transform(missing).GetColumn<float>("Embedding.Surprise"), model.Transform(absent).GetColumn<float>("Embedding.Surprise"));
            Assert.NotEqual(model.Transform(missing).GetColumn<float[]>("Embedding").First(), model.Transform(View(_ml, Rows("north"))).GetColumn<float[]>("Embedding").First());
        }
    }

    // Position 1 of a token and the indicator of value 1 are different numbers.
    [Fact]
    public void Slot_names_differ_where_values_are_numbers()
    {
        var options = Small();
        options.Output = TJepaOutput.RawAndFlatten;
        var rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(i => new Reading { Level = i % 4, Value = i }));
        var view = _ml.Transforms.Conversion.MapValueToKey(nameof(Reading.Level)).Fit(rows).Transform(rows);
        var fitted = _ml.Transforms.TJepa("Embedding", [nameof(Reading.Level), nameof(Reading.Value)], options).Fit(view);
        VBuffer<ReadOnlyMemory<char>> slots = default;
        fitted.Transform(view).Schema["Embedding"].GetSlotNames(ref slots);
        var names = slots.DenseValues().Select(name => name.ToString()).ToArray();
        Assert.Equal(["Value", "Level=missing", "Level=0", "Level=1", "Level=2", "Level=3", "REG.0"], names.Take(7));
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Few_rows_are_warned_of()
    {
        LogLines log = new(_ml);
        _ml.Transforms.TJepa("Embedding", Inputs, Small(epochs: 1)).Fit(View(_ml, Customers(100)));
        Assert.Contains(log.Warnings, line => line.Contains("Only 100 rows", StringComparison.Ordinal));
    }

    // Income no longer goes with age and region, nor usage with the plan.
    [Fact]
    public void Unusual_rows_are_surprising()
    {
        var options = Small(epochs: 40);
        options.Surprise = true;
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(1500)));
        var usual = Customers(300, seed: 2);
        var odd = Customers(300, seed: 2);
        foreach (var row in odd)
            (row.Income, row.Usage) = (row.Age < 50 ? 80_000 : 25_000, [row.Usage[0] < 0.5f ? 0.95f : 0.05f, row.Usage[1]]);
        float[] Surprise(Customer[] rows) => [.. fitted.Transform(View(_ml, rows)).GetColumn<float>("Embedding.Surprise")];
        var (low, high) = (Surprise(usual), Surprise(odd));
        var auc = low.SelectMany(_ => high, (x, y) => x < y ? 1 : x == y ? 0.5 : 0).Average();
        Assert.InRange(auc, 0.85, 1);
        Assert.InRange(low.Average(), 0, 1);
    }

    [Fact]
    public void The_probe_chooses_the_epoch()
    {
        var options = Small(epochs: 20);
        options.SelectByProbe = true;
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(400)));
        var probed = fitted.Model.History.Where(epoch => epoch.ProbeScore is not null).ToArray();
        Assert.Equal([2, 4, 6, 8, 10, 12, 14, 16, 18, 20], probed.Select(epoch => epoch.Number));
        Assert.Equal(probed.Where(epoch => epoch.IsHealthy).MaxBy(epoch => (epoch.ProbeScore, epoch.Number))!.Number, fitted.Model.BestEpoch);
        options.LabelColumnName = nameof(Customer.Value);
        Assert.InRange(_ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(400))).Model.History[^1].ProbeScore!.Value, -1, 1);
        options.LabelColumnName = "Plans";
        Assert.Contains("Could not find label column 'Plans'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(400)))).Message, StringComparison.Ordinal);
    }

    // A column named Label may hold anything: without a probe it is not read.
    [Fact]
    public void Labels_are_not_read()
    {
        float[] Fit(Customer[] rows) => new MLContext(1).Transforms.TJepa("Embedding", Inputs, Small()).Fit(View(_ml, rows)).Model.Weights.Target["transformer.norm.bias"];
        var rows = Customers(200);
        var expected = Fit(rows);
        foreach (var row in rows)
            row.Label = !row.Label;
        Assert.Equal(expected, Fit(rows));
    }

    [Fact]
    public void Training_goes_on_from_a_model()
    {
        var view = View(_ml, Customers(300));
        var featurizer = _ml.Transforms.TJepa("Embedding", Inputs, Small());
        var first = featurizer.Fit(view).Model;
        var state = first.GetState();
        var second = featurizer.Fit(View(_ml, Customers(300, seed: 9)), first).Model;
        Assert.Equal(Enumerable.Range(1, 6), second.History.Select(epoch => epoch.Number));
        Assert.Equal(first.History, second.History.Take(3));
        Assert.Equal(6, second.BestEpoch);
        Assert.Equal(first.Table.Scaling.Offsets, second.Table.Scaling.Offsets);
        Assert.NotEqual(first.Weights.Target["transformer.head.weight"], second.Weights.Target["transformer.head.weight"]);
        // It goes on where the first one ended, and leaves that as it was.
        Assert.InRange(second.History[3].Loss, 0, 1.5 * first.History[2].Loss);
        Assert.All(state.Numbers, numbers => Assert.Equal(numbers.Value, first.GetState().Numbers[numbers.Key]));

        var wider = Small();
        wider.HiddenSize = 16;
        Assert.Contains("HiddenSize is 16; expected 8", Assert.Throws<ArgumentException>(() => _ml.Transforms.TJepa("Embedding", Inputs, wider).Fit(view, first)).Message, StringComparison.Ordinal);
        Assert.Contains("expected Region, Age", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.TJepa("Embedding", ["Age", "Region"], Small()).Fit(view, first)).Message, StringComparison.Ordinal);
    }

    // As many values in another order: the model would take south for west.
    [Fact]
    public void Training_does_not_go_on_with_another_key_mapping()
    {
        var featurizer = _ml.Transforms.TJepa("Embedding", Inputs, Small());
        var model = featurizer.Fit(View(_ml, Customers(200))).Model;
        var rows = _ml.Data.LoadFromEnumerable(Customers(200));
        var other = Keys(_ml).Fit(_ml.Data.LoadFromEnumerable(Customers(200).OrderByDescending(row => row.Region))).Transform(rows);
        var loaded = TJepaModelParameters.FromState(model.GetState());
        foreach (var startFrom in new[] { model, loaded })
        {
            Assert.Contains("input column 'Region': expected '", Assert.Throws<ArgumentOutOfRangeException>(() => featurizer.Fit(other, startFrom)).Message, StringComparison.Ordinal);
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => featurizer.FineTune(other, startFrom)).Message;
            Assert.Contains("as key 1, as in the model to go on from, got 'west'", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(nameof(Customer.Label))]
    [InlineData(nameof(Customer.Value))]
    [InlineData(nameof(Customer.Segment))]
    public void Fine_tuning_makes_the_label_linear(string label)
    {
        var keys = _ml.Transforms.Conversion.MapValueToKey(nameof(Customer.Segment)).Fit(_ml.Data.LoadFromEnumerable(Customers(100)));
        IDataView Rows(int count, int seed) => keys.Transform(View(_ml, Customers(count, seed)));
        var (train, test) = (Rows(1000, 1), Rows(500, 3));
        var options = Small(epochs: 5);
        (options.LabelColumnName, options.LearningRate, options.Seed) = (label, 1e-2, 1);
        var featurizer = _ml.Transforms.TJepa("Embedding", Inputs, options);
        var first = featurizer.Fit(train);
        var tuned = featurizer.FineTune(train, first.Model, epochs: 60);
        Assert.InRange(ErrorOf(tuned, train, test, label), 0, 0.9 * ErrorOf(first, train, test, label));
        Assert.Equal(first.Model.History, tuned.Model.History);
    }

    // With no average, the target encoder is the context encoder after the first step.
    [Fact]
    public void Training_goes_on_from_a_tuned_encoder()
    {
        const string Weight = "transformer.head.weight";
        var view = View(_ml, Customers(200));
        var options = Small();
        options.LearningRate = 1e-2;
        var featurizer = _ml.Transforms.TJepa("Embedding", Inputs, options);
        var first = featurizer.Fit(view).Model;
        var tuned = featurizer.FineTune(view, first, epochs: 5).Model;
        (options.LearningRate, options.EmaStart, options.EmaEnd) = (1e-9, 0, 0);
        var further = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(view, tuned).Model;
        double Distance(TJepaModelParameters model) => further.Weights.Target[Weight].Zip(model.Weights.Target[Weight], (x, y) => Math.Abs(x - y)).Max();
        Assert.InRange(Distance(tuned), 0, 1e-6);
        Assert.InRange(Distance(first), 1e-4, 10);
    }

    [Fact]
    public void Fine_tuning_refuses_what_it_cannot_do()
    {
        var view = View(_ml, Customers(100));
        var options = Small();
        var model = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(view).Model;
        options.Surprise = true;
        Assert.Contains("Surprise", Assert.Throws<ArgumentException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options).FineTune(view, model)).Message, StringComparison.Ordinal);
        (options.Surprise, options.LabelColumnName) = (false, "Segment");
        Assert.Contains("label column 'Segment'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options).FineTune(view, model)).Message, StringComparison.Ordinal);
        options.LabelColumnName = null;
        Assert.Throws<ArgumentNullException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options).FineTune(view, model));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    public void Variants_train(int regTokens, bool referenceIndexing)
    {
        var options = Small();
        (options.RegTokens, options.ReferenceIndexing, options.ColumnEmbedding, options.DropoutRate, options.VarianceFloor) = (regTokens, referenceIndexing, true, 0.1, true);
        var view = View(_ml, Customers(200));
        var fitted = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(view);
        Assert.Equal((regTokens + 6) * 8, fitted.Transform(view).GetColumn<float[]>("Embedding").First().Length);
        Assert.All(fitted.Model.History, epoch => Assert.True(double.IsFinite(epoch.Loss) && double.IsFinite(epoch.Uniformity) && double.IsFinite(epoch.EffectiveRank)));
    }

    // Whether a token of no column keeps the encoder from collapsing is a claim of the paper: the numbers of both are noted, not judged.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Metrics_with_and_without_a_token_of_no_column_are_logged(int regTokens)
    {
        LogLines log = new(_ml);
        var options = Small(epochs: 10);
        (options.RegTokens, options.Seed) = (regTokens, 3);
        var history = _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(500))).Model.History;
        Assert.Equal(10, history.Count);
        foreach (var epoch in history)
        {
            double[] metrics = [epoch.Loss, epoch.NormalizedLoss, epoch.SmallestDeviation, epoch.ExplainedShare, epoch.Uniformity, epoch.EffectiveRank];
            Assert.All(metrics, metric => Assert.True(double.IsFinite(metric)));
            _output.WriteLine(epoch.ToString());
        }
        Assert.Contains(log.All, line => line.Contains("normalised loss", StringComparison.Ordinal) && line.Contains("smallest deviation", StringComparison.Ordinal));
    }

    [Fact]
    public void A_fit_can_be_cancelled()
    {
        using CancellationTokenSource source = new();
        var options = Small(epochs: 100_000);
        LogLines log = new(_ml);
        _ml.Log += (_, line) =>
        {
            if (line.Message.Contains("epoch 2", StringComparison.Ordinal))
                source.Cancel();
        };
        Assert.ThrowsAny<OperationCanceledException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(100)), source.Token));
        Assert.Contains(log.All, line => line.Contains("normalised loss", StringComparison.Ordinal));
    }

    [Fact]
    public void A_learning_rate_that_is_far_too_large_is_an_error_that_says_so()
    {
        var options = Small();
        (options.LearningRate, options.WarmUpEpochs, options.MaximumGradientNorm) = (1e30, 0, null);
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Transforms.TJepa("Embedding", Inputs, options).Fit(View(_ml, Customers(200))));
        Assert.Contains("Lower LearningRate", error.Message, StringComparison.Ordinal);
    }

    private sealed class Reading
    {
        public int Level { get; set; }

        public float Value { get; set; }
    }

    private double ErrorOf(ITransformer model, IDataView train, IDataView test, string label)
    {
        var (fitted, scored) = (model.Transform(train), model.Transform(test));
        return label switch
        {
            nameof(Customer.Label) => 1 - _ml.BinaryClassification.Evaluate(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression(label, "Embedding").Fit(fitted).Transform(scored), label).Accuracy,
            nameof(Customer.Segment) => 1 - _ml.MulticlassClassification.Evaluate(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(label, "Embedding").Fit(fitted).Transform(scored), label).MicroAccuracy,
            _ => _ml.Regression.Evaluate(_ml.Regression.Trainers.Sdca(label, "Embedding").Fit(fitted).Transform(scored), label).MeanSquaredError,
        };
    }

    private static ColumnEncoder Encoder(TJepaModelParameters model)
    {
        var (options, layout) = (model.GetOptions(), model.Table.Layout);
        using TorchSharp.torch.Generator random = new(1);
        ColumnEncoder encoder = new(
            layout, new ColumnTokenizer(layout, options.HiddenSize, options.TypeEmbedding, options.ColumnEmbedding, null, random), new TokenTransformer(options.EncoderShape, weights => weights, random, random));
        model.Weights.Target.CopyTo(encoder);
        encoder.eval();
        return encoder;
    }

    private static (TorchSharp.torch.Tensor Numbers, TorchSharp.torch.Tensor Categories) TensorsOf(TJepaColumns columns, IDataView view)
    {
        var usage = view.GetColumn<float[]>("Usage").ToArray();
        var values = view.GetColumn<float>("Age").Zip(view.GetColumn<float>("Income"), (age, income) => (age, income)).SelectMany((row, i) => new[] { row.age, usage[i][0], usage[i][1], row.income });
        var scaled = values.Select((value, i) => float.IsNaN(value)
            ? value
            : (float)Math.Clamp((value - columns.Scaling.Offsets[i % 4]) * columns.Scaling.Factors[i % 4], columns.Scaling.Least, columns.Scaling.Most));
        var keys = view.GetColumn<uint>("Region").Zip(view.GetColumn<uint>("Plan"), (region, plan) => new long[] { region, plan }).SelectMany(pair => pair);
        return (tensor(scaled.ToArray(), [usage.Length, 4]), tensor(keys.ToArray(), [usage.Length, 2]));
    }
}
