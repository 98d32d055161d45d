using System.Numerics.Tensors;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <content>Single rows, for prediction engines: the graph's arithmetic in the same precision.</content>
public sealed partial class GradientBoostedNeuralNetworkModelParameters
{
    // A call of ONNX Runtime takes microseconds, and it multiplies large matrices with all cores.
    private const long LargestRowWork = 100_000;

    /// <inheritdoc/>
    public override RowScorer? CreateRowScorer(PredictionTask task)
    {
        if ((long)UnitCount * (FeatureCount + OutputCount) > LargestRowWork)
            return null;
        var (x, hidden, outputs) = (new double[FeatureCount], new double[UnitCount], new double[OutputCount]);
        return (features, scores) =>
        {
            ReadFeatures(features, x);
            for (var unit = 0; unit < hidden.Length; unit++)
                hidden[unit] = HiddenBiases[unit] + TensorPrimitives.Dot<double>(x, HiddenWeights.Slice(unit * x.Length, x.Length));
            if (hidden.Length > 0)
                Activations.Apply(Activation, hidden);
            Combine(hidden, outputs);
            WriteScores(task, outputs, scores);
        };
    }

    private void ReadFeatures(ReadOnlySpan<float> features, double[] x)
    {
        for (var j = 0; j < x.Length; j++)
        {
            var isReplaced = float.IsNaN(features[j]) && _parts.Replacements.Length > 0;
            x[j] = isReplaced ? _parts.Replacements[j] : Math.Clamp(features[j], -LargestFeature, LargestFeature);
        }
    }

    private void Combine(ReadOnlySpan<double> hidden, Span<double> outputs)
    {
        OutputBiases.CopyTo(outputs);
        if (outputs.Length == 1)
        {
            outputs[0] += TensorPrimitives.Dot(hidden, OutputWeights);
            return;
        }
        for (var unit = 0; unit < hidden.Length; unit++)
            TensorPrimitives.MultiplyAdd(OutputWeights.Slice(unit * outputs.Length, outputs.Length), hidden[unit], outputs, outputs);
    }

    private void WriteScores(PredictionTask task, Span<double> outputs, Span<float> scores)
    {
        if (task == PredictionTask.MulticlassClassification)
        {
            TensorPrimitives.SoftMax<double>(Centred(outputs), outputs);
            TensorPrimitives.ConvertTruncating<double, float>(outputs, scores);
        }
        else if (task == PredictionTask.Regression && Loss == RegressionLoss.Poisson)
        {
            scores[0] = (float)Math.Exp(Math.Clamp(outputs[0], -LargestLogMean, LargestLogMean));
        }
        else
        {
            scores[0] = (float)(Activation == HiddenActivation.Relu ? Math.Clamp(outputs[0], -LargestScore, LargestScore) : outputs[0]);
        }
    }

    // Without overflow of the exponentials.
    private static Span<double> Centred(Span<double> outputs)
    {
        TensorPrimitives.Subtract(outputs, TensorPrimitives.Max<double>(outputs), outputs);
        return outputs;
    }
}
