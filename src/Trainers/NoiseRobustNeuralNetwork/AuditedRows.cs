using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <summary>A view with what an audit of its labels has found.</summary>
internal static class AuditedRows
{
    /// <summary>Fits the trainer to the view, and adds both columns.</summary>
    public static IDataView Create(IDataView input, NoiseRobustNeuralNetworkTrainer trainer, string suggestedLabel, string suspicion)
    {
        using var fitted = new Fitted(trainer.Fit(input));
        var label = input.Schema[trainer.LabelColumnName];
        // Keys count from 1.
        return trainer.Task == PredictionTask.BinaryClassification
            ? Create<bool>(input, fitted, label, k => k == 1, suggestedLabel, suspicion)
            : Create(input, fitted, label, k => (uint)k + 1, suggestedLabel, suspicion);
    }

    private static AppendedColumnsView Create<TLabel>(IDataView input, Fitted fitted, DataViewSchema.Column label, Func<int, TLabel> toLabel, string suggestedLabel, string suspicion)
    {
        // Rows that training has skipped keep what the fitted network says of them.
        var suggestions = fitted.Predict<TLabel>(input);
        var scores = new float[suggestions.Length];
        Array.Fill(scores, float.NaN);
        foreach (var found in fitted.Suspicions)
            (suggestions[found.Row], scores[found.Row]) = (toLabel(found.SuggestedClass), (float)found.Score);
        return new(
            input,
            new AppendedColumn<TLabel>(suggestedLabel, label.Type, suggestions) { Annotations = label.Annotations },
            new AppendedColumn<float>(suspicion, NumberDataViewType.Single, scores));
    }

    // The transformer holds a session of ONNX Runtime, which is not needed once everything is predicted.
    private sealed class Fitted(PredictionTransformer<NoiseRobustNeuralNetworkModelParameters> transformer) : IDisposable
    {
        public IReadOnlyList<LabelSuspicion> Suspicions => transformer.Model.SuspiciousLabels;

        public TLabel[] Predict<TLabel>(IDataView input) => [.. transformer.Transform(input).GetColumn<TLabel>("PredictedLabel")];

        public void Dispose() => (transformer as IDisposable)?.Dispose();
    }
}
