using MLExtensions.Estimators.Optimization;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>A block that became part of the model, and what its outputs are multiplied by.</summary>
internal readonly record struct AcceptedBlock(NetworkBlock Block, double StepLength);

/// <summary>Rows that are only watched.</summary>
/// <param name="Rows">Their features.</param>
/// <param name="Loss">Their loss.</param>
/// <param name="Scores">Their raw scores F so far, n x K.</param>
internal sealed record WatchedRows(FeatureRows Rows, BoostingLoss Loss, double[] Scores);

/// <summary>Functional gradient descent, one block a step: fit it to the residuals, find its step length, add it.</summary>
/// <remarks>
/// Safeguards that the reference code lacks: a step that is not finite, not downhill or next to nothing is rejected, its length is capped, and it is halved
/// until the training loss does not rise.
/// </remarks>
internal sealed class Booster
{
    private const double SmallestSquare = 1e-24;
    private const double SmallestResidual = 1e-9;
    private const int MaximumHalvings = 10;

    private readonly BoostingLoss _loss;
    private readonly IBlockLearner _learner;
    private readonly GradientBoostedNeuralNetworkTrainer.Options _options;
    private readonly FixedBlocks _blocks;
    private readonly double[] _residuals;
    private readonly double[] _outputs;

    /// <summary>Starts from the given raw scores of the training rows, which it goes on to change.</summary>
    public Booster(BoostingLoss loss, double[] scores, IBlockLearner learner, GradientBoostedNeuralNetworkTrainer.Options options, FixedBlocks blocks)
    {
        (_loss, Scores, _learner, _options, _blocks) = (loss, scores, learner, options, blocks);
        (_residuals, _outputs) = (new double[scores.Length], new double[scores.Length]);
        TrainingLoss = MeanLoss(loss, scores);
    }

    /// <summary>Raw scores F of the training rows, n x K.</summary>
    public double[] Scores { get; }

    /// <summary>Mean loss of the training rows.</summary>
    public double TrainingLoss { get; private set; }

    /// <summary>The blocks so far.</summary>
    public List<AcceptedBlock> Blocks { get; } = [];

    /// <summary>The steps so far, rejected ones included.</summary>
    public List<GradientBoostedNeuralNetworkStep> Steps { get; } = [];

    /// <summary>The validation rows, or <see langword="null"/>.</summary>
    public WatchedRows? Validation { get; init; }

    /// <summary>Number of the first step, from 0: not 0 when an earlier model is gone on from.</summary>
    public int FirstStep { get; init; }

    /// <summary>Boosts until the steps are done or a stopping rule holds; with validation rows, the best prefix is what remains.</summary>
    /// <param name="steps">Number of steps.</param>
    /// <param name="report">Called after each step, which it may stop by throwing.</param>
    public void Run(int steps, Action<GradientBoostedNeuralNetworkStep> report)
    {
        BestPrefix best = new(_options.PatienceSteps, Validation is null ? null : MeanLoss(Validation.Loss, Validation.Scores));
        var rejected = 0;
        for (var t = 0; t < steps && rejected < _options.MaximumRejectedSteps && !best.IsOutOfPatience; t++)
        {
            if (!ComputeResiduals())
                break;
            var step = Advance(FirstStep + t);
            Steps.Add(step);
            rejected = step.Accepted ? 0 : rejected + 1;
            best.Note(Steps.Count, Blocks.Count, step.ValidationLoss);
            report(step);
        }
        if (Validation is null)
            return;
        Steps.RemoveRange(best.Steps, Steps.Count - best.Steps);
        Blocks.RemoveRange(best.Blocks, Blocks.Count - best.Blocks);
    }

    private GradientBoostedNeuralNetworkStep Advance(int t)
    {
        var block = _learner.Fit(t, _residuals, _outputs);
        var length = StepLength();
        if (length > 0)
        {
            VectorMath.AddScaled(Scores, _outputs, length);
            TrainingLoss = MeanLoss(_loss, Scores);
            Blocks.Add(new(block, length));
            AdvanceValidation(block, length);
        }
        return new(t + 1, length > 0, length, TrainingLoss, Validation is null ? null : MeanLoss(Validation.Loss, Validation.Scores));
    }

    private void AdvanceValidation(NetworkBlock block, double length)
    {
        if (Validation is null)
            return;
        var outputs = new double[Validation.Scores.Length];
        block.Evaluate(Validation.Rows, _blocks, outputs);
        VectorMath.AddScaled(Validation.Scores, outputs, length);
    }

    // False when nothing is left to learn.
    private bool ComputeResiduals()
    {
        _blocks.Run(_loss.RowCount, Work, (_, first, end) => _loss.Residuals(first, end, Scores, _residuals));
        return VectorMath.MaxAbs(_residuals) >= SmallestResidual;
    }

    // eta * rho, where rho is sum w r h / curvature unless the loss knows better; capped and halved until the loss does not rise; 0 when the block is rejected.
    private double StepLength()
    {
        var square = Sum((first, end) => WeightedProduct(first, end, _outputs, _outputs));
        var rho = _loss.ExactStep(Scores, _outputs) ?? NewtonStep();
        if (!double.IsFinite(rho) || rho <= 0 || !(square >= SmallestSquare))
            return 0;
        var length = _options.LearningRate * Math.Min(rho, _loss.Cap(_options.StepCap) / VectorMath.MaxAbs(_outputs));
        for (var halvings = 0; halvings <= MaximumHalvings; halvings++, length /= 2)
        {
            var loss = Sum((first, end) => _loss.LossAlong(first, end, Scores, _outputs, length)) / _loss.TotalWeight;
            if (loss <= TrainingLoss)
                return length;
        }
        return 0;
    }

    private double NewtonStep()
    {
        var slope = Sum((first, end) => WeightedProduct(first, end, _residuals, _outputs));
        return slope / Sum((first, end) => _loss.Curvature(first, end, Scores, _residuals, _outputs));
    }

    private double WeightedProduct(int first, int end, double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = first; i < end; i++)
        {
            for (var k = i * _loss.OutputCount; k < (i + 1) * _loss.OutputCount; k++)
                sum += _loss.Weights[i] * a[k] * b[k];
        }
        return sum;
    }

    private double MeanLoss(BoostingLoss loss, double[] scores)
        => _blocks.Sum(loss.RowCount, Work, (first, end) => loss.Loss(first, end, scores)) / loss.TotalWeight;

    private double Sum(Func<int, int, double> function) => _blocks.Sum(_loss.RowCount, Work, function);

    private long Work => 10 * _loss.OutputCount;
}
