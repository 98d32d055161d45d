using System.Globalization;
using Microsoft.ML;
using MLExtensions.Estimators.Reports;
using MLExtensions.Transforms;

namespace Quickstart;

/// <summary>Second stop: features that are learned from the rows without their labels.</summary>
internal sealed class LearnedFeatures(MLContext ml, Preparation prepared, TourSettings settings, Steps steps)
{
    /// <summary>Adds the columns Embedding and Both, which are the prepared features and the embedding.</summary>
    public ITransformer Fit(HtmlPage report)
    {
        TJepaFeaturizer.Options options = new() { Output = TJepaOutput.MeanAndReg, Epochs = settings.PretrainingEpochs };
        var rows = ml.Data.TakeRows(prepared.Train, settings.PretrainingRows);
        var encoder = steps.Run("learning features without labels (T-JEPA)", () => ml.Transforms.TJepa("Embedding", prepared.EncoderColumns, options).Fit(rows));
        var last = encoder.Model.History[^1];
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{encoder.Model.Columns.Count} columns, {encoder.Model.History.Count} epochs: the error of predicted columns is {last.NormalizedLoss:0.00} of their variance{(last.NormalizedLoss < 1 ? "" : ", so that it has learned too little yet")}, {(last.IsHealthy ? "no collapse" : "the encoder has collapsed")}.");
        Console.WriteLine(text);
        report.Heading("Features without labels").Paragraph(text)
            .Figure(new SvgChart("epoch", "error over variance").Line("", encoder.Model.History.Select(epoch => ((double)epoch.Number, epoch.NormalizedLoss))), "Below 1 the encoder predicts hidden columns better than their mean.");
        var scaled = ml.Transforms.NormalizeMeanVariance("Embedding", fixZero: false).Append(ml.Transforms.Concatenate("Both", "Features", "Embedding")).Fit(encoder.Transform(prepared.Train));
        return new Microsoft.ML.Data.TransformerChain<ITransformer>(encoder, scaled);
    }
}
