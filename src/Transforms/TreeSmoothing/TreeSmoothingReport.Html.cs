using System.Globalization;
using MLExtensions.Estimators.Reports;

namespace MLExtensions.Transforms;

/// <content>The report as a page.</content>
public sealed partial class TreeSmoothingReport
{
    private const int RowsShown = 10;
    private const int ContributionsShown = 3;

    /// <summary>Name of the trainer, for titles.</summary>
    internal string TrainerName => _smoother.Model.Trainer switch
    {
        TreeTrainer.FastForestRegression => "FastForest, regression",
        TreeTrainer.FastForestBinary => "FastForest, binary classification",
        TreeTrainer.FastTreeRegression => "FastTree, regression",
        TreeTrainer.FastTreeBinary => "FastTree, binary classification",
        TreeTrainer.LightGbmRegression => "LightGBM, regression",
        _ => "LightGBM, binary classification",
    };

    /// <summary>Writes the report as one self-contained HTML page with its figures, the curve over trees, the leverage of rows, and the rows that are supported least.</summary>
    /// <param name="path">The file to write.</param>
    public void SaveAsHtml(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var page = new HtmlPage($"Tree smoothing: {TrainerName}")
            .Paragraph($"{TreeCount} trees with {LeafCount} leaves, trained on {TrainRowCount} rows. {ExactnessText()}")
            .Table(["Figure", "Value", "What it says"], Figures());
        if (CurveOverTrees.Count > 1)
            page.Heading("Effective parameters over the number of trees").Figure(CurveChart(), "Where the query curve levels off, more trees no longer change how new rows are smoothed.");
        page.Heading("Leverage of rows").Figure(LeverageChart(), "Rows far to the right are supported by few training rows: what the model says there is an extrapolation.");
        if (QueryRowCount is not null)
            page.Heading("Query rows that are supported least").Table(["Query row", "Leverage", "1 / leverage", $"{ContributionsShown} largest weights (training row: weight)"], LeastSupported());
        page.Save(path);
    }

    /// <summary>What the weights add up to, for readers.</summary>
    internal string ScaleName => (_smoother.Model.Trainer, Scale) switch
    {
        (TreeTrainer.FastForestRegression or TreeTrainer.FastTreeRegression or TreeTrainer.LightGbmRegression, _) => "score",
        (TreeTrainer.FastForestBinary, SmoothingScale.Prediction) => "mean vote",
        (TreeTrainer.FastForestBinary, _) => "sum of votes",
        (_, SmoothingScale.Prediction) => "probability",
        _ => "raw score",
    };

    // How to read figures on that scale.
    private string ScaleText() => ScaleName switch
    {
        "score" => "Weights are those of the labels in the predicted value",
        "mean vote" => "Weights are those of the labels, 1 and -1, in the mean of the trees' votes",
        "sum of votes" => "Weights are those of the labels, 1 and -1, in the sum of the trees' votes: figures grow with the number of trees",
        "probability" => "Weights are by how much the probability of the positive class moves with a label, 1 or 0",
        _ => "Weights are by how much the raw score, log-odds times a factor, moves with a label, 1 or 0: figures have no upper limit",
    };

    private string RowSumText() => ScaleName switch
    {
        "score" or "mean vote" => "1 for means of labels, less for boosting from zero",
        "sum of votes" => "The number of trees",
        _ => $"By how much the {ScaleName} moves if all labels move by 1",
    };

    private string ExactnessText() => Exactness switch
    {
        SmoothingExactness.Exact => $"The leaf values of the model were reproduced from the training table to {ChartAxis.Text(MaxRelativeError)}: the figures are exact.",
        SmoothingExactness.Linearized => $"The model was reproduced; a {ScaleName} is not linear in the labels, so these are the figures of its derivatives by the labels, which are 1 and 0 (linearised).",
        _ => $"The leaf values of the model were not reproduced (largest relative error {ChartAxis.Text(MaxRelativeError)}): the figures are approximate.",
    };

    private IEnumerable<string[]> Figures()
    {
        yield return ["Scale", ScaleName, ScaleText()];
        yield return ["Effective parameters, training rows", WithError(EffectiveParametersTrain, StandardErrorTrain), "As many as a linear model with the same variance has"];
        if (EffectiveParametersQuery is { } query)
        {
            yield return ["Effective parameters, query rows", WithError(query, StandardErrorQuery ?? 0), "The same for rows that the model has not seen"];
            yield return ["Gap", ChartAxis.Text(EffectiveParametersTrain - query), "How much more new rows are smoothed than the model's own"];
        }
        yield return ["Trace", WithError(Trace, StandardErrorTrace), $"Sum of the weights of each training row in its own {ScaleName}"];
        yield return ["Sums of weights", $"{ChartAxis.Text(RowSums.Minimum)} to {ChartAxis.Text(RowSums.Maximum)}", RowSumText()];
        if (NoiseVariance is { } variance)
            yield return ["Mean variance of predictions", ChartAxis.Text(variance * (EffectiveParametersQuery ?? EffectiveParametersTrain) / TrainRowCount), "From the noise of the training labels"];
        yield return ["Method", Method.ToString(), "How the figures were computed"];
    }

    private SvgChart CurveChart()
    {
        var chart = new SvgChart("trees", "effective parameters").Line("training rows", CurveOverTrees.Select(point => ((double)point.Trees, point.Train)));
        return QueryRowCount is null ? chart : chart.Line("query rows", CurveOverTrees.Select(point => ((double)point.Trees, point.Query!.Value)));
    }

    private SvgChart LeverageChart()
    {
        var chart = new SvgChart("leverage", "share of rows") { LogX = true }.Histogram("training rows", TrainLeverage);
        return QueryRowCount is null ? chart : chart.Histogram("query rows", QueryLeverage);
    }

    private IEnumerable<string[]> LeastSupported()
    {
        var rows = Enumerable.Range(0, QueryLeverage.Count).OrderByDescending(row => QueryLeverage[row]).Take(RowsShown);
        return rows.Select(row => (string[])
        [
            row.ToString(CultureInfo.InvariantCulture), ChartAxis.Text(QueryLeverage[row]), ChartAxis.Text(1 / QueryLeverage[row]),
            string.Join(", ", GetTopRows(row, ContributionsShown).Select(top => $"{top.Row.ToString(CultureInfo.InvariantCulture)}: {ChartAxis.Text(top.Weight)}")),
        ]);
    }

    private static string WithError(double value, double error) => error > 0 ? $"{ChartAxis.Text(value)} ± {ChartAxis.Text(error)}" : ChartAxis.Text(value);
}
