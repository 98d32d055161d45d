using System.Globalization;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>From rows to a network: prepares features and target, boosts, and puts the blocks together.</summary>
internal sealed class NetworkGrowth(PredictionTask task, GradientBoostedNeuralNetworkTrainer.Options options, int outputs, TrainingContext context)
{
    private readonly FixedBlocks _blocks = new(options.NumberOfThreads ?? Environment.ProcessorCount);

    /// <summary>Grows a network from scratch or from an earlier model.</summary>
    public GradientBoostedNeuralNetworkModelParameters Grow(RowBlock training, RowBlock? validation, GradientBoostedNeuralNetworkModelParameters? startFrom)
    {
        var replacements = Replacements(training, startFrom);
        var rows = FeatureRows.From(training, replacements);
        var weights = WeightsOf(training);
        var scale = OutputScale.Of(task, options, training, weights);
        var loss = scale.Loss(task, options, training, weights, outputs);

        // Boosting goes on from the boosted weights: those of a polish belong to the old units alone.
        var start = startFrom is not null
            ? startFrom.Parts() with { Polished = null }
            : NetworkParts.Constant(rows.FeatureCount, options.Activation, scale.ToOutputs(loss.Start()), [.. replacements.Select(value => (double)value)]);
        var model = new GradientBoostedNeuralNetworkModelParameters(start with { Activation = options.Activation }, options);
        if (scale.Factor == 0)
        {
            context.Warn($"All targets are {training.Targets[0].ToString(CultureInfo.InvariantCulture)}: there is nothing to learn, and the model {(startFrom is null ? "has no units" : "stays as it was")}.");
            return startFrom ?? model;
        }

        BlockShape shape = new(rows.FeatureCount, options.UnitsPerStep, outputs);
        BlockLearner learner = new(rows, Standardization.Of(rows, weights), weights, shape, options, context.Seed, _blocks);
        Booster booster = new(loss, scale.ToScores(model.RawScores(rows, _blocks)), learner, options, _blocks)
        {
            Validation = validation is null ? null : Watch(validation, replacements, scale, model),
            FirstStep = model.Steps.Count,
        };
        Run(booster, scale);
        var steps = booster.Steps.Select(step => InUserUnits(step, scale));
        var grown = model.Parts().Append(booster.Blocks, scale.Factor, steps);
        return new(options.PolishOutputWeights && grown.UnitCount > 0 ? Polish(grown, rows, loss, scale) : grown, options);
    }

    private NetworkParts Polish(NetworkParts network, FeatureRows rows, BoostingLoss loss, OutputScale scale)
    {
        context.ThrowIfCanceled();
        GradientBoostedNeuralNetworkModelParameters model = new(network, options);
        double[] start = [.. network.OutputWeights.Select(weight => weight / scale.Factor), .. scale.ToScores(network.EffectiveBiases)];
        OutputPolish polish = new(loss, model.Block().Activate(rows, _blocks), start, options.PolishPenalty, _blocks);
        var found = polish.Minimize();
        double[] weights = [.. found[..^outputs].Select(weight => scale.Factor * weight)];
        var polished = network with { Polished = new(weights, scale.ToOutputs(found[^outputs..]), 0) };

        var scores = scale.ToScores(new GradientBoostedNeuralNetworkModelParameters(polished, options).RawScores(rows, _blocks));
        var trainingLoss = scale.LossFactor * loss.Loss(0, rows.Count, scores) / loss.TotalWeight;
        context.Info($"Polished the output weights of {network.UnitCount} units: training loss {trainingLoss.ToString("G6", CultureInfo.InvariantCulture)}.");
        return network with { Polished = polished.Polished with { TrainingLoss = trainingLoss } };
    }

    private void Run(Booster booster, OutputScale scale)
    {
        var count = options.NumberOfUnits / options.UnitsPerStep;
        if (count * options.UnitsPerStep < options.NumberOfUnits)
            context.Info($"{count} steps of {options.UnitsPerStep} units make {count * options.UnitsPerStep} units; {options.NumberOfUnits} were asked for.");
        using var progress = booster.Validation is null
            ? context.StartProgress("step", "training loss")
            : context.StartProgress("step", "training loss", "validation loss");
        booster.Run(count, step =>
        {
            context.ThrowIfCanceled();
            ReadOnlySpan<double> losses = [scale.LossFactor * step.TrainingLoss, scale.LossFactor * (step.ValidationLoss ?? 0)];
            progress.Report(step.Number, booster.FirstStep + count, losses[..(step.ValidationLoss is null ? 1 : 2)]);
            progress.Checkpoint();
        });
        context.Info($"Kept {booster.Blocks.Count} of {booster.Steps.Count} steps.");
    }

    private WatchedRows Watch(RowBlock block, float[] replacements, OutputScale scale, GradientBoostedNeuralNetworkModelParameters model)
    {
        var rows = FeatureRows.From(block, replacements);
        return new(rows, scale.Loss(task, options, block, WeightsOf(block), outputs), scale.ToScores(model.RawScores(rows, _blocks)));
    }

    // A model that is gone on from keeps its own replacements: its units were trained with them.
    private float[] Replacements(RowBlock training, GradientBoostedNeuralNetworkModelParameters? startFrom)
    {
        if (options.MissingValues != MissingValueRule.Mean)
            return [];
        return startFrom is { Replacements.Length: > 0 } ? [.. startFrom.Replacements.ToArray().Select(value => (float)value)] : MissingFeatures.Means(training);
    }

    private static GradientBoostedNeuralNetworkStep InUserUnits(GradientBoostedNeuralNetworkStep step, OutputScale scale)
        => step with { TrainingLoss = scale.LossFactor * step.TrainingLoss, ValidationLoss = scale.LossFactor * step.ValidationLoss };

    private static double[] WeightsOf(RowBlock rows)
    {
        var weights = new double[rows.Count];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = rows.Weights.IsEmpty ? 1 : rows.Weights[i];
        return weights;
    }
}
