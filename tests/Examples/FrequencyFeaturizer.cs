using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Tests.Examples;

/// <summary>
/// The smallest featurizer that reads categories and adds a scalar: the share of the training rows that have a row's category, for each key column, and their mean. Numbers
/// pass through unread, behind the shares.
/// </summary>
public sealed class FrequencyFeaturizer(IHostEnvironment environment, string outputColumnName, string meanColumnName, string[] inputColumnNames)
    : FeaturizerBase<FrequencyFeaturizer.Options, FrequencyModel>(environment, [outputColumnName, meanColumnName], inputColumnNames, new())
{
    public sealed class Options : ComponentOptions;

    protected override bool NamesSlots => true;

    protected override bool ReadsCategories => true;

    protected override bool IsScalar(string outputColumnName) => outputColumnName == OutputColumnNames[1];

    protected override FrequencyModel Train(TrainingData data, IReadOnlyList<FeatureInput> inputs, TrainingContext context)
    {
        var rows = data.ReadAll();
        var shares = data.CategoricalColumns.Select((column, i) => Enumerable.Range(0, column.Count + 1).Select(category => rows.Categories(i).Count(category) / (double)rows.Count).ToArray());
        string[] slots = [.. data.CategoricalColumns.Select(column => column.Name), .. Enumerable.Range(0, data.FeatureCount).Select(data.FeatureName)];
        return new(inputs, [new(OutputColumnNames[0], slots.Length, slots), new(OutputColumnNames[1], null)], [.. shares]);
    }
}

/// <summary>The share of each category.</summary>
public sealed class FrequencyModel(IReadOnlyList<FeatureInput> inputs, IReadOnlyList<FeatureOutput> outputs, double[][] shares) : FeatureModel, IRestorable<FrequencyModel>
{
    public override IReadOnlyList<FeatureInput> Inputs => inputs;

    public override IReadOnlyList<FeatureOutput> Outputs => outputs;

    public static FrequencyModel FromState(ModelState state)
    {
        var inputs = state.GetInputs();
        return new(inputs, state.GetOutputs(), [.. Enumerable.Range(0, inputs.Count(input => input.CategoryCount is not null)).Select(i => state.GetNumbers($"shares{i}"))]);
    }

    public override ModelState GetState()
        => ModelState.Create(new FrequencyFeaturizer.Options(), this, shares.Select((values, i) => (Name: $"shares{i}", Values: values)).ToDictionary(entry => entry.Name, entry => entry.Values));

    public override IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs)
    {
        var categories = inputs.Where((_, i) => Inputs[i].CategoryCount is not null);
        var found = categories.Zip(shares, (category, values) => graph.Unsqueeze(graph.Gather(graph.Constant([.. values], values.Length), category), 1)).ToArray();
        var frequencies = graph.Concat(1, found);
        var numbers = inputs.Where((_, i) => Inputs[i].CategoryCount is null).Select(number => graph.Cast(number, OnnxElementType.Double));
        return [graph.Concat(1, [frequencies, .. numbers]), graph.Div(graph.ReduceSum(frequencies, [1]), graph.Constant((double)shares.Length))];
    }
}
