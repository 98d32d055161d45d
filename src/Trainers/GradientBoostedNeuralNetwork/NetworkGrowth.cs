using System.Globalization;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>From rows to a network: prepares features and target, boosts, and puts the blocks together.</summary>
internal sealed class NetworkGrowth(PredictionTask task, GradientBoostedNeuralNetworkTrainer.Options options, int outputs, TrainingContext context, FixedBlocks blocks)
{
    /// <summary>Grows a network from scratch or from an earlier model.</summary>
    public GradientBoostedNeuralNetworkModelParameters Grow(RowBlock training, RowBlock? validation, GradientBoostedNeuralNetworkModelParameters? startFrom)
    {
        var replacements = Replacements(training, startFrom);
        var rows = FeatureRows.From(training, replacements);
        var weights = WeightsOf(training);
        var scale = OutputScale.Of(task, options, training, weights);
        var loss = scale.Loss(task, options, training, weights, outputs);

        var constant = scale.ToOutputs(loss.Start());
        var start = startFrom?.Parts() ?? NetworkParts.Constant(task, rows.FeatureCount, options.Activation, constant);
        start = start with { Activation = options.Activation, Replacements = Array.ConvertAll(replacements, value => (double)value) };
        if (scale.Factor == 0)
        {
            context.Warn($"All targets are {training.Targets[0].ToString(CultureInfo.InvariantCulture)}: there is nothing to learn, and the model {(startFrom is null ? "has no units" : "stays as it was")}.");
            return new(start, options);
        }
        // Boosting goes on from the boosted weights: those of a polish belong to the old units alone.
        start = start with { Polished = null, PrefixBiases = IsNothing(start) ? constant : start.PrefixBiases };
        GradientBoostedNeuralNetworkModelParameters model = new(start, options);

        BlockShape shape = new(rows.FeatureCount, options.UnitsPerStep, outputs);
        BlockLearner learner = new(rows, Standardization.Of(rows, weights), weights, shape, options, context.Seed, blocks);
        Booster booster = new(loss, scale.ToScores(model.RawScores(rows, blocks)), learner, options, blocks)
        {
            Validation = validation is null ? null : Watch(validation, replacements, scale, model),
            FirstStep = model.Steps.Count,
        };
        Run(booster, scale);
        var steps = booster.Steps.Select(step => InUserUnits(step, scale));
        var grown = model.Parts().Append(booster.Blocks, scale.Factor, steps);
        return new(options.PolishOutputWeights && grown.UnitCount > 0 ? Polish(grown, rows, loss, scale, booster.Validation) : grown, options);
    }

    private NetworkParts Polish(NetworkParts network, FeatureRows rows, BoostingLoss loss, OutputScale scale, WatchedRows? validation)
    {
        context.ThrowIfCanceled();
        GradientBoostedNeuralNetworkModelParameters model = new(network, options);
        double[] start = [.. network.OutputWeights.Select(weight => weight / scale.Factor), .. scale.ToScores(network.EffectiveBiases)];
        OutputPolish polish = new(loss, model.Block().Activate(rows, blocks), start, options.PolishPenalty, blocks);
        var found = polish.Minimize();
        double[] weights = [.. found[..^outputs].Select(weight => scale.Factor * weight)];
        var polished = network with { Polished = new(weights, scale.ToOutputs(found[^outputs..]), 0) };

        if (validation is not null && !LowersValidationLoss(network, polished, validation, scale))
            return network;
        var trainingLoss = MeanLoss(polished, rows, loss, scale);
        context.Info($"Polished the output weights of {network.UnitCount} units: training loss {Text(trainingLoss)}.");
        return network with { Polished = polished.Polished with { TrainingLoss = trainingLoss } };
    }

    private bool LowersValidationLoss(NetworkParts boosted, NetworkParts polished, WatchedRows validation, OutputScale scale)
    {
        var (before, after) = (MeanLoss(boosted, validation.Rows, validation.Loss, scale), MeanLoss(polished, validation.Rows, validation.Loss, scale));
        context.Info($"Polished output weights: validation loss {Text(after)}, boosted ones {Text(before)}; the {(after <= before ? "polished" : "boosted")} ones are kept.");
        return after <= before;
    }

    private double MeanLoss(NetworkParts network, FeatureRows rows, BoostingLoss loss, OutputScale scale)
    {
        var scores = scale.ToScores(new GradientBoostedNeuralNetworkModelParameters(network, options).RawScores(rows, blocks));
        return scale.LossFactor * loss.Loss(0, rows.Count, scores) / loss.TotalWeight;
    }

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

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
        return new(rows, scale.Loss(task, options, block, WeightsOf(block), outputs), scale.ToScores(model.RawScores(rows, blocks)));
    }

    // A model that is gone on from keeps its own replacements, whatever the option says of the new rows: its units were trained with them.
    private float[] Replacements(RowBlock training, GradientBoostedNeuralNetworkModelParameters? startFrom)
    {
        if (startFrom is { Replacements.Length: > 0 })
            return Array.ConvertAll(startFrom.Replacements.ToArray(), value => (float)value);
        return options.MissingValues == MissingValueRule.Mean ? MissingFeatures.Means(training) : [];
    }

    // A Poisson model of labels of 0 alone: no gradient leads away from there.
    private bool IsNothing(NetworkParts start)
        => task == PredictionTask.Regression && options.Loss == RegressionLoss.Poisson && start.UnitCount == 0 && start.PrefixBiases[0] <= OutputScale.LogOfNothing;

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
