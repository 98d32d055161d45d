using System.Globalization;
using MLExtensions.Estimators.Reports;

namespace MLExtensions.Transforms;

/// <summary>A model and its report.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Report">Its report.</param>
public sealed record NamedSmoothingReport(string Name, TreeSmoothingReport Report);

/// <summary>How several tree ensembles that were trained on the same table smooth its labels: one table.</summary>
public sealed class TreeSmoothingComparison
{
    private const string DifferentRows = "The models used different numbers of training rows: compare effective parameters per row (p / n), not the parameters.";

    internal TreeSmoothingComparison(IReadOnlyList<NamedSmoothingReport> reports) => Reports = reports;

    /// <summary>The reports, in the order of the models.</summary>
    public IReadOnlyList<NamedSmoothingReport> Reports { get; }

    // Trainers leave out different rows, those with missing values for example; then only parameters per row can be compared.
    private bool RowsDiffer => Reports.Any(named => named.Report.TrainRowCount != Reports[0].Report.TrainRowCount);

    private string[] Headers =>
    [
        "Model", "Scale", "Rows", "Trees", "Leaves", "Parameters, train", "Parameters, query", "Gap", .. RowsDiffer ? (string[])["p / n, train", "p / n, query"] : [],
        "Trace", "Row sums", "Exactness", "Error", "Method",
    ];

    /// <summary>The table as text.</summary>
    public override string ToString()
    {
        string[][] rows = [Headers, .. Reports.Select(Row)];
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        var lines = rows.Select(row => string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
        return string.Concat((RowsDiffer ? lines.Append(DifferentRows) : lines).Select(line => line + Environment.NewLine));
    }

    /// <summary>Writes the table as one self-contained HTML page with plots.</summary>
    /// <param name="path">The file to write.</param>
    public void SaveAsHtml(string path)
    {
        var page = new HtmlPage("Tree smoothing: comparison")
            .Paragraph($"{Reports.Count} models of {TrainingRows()} training rows{(Reports[0].Report.QueryRowCount is { } query ? $" and {query} query rows" : "")}.{(RowsDiffer ? $" {DifferentRows}" : "")}")
            .Table(Headers, Reports.Select(Row));
        if (Reports.All(named => named.Report.EffectiveParametersQuery is not null))
            page.Figure(ParametersChart(), "The further below the diagonal, the more a model smooths new rows than its own.");
        if (Reports.All(named => named.Report.CurveOverTrees.Count > 1))
            page.Figure(CurveChart(), "Effective parameters after each tree.");
        page.Save(path);
    }

    private string TrainingRows()
    {
        var counts = Reports.Select(named => named.Report.TrainRowCount);
        return RowsDiffer ? $"{counts.Min()} to {counts.Max()}" : $"{counts.First()}";
    }

    private SvgChart ParametersChart()
    {
        var chart = new SvgChart("effective parameters, training rows", "effective parameters, query rows") { LogX = true, LogY = true };
        foreach (var (name, report) in Reports)
            chart.Points(name, [(report.EffectiveParametersTrain, report.EffectiveParametersQuery!.Value)]);
        double[] ends = [.. Reports.SelectMany(named => new[] { named.Report.EffectiveParametersTrain, named.Report.EffectiveParametersQuery!.Value }).Where(value => value > 0)];
        return ends.Length == 0 ? chart : chart.Line("as many for both", [(ends.Min(), ends.Min()), (ends.Max(), ends.Max())]);
    }

    private SvgChart CurveChart()
    {
        var chart = new SvgChart("trees", $"effective parameters, {(Reports[0].Report.QueryRowCount is null ? "training" : "query")} rows");
        foreach (var (name, report) in Reports)
            chart.Line(name, report.CurveOverTrees.Select(point => ((double)point.Trees, point.Query ?? point.Train)));
        return chart;
    }

    private string[] Row(NamedSmoothingReport named)
    {
        var report = named.Report;
        return
        [
            named.Name, report.ScaleName, report.TrainRowCount.ToString(CultureInfo.InvariantCulture), ChartAxis.Text(report.TreeCount), ChartAxis.Text(report.LeafCount), ChartAxis.Text(report.EffectiveParametersTrain),
            report.EffectiveParametersQuery is { } query ? ChartAxis.Text(query) : "", report.EffectiveParametersQuery is { } other ? ChartAxis.Text(report.EffectiveParametersTrain - other) : "",
            .. RowsDiffer ? (string[])[PerRow(report.EffectiveParametersTrain, report), report.EffectiveParametersQuery is { } queried ? PerRow(queried, report) : ""] : [],
            ChartAxis.Text(report.Trace), $"{ChartAxis.Text(report.RowSums.Minimum)} to {ChartAxis.Text(report.RowSums.Maximum)}", report.Exactness.ToString(), ChartAxis.Text(report.MaxRelativeError),
            report.Method.ToString(),
        ];
    }

    private static string PerRow(double parameters, TreeSmoothingReport report) => ChartAxis.Text(parameters / report.TrainRowCount);
}
