using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Reports;
using MLExtensions.Transforms;

namespace Quickstart;

/// <summary>Fourth stop: how complex is a forest really, and which rows do its predictions rest on?</summary>
internal sealed class Smoothing(MLContext ml, TourData data, Preparation prepared, Steps steps)
{
    public void Run(HtmlPage report)
    {
        var label = data.Task == TourTask.Multiclass ? TourData.LargestClass : "Label";
        ITransformer forest = steps.Run("growing a forest", () => data.Task == TourTask.Regression
            ? (ITransformer)ml.Regression.Trainers.FastForest(labelColumnName: label).Fit(prepared.Train)
            : ml.BinaryClassification.Trainers.FastForest(labelColumnName: label).Fit(prepared.Train));
        var analysis = steps.Run("effective parameters of the forest", () => ml.Model.AnalyzeTreeSmoothing(forest, prepared.Train, prepared.Test, new TreeSmoothingOptions { LabelColumnName = label }));
        var neighbours = analysis.QueryLeverage.Select(leverage => 1 / leverage).Order().ToArray();
        var text = string.Create(CultureInfo.InvariantCulture,
            $"The forest has {analysis.LeafCount:N0} leaves, but smooths as if it had {analysis.EffectiveParametersTrain:N1} parameters on its training rows and {analysis.EffectiveParametersQuery:N1} on the test rows. {Support(neighbours)}");
        Console.WriteLine(text);
        report.Heading("How much does a forest smooth?").Paragraph(text)
            .Figure(new SvgChart("trees", "effective parameters").Line("training rows", Curve(analysis, point => point.Train)).Line("test rows", Curve(analysis, point => point.Query)),
                "The further the line of the test rows lies below the other, the smoother the model is on new rows than on those it has seen.");
    }

    private static string Support(double[] neighbours) => string.Create(CultureInfo.InvariantCulture,
        $"A prediction is like the mean of {neighbours[neighbours.Length / 2]:N0} known rows; the one in a hundred with the least support rests on {neighbours[neighbours.Length / 100]:N0}.");

    private static IEnumerable<(double, double)> Curve(TreeSmoothingReport analysis, Func<SmoothingCurvePoint, double?> value)
        => analysis.CurveOverTrees.Where(point => value(point) is not null).Select(point => ((double)point.Trees, value(point)!.Value));
}
