using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.ML;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>Reports as pages, comparisons and options.</summary>
public sealed class ReportTests
{
    private static readonly MLContext Ml = new(1);
    private static readonly IDataView Train = TreeData.View(Ml, TreeRow.Create(300));
    private static readonly IDataView Query = TreeData.View(Ml, TreeRow.Create(60, seed: 2));

    [Fact]
    public void A_report_is_one_page_with_its_figures_and_plots()
    {
        var report = Ml.Model.AnalyzeTreeSmoothing(Ml.Regression.Trainers.FastTree(numberOfTrees: 10).Fit(Train), Train, Query, new() { NoiseVariance = 0.5 });
        var page = Saved(report.SaveAsHtml);
        Assert.Contains("Tree smoothing: FastTree, regression", page.Value, StringComparison.Ordinal);
        Assert.Contains("the figures are exact", page.Value, StringComparison.Ordinal);
        Assert.Equal(2, page.Descendants().Count(element => element.Name.LocalName == "svg"));
        var cells = page.Descendants("td").Select(cell => cell.Value).ToArray();
        Assert.Contains(report.EffectiveParametersTrain.ToString("G4", CultureInfo.InvariantCulture), cells);
        Assert.Contains(report.EffectiveParametersQuery!.Value.ToString("G4", CultureInfo.InvariantCulture), cells);
        // Ten query rows with the training rows behind them.
        var worst = Enumerable.Range(0, 60).MaxBy(row => report.QueryLeverage[row]);
        Assert.Contains(worst.ToString(CultureInfo.InvariantCulture), cells);
        Assert.Contains(cells, cell => cell.StartsWith($"{report.GetTopRows(worst, 1)[0].Row}: ", StringComparison.Ordinal));
        Assert.Equal(10, page.Descendants("table").Last().Descendants("tr").Count() - 1);
    }

    /// <summary>Figures of a probability, of votes and of a raw score mean different things, and pages say which they are.</summary>
    [Theory]
    [InlineData(true, SmoothingScale.Prediction, "mean vote", "labels, 1 and -1, in the mean of the trees' votes")]
    [InlineData(true, SmoothingScale.Score, "sum of votes", "figures grow with the number of trees")]
    [InlineData(false, SmoothingScale.Prediction, "probability", "a probability is not linear in the labels")]
    [InlineData(false, SmoothingScale.Score, "raw score", "a raw score is not linear in the labels")]
    public void Pages_of_binary_models_say_what_the_weights_add_up_to(bool isForest, SmoothingScale scale, string name, string text)
    {
        ITransformer model = isForest
            ? Ml.BinaryClassification.Trainers.FastForest("Positive", numberOfTrees: 5).Fit(Train)
            : Ml.BinaryClassification.Trainers.FastTree("Positive", numberOfTrees: 5).Fit(Train);
        TreeSmoothingOptions options = new() { LabelColumnName = "Positive", Scale = scale };
        var page = Saved(Ml.Model.AnalyzeTreeSmoothing(model, Train, Query, options).SaveAsHtml);
        Assert.Contains(name, page.Descendants("td").Select(cell => cell.Value));
        Assert.Contains($"Sum of the weights of each training row in its own {name}", page.Value, StringComparison.Ordinal);
        Assert.Contains(text, page.Value, StringComparison.Ordinal);
        var comparison = Ml.Model.CompareTreeSmoothing([("only", model)], Train, Query, options);
        Assert.Contains($"  {name}  ", comparison.ToString(), StringComparison.Ordinal);
        Assert.Contains(name, Saved(comparison.SaveAsHtml).Descendants("td").Select(cell => cell.Value));
    }

