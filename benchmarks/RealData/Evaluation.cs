using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Benchmarks;

/// <summary>How well a trainer predicts the test rows of a table, by ML.NET's own evaluators, and how long it takes.</summary>
/// <param name="Accuracy">Share of test rows with the right class; <see langword="null"/> for regression.</param>
/// <param name="AreaUnderCurve">Area under the ROC curve; binary only.</param>
/// <param name="LogLoss">Mean of -ln p of the true class, in nats; classification only.</param>
/// <param name="MacroF1">Mean F1 of the classes, a class that is never predicted counting 0; classification only.</param>
/// <param name="RootMeanSquaredError">In the units of the label; regression only.</param>
/// <param name="FitSeconds">Seconds to train, from prepared rows in memory.</param>
/// <param name="ScoreSeconds">Seconds to score the test rows once, the faster of two passes.</param>
internal sealed record Evaluation(
    double? Accuracy, double? AreaUnderCurve, double? LogLoss, double? MacroF1, double? RootMeanSquaredError, double FitSeconds, double ScoreSeconds)
{
    /// <summary>Trains on the training rows, scores the test rows and compares with their true labels.</summary>
    public static Evaluation Of(MLContext ml, RealTable table, IEstimator<ITransformer> trainer)
    {
        var start = Stopwatch.GetTimestamp();
        var model = trainer.Fit(table.Train);
        var fitSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        using (model as IDisposable)
            return Of(ml, table, model) with { FitSeconds = fitSeconds };
    }

    /// <summary>The same for a model that is already trained; its training time is 0.</summary>
    public static Evaluation Of(MLContext ml, RealTable table, ITransformer model)
    {
        var scored = model.Transform(table.Test);
        var scoreSeconds = Math.Min(SecondsToRead(scored), SecondsToRead(scored));
        return table.Description.PredictionTask switch
        {
            PredictionTask.Regression => new(null, null, null, null, ml.Regression.Evaluate(scored).RootMeanSquaredError, 0, scoreSeconds),
            PredictionTask.BinaryClassification => Binary(ml.BinaryClassification.Evaluate(scored), scoreSeconds),
            _ => Multiclass(ml.MulticlassClassification.Evaluate(scored), scoreSeconds),
        };
    }

    // ML.NET's binary log-loss is in bits.
    private static Evaluation Binary(CalibratedBinaryClassificationMetrics metrics, double scoreSeconds)
        => new(metrics.Accuracy, metrics.AreaUnderRocCurve, metrics.LogLoss * Math.Log(2), MacroF1Of(metrics.ConfusionMatrix), null, 0, scoreSeconds);

    private static Evaluation Multiclass(MulticlassClassificationMetrics metrics, double scoreSeconds)
        => new(metrics.MicroAccuracy, null, metrics.LogLoss, MacroF1Of(metrics.ConfusionMatrix), null, 0, scoreSeconds);

    private static double MacroF1Of(ConfusionMatrix matrix) => matrix.PerClassPrecision
        .Zip(matrix.PerClassRecall, (precision, recall) => precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0).Average();

    private static double SecondsToRead(IDataView scored)
    {
        var start = Stopwatch.GetTimestamp();
        if (scored.Schema["Score"].Type is VectorDataViewType)
            Rows.Read(scored, "Score");
        else
            Rows.ReadScalar<float>(scored, "Score");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
