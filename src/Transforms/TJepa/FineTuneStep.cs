using MLExtensions.Estimators.Torch;
using MLExtensions.Trainers;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Transforms;

/// <summary>Trains a linear model of the pooled tokens to predict a label and, at a tenth of its learning rate, the encoder behind it.</summary>
internal sealed class FineTuneStep : TrainingStep
{
    private const double EncoderShare = 0.1;
    private const long RowsPerEvaluation = 4096;

    private readonly ColumnEncoder _encoder;
    private readonly LinearLayer _head;
    private readonly Func<Tensor, Tensor> _pool;
    private readonly bool _classifies;

    private FineTuneStep(ColumnEncoder encoder, LinearLayer head, Func<Tensor, Tensor> pool, bool classifies, TrainingSettings settings)
    {
        (_encoder, _head, _pool, _classifies) = (encoder, head, pool, classifies);
        Networks = [new(encoder, settings), new(head, settings)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TrainableNetwork> Networks { get; }

    /// <summary>Puts a head of zeros on an encoder, which is disposed with the step.</summary>
    /// <param name="encoder">The pre-trained encoder.</param>
    /// <param name="output">What the head sees of the tokens.</param>
    /// <param name="outputs">Number of classes, or 1 for a regression.</param>
    /// <param name="options">The options.</param>
    /// <param name="fit">Device.</param>
    public static FineTuneStep Create(ColumnEncoder encoder, TJepaOutput output, int outputs, TJepaFeaturizer.Options options, TorchFit fit)
    {
        Tensor Pool(Tensor tokens) => TokenPooling.Apply(tokens, output, options.RegTokens);
        var width = encoder.Layout.TokenCount * options.HiddenSize;
        var size = output.WithoutRaw() switch
        {
            TJepaOutput.Flatten => width,
            TJepaOutput.MeanAndReg => 2 * options.HiddenSize,
            _ => options.HiddenSize,
        };
        LinearLayer head = new(size, outputs, weights => zeros_like(weights));
        head.to(fit.Device);
        return new(encoder, head, Pool, outputs > 1, SettingsOf(options, epochs: 1));
    }

    /// <summary>How the loop trains.</summary>
    /// <param name="options">Learning rate, decay and clipping.</param>
    /// <param name="epochs">Largest number of epochs.</param>
    public static TrainingSettings SettingsOf(TJepaFeaturizer.Options options, int epochs) => new()
    {
        Epochs = epochs,
        BatchSize = options.BatchSize,
        LearningRate = options.LearningRate,
        WeightDecay = options.WeightDecay,
        MaximumGradientNorm = options.MaximumGradientNorm,
        ValidationMetric = ValidationMetric.Loss,
        PatienceEpochs = 10,
    };

    /// <summary>The tokens of the columns of rows, up to 1,024 of them, [n, D, h].</summary>
    public static Tensor ColumnsOf(ColumnEncoder encoder, TrainingTable table)
    {
        using var noGradient = no_grad();
        encoder.eval();
        var rows = table.Slice(0, Math.Min(1024, table.Count));
        return encoder.forward(rows.Features, rows.Categories).narrow(1, encoder.Layout.SummaryTokens, encoder.Layout.ColumnCount);
    }

    /// <inheritdoc/>
    public override double Train(Batch batch, double learningRate)
    {
        foreach (var network in Networks)
            network.Parameters.ZeroGradients();
        Networks[0].SetLearningRate(EncoderShare * learningRate);
        var loss = Losses(Outputs(batch), batch).mean();
        loss.backward();
        using var noGradient = no_grad();
        foreach (var network in Networks)
            network.Step();
        return loss.item<float>();
    }

    /// <inheritdoc/>
    public override ValidationScore Validate(TrainingTable table)
    {
        using var noGradient = no_grad();
        _encoder.eval();
        double loss = 0, correct = 0;
        for (var first = 0L; first < table.Count; first += RowsPerEvaluation)
        {
            using var scope = NewDisposeScope();
            var batch = table.Slice(first, Math.Min(RowsPerEvaluation, table.Count - first));
            var outputs = Outputs(batch);
            loss += Losses(outputs, batch).sum().item<float>();
            correct += _classifies ? outputs.argmax(1).eq(batch.Labels!).sum().item<long>() : 0;
        }
        return new(loss / table.Count, _classifies ? correct / table.Count : null);
    }

    private Tensor Outputs(Batch batch) => _head.forward(_pool(_encoder.forward(batch.Features, batch.Categories)));

    private Tensor Losses(Tensor outputs, Batch batch)
    {
        if (_classifies)
            return F.cross_entropy(outputs, batch.Labels!, reduction: nn.Reduction.None);
        var errors = outputs.squeeze(1).sub(batch.Labels!);
        return errors * errors;
    }
}
