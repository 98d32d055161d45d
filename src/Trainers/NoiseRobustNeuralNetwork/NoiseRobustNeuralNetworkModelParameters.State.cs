using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Trainers;

/// <content>Saving and restoring.</content>
public sealed partial class NoiseRobustNeuralNetworkModelParameters
{
    /// <inheritdoc/>
    public override ModelState GetState()
    {
        Dictionary<string, double[]> numbers = new()
        {
            ["Networks"] = [_networks.Count],
            ["GivenLabelShares"] = [.. EpochLabels.Select(epoch => epoch.GivenLabelShare)],
            ["HistoryAgreements"] = [.. EpochLabels.Select(epoch => epoch.HistoryAgreement ?? double.NaN)],
            ["Classes"] = [.. Classes.SelectMany(labels => new[] { labels.Rows, labels.SuggestedRows, labels.Recall, labels.MeanSuspicion })],
        };
        for (var i = 0; i < _networks.Count; i++)
            _networks[i].Write(numbers, PrefixOf(i));
        new TrainingHistory(History, BestEpoch).Write(numbers);
        return ModelState.Create(_options, numbers, new Dictionary<string, string[]> { ["Labels"] = [.. Classes.Select(labels => labels.Label)] });
    }

    /// <inheritdoc/>
    public static NoiseRobustNeuralNetworkModelParameters FromState(ModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.GetNumbers("Networks") is not [1 or 2] networks)
            throw new FormatException("The model's number of networks is damaged.");
        return new([.. Enumerable.Range(0, (int)networks[0]).Select(i => DenseNetwork.Read(state, PrefixOf(i)))], TrainingHistory.Read(state), state.GetOptions<NoiseRobustNeuralNetworkTrainer.Options>())
        {
            EpochLabels = [.. state.GetNumbers("GivenLabelShares").Zip(state.GetNumbers("HistoryAgreements"), (share, agreement) => (share, agreement)).Select(
                (epoch, i) => new EpochLabels(i + 1, epoch.share, double.IsNaN(epoch.agreement) ? null : epoch.agreement))],
            Classes = [.. state.GetNumbers("Classes").Chunk(4).Zip(state.GetTexts("Labels"), ReadClass)],
        };
    }

    private static ClassLabels ReadClass(double[] numbers, string label) => numbers is [var rows, var suggested, var recall, var suspicion]
        ? new(label, (int)rows, (int)suggested, recall, suspicion)
        : throw new FormatException("The model's classes are damaged.");

    // A single network has the names of the plain one.
    private static string PrefixOf(int network) => network == 0 ? "" : $"Network{network}.";
}