    [Fact]
    public void A_report_without_query_rows_and_curve_is_shorter()
    {
        var report = Ml.Model.AnalyzeTreeSmoothing(Ml.Regression.Trainers.FastForest(numberOfTrees: 10).Fit(Train), Train, null, new() { Curve = false, Method = SmoothingMethod.Probe, Seed = 1 });
        Assert.Empty(report.CurveOverTrees);
        Assert.Null(report.EffectiveParametersQuery);
        Assert.Null(report.StandardErrorQuery);
        Assert.Empty(report.QueryLeverage);
        var page = Saved(report.SaveAsHtml);
        Assert.Single(page.Descendants(), element => element.Name.LocalName == "svg");
        Assert.Contains(" ± ", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_is_one_table()
    {
        var (forest, boosting) = (Ml.Regression.Trainers.FastForest(numberOfTrees: 10).Fit(Train), Ml.Regression.Trainers.FastTree(numberOfTrees: 10).Fit(Train));
        var comparison = Ml.Model.CompareTreeSmoothing(("forest", forest), ("boosting", boosting), Train, Query);
        Assert.Equal(["forest", "boosting"], comparison.Reports.Select(named => named.Name));
        Assert.Equal(Ml.Model.AnalyzeTreeSmoothing(boosting, Train, Query).EffectiveParametersQuery, comparison.Reports[1].Report.EffectiveParametersQuery);
        var lines = comparison.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("Model ", lines[0], StringComparison.Ordinal);
        Assert.Contains(" Rows ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("p / n", comparison.ToString(), StringComparison.Ordinal);
        Assert.Contains(" 300 ", lines[1], StringComparison.Ordinal);
        Assert.Contains(comparison.Reports[0].Report.EffectiveParametersTrain.ToString("G4", CultureInfo.InvariantCulture), lines[1], StringComparison.Ordinal);
        var page = Saved(comparison.SaveAsHtml);
        Assert.Equal(2, page.Descendants().Count(element => element.Name.LocalName == "svg"));
        Assert.Contains("boosting", page.Descendants("td").Select(cell => cell.Value));

        Assert.Single(Ml.Model.CompareTreeSmoothing([("only", forest)], Train).Reports);
        Assert.Throws<ArgumentException>(() => Ml.Model.CompareTreeSmoothing([], Train));
        var wrong = Assert.Throws<InvalidOperationException>(() => Ml.Model.CompareTreeSmoothing(("forest", forest), ("boosting", boosting), Ml.Data.SkipRows(Train, 10), Query));
        Assert.StartsWith("forest: The leaf values", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_a_comparison_name_the_model_before_anything_is_computed()
    {
        MLContext ml = new(1);
        LogLines log = new(ml);
        var (forest, linear) = (ml.Regression.Trainers.FastForest(numberOfTrees: 3).Fit(Train), ml.Regression.Trainers.Sdca(maximumNumberOfIterations: 1).Fit(Train));
        var other = ml.Regression.Trainers.FastTree(featureColumnName: "Others", numberOfTrees: 2).Fit(Train.Then(ml.Transforms.CopyColumns("Others", "Features")));

        Assert.StartsWith("linear: Expected a model of FastForest", Fails<ArgumentException>(("forest", forest), ("linear", linear)), StringComparison.Ordinal);
        Assert.StartsWith("none: expected a model, got null.", Fails<ArgumentException>(("forest", forest), ("none", null!)), StringComparison.Ordinal);
        Assert.StartsWith("Expected a name for each model, got none for number 1", Fails<ArgumentException>(("forest", forest), ("", forest)), StringComparison.Ordinal);
        Assert.StartsWith("Expected at least one model, got none.", Fails<ArgumentException>(), StringComparison.Ordinal);
        Assert.DoesNotContain(log.All, line => line.Contains("Leaf values recomputed", StringComparison.Ordinal));
        Assert.StartsWith("other: ", Fails<ArgumentOutOfRangeException>(("forest", forest), ("other", other)), StringComparison.Ordinal);

        string Fails<T>(params (string, ITransformer)[] models)
            where T : Exception
            => Assert.Throws<T>(() => ml.Model.CompareTreeSmoothing(models, Train)).Message;
    }

    /// <summary>FastTree skips rows with missing values, LightGBM does not: parameters of 270 and of 300 rows are not the same thing.</summary>
    [Fact]
    public void A_comparison_of_different_numbers_of_rows_gives_parameters_per_row()
    {
        var train = TreeData.View(Ml, TreeRow.Create(300, missingEvery: 10));
        var (first, second) = (Ml.Regression.Trainers.FastTree(numberOfTrees: 5).Fit(train), Ml.Regression.Trainers.LightGbm(numberOfIterations: 5).Fit(train));
        var comparison = Ml.Model.CompareTreeSmoothing(("FastTree", first), ("LightGBM", second), train, Query);
        var lines = comparison.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(4, lines.Length);
        Assert.Contains("p / n, train", lines[0], StringComparison.Ordinal);
        Assert.Contains("p / n, query", lines[0], StringComparison.Ordinal);
        foreach (var (line, rows, report) in new[] { (lines[1], 270, comparison.Reports[0].Report), (lines[2], 300, comparison.Reports[1].Report) })
        {
            Assert.Contains($" {rows} ", line, StringComparison.Ordinal);
            Assert.Contains($" {(report.EffectiveParametersTrain / rows).ToString("G4", CultureInfo.InvariantCulture)} ", line, StringComparison.Ordinal);
        }
        Assert.Contains("different numbers of training rows", lines[3], StringComparison.Ordinal);
        var page = Saved(comparison.SaveAsHtml);
        Assert.Contains("270 to 300 training rows", page.Value, StringComparison.Ordinal);
        Assert.Contains("different numbers of training rows", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_survive_JSON_and_are_checked()
    {
        TreeSmoothingOptions options = new() { Method = SmoothingMethod.Probe, ProbeCount = 128, NoiseVariance = 0.1, BagColumnName = "Bag", Bags = BagSource.Supplied, LearningRate = 0.3 };
        var copy = JsonSerializer.Deserialize<TreeSmoothingOptions>(JsonSerializer.Serialize(options))!;
        Assert.Equal(JsonSerializer.Serialize(options), JsonSerializer.Serialize(copy));

        AssertRefused("ProbeCount must be between 16 and 512.", wrong => wrong.ProbeCount = 8);
        AssertRefused("NoiseVariance must be above 0 and finite, or null.", wrong => wrong.NoiseVariance = 0);
        AssertRefused("NumberOfTopRows must be at least 0.", wrong => wrong.NumberOfTopRows = -1);
        AssertRefused("LearningRate must be above 0 and finite, or null.", wrong => wrong.LearningRate = double.NaN);
        AssertRefused("L2Regularization must be at least 0 and finite, or null.", wrong => wrong.L2Regularization = -1);
        AssertRefused("NumberOfThreads must be at least 1, or null for all cores.", wrong => wrong.NumberOfThreads = 0);
        AssertRefused("BagColumnName must name the column of the counts when Bags is Supplied.", wrong => wrong.Bags = BagSource.Supplied);
        AssertRefused("Scale must be Prediction or Score.", wrong => wrong.Scale = (SmoothingScale)9);
        AssertRefused("Method must be Auto, LeafSpace, Probe or RowWise.", wrong => wrong.Method = (SmoothingMethod)9);

        static void AssertRefused(string message, Action<TreeSmoothingOptions> change)
        {
            TreeSmoothingOptions wrong = new();
            change(wrong);
            Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(wrong.Validate).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentOutOfRangeException>(() => Ml.Model.AnalyzeTreeSmoothing(Ml.Regression.Trainers.FastTree(numberOfTrees: 1).Fit(Train), Train, null, wrong));
        }
    }

    // A page that refers to nothing else, read as XML.
    private static XElement Saved(Action<string> save)
    {
        var path = Path.GetTempFileName();
        try
        {
            save(path);
            var text = File.ReadAllText(path);
            Assert.StartsWith("<!DOCTYPE html>", text, StringComparison.Ordinal);
            Assert.DoesNotContain("src=", text, StringComparison.Ordinal);
            Assert.DoesNotContain("href=", text, StringComparison.Ordinal);
            return XElement.Parse(text[text.IndexOf("<body>", StringComparison.Ordinal)..text.IndexOf("</html>", StringComparison.Ordinal)]);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
