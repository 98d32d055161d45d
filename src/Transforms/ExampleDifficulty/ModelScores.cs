using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Transforms;

/// <summary>Difficulty from the probabilities that any model has given rows: the scores need nothing else.</summary>
internal static class ModelScores
{
    // Float sums of many classes; raw scores are far off.
    private const double Tolerance = 1e-3;

    /// <summary>The view with the columns Difficulty, SuggestedLabel and SuggestedLabelProbability.</summary>
    public static AppendedColumnsView AppendTo(IDataView scored, DifficultyScore score, string labelName, string? probabilityName, ExampleDifficultyEstimator.Options names)
    {
        var task = DifficultyColumns.TaskOf(MlNetAccess.ShapeOf(scored.Schema), labelName);
        probabilityName ??= task == PredictionTask.BinaryClassification ? "Probability" : "Score";
        DifficultyColumns.RequireNames([names.DifficultyColumnName, names.SuggestedLabelColumnName, names.SuggestedLabelProbabilityColumnName], [labelName, probabilityName]);
        var label = scored.Schema[labelName];
        var classes = ScoredRows.Groups(scored, "label", labelName);
        var probabilities = task == PredictionTask.BinaryClassification ? OfBinary(scored, probabilityName) : OfMulticlass(scored, probabilityName, label);
        var (difficulty, suggested, confidence) = (new float[classes.Length], new int[classes.Length], new float[classes.Length]);
        foreach (var (row, p) in probabilities.Index())
        {
            var isScored = p.Length > 0;
            suggested[row] = isScored ? Array.IndexOf(p, p.Max()) : -1;
            confidence[row] = isScored ? (float)p.Max() : float.NaN;
            difficulty[row] = isScored && classes[row] >= 0 ? (float)ProbabilityScores.Of(score, p, classes[row]) : float.NaN;
        }
        return new(
            scored,
            new AppendedColumn<float>(names.DifficultyColumnName, NumberDataViewType.Single, difficulty),
            SuggestedLabels.Column(names.SuggestedLabelColumnName, label, suggested),
            new AppendedColumn<float>(names.SuggestedLabelProbabilityColumnName, NumberDataViewType.Single, confidence));
    }

    // Two outputs whatever the model has: binary scores then agree with those of two classes. Rows without a prediction have none.
    private static IEnumerable<double[]> OfBinary(IDataView scored, string name)
        => ScoredRows.Numbers(scored, "probability", name).Select((p, row) => float.IsNaN(p) ? [] : Check([1 - (double)p, p], row, name));

    private static IEnumerable<double[]> OfMulticlass(IDataView scored, string name, DataViewSchema.Column label)
    {
        var column = scored.Schema.Require("probability", name);
        var expected = checked((int)((KeyDataViewType)label.Type).Count);
        if (column.Type is not VectorDataViewType { ItemType: NumberDataViewType item } vector || !item.Equals(NumberDataViewType.Single) || vector.Size != expected)
            throw SchemaErrors.Mismatch("probability", name, $"Vector<Single, {expected}>, one probability for each value of the label", column.Type.ToString()!);
        return scored.GetColumn<VBuffer<float>>(column).Select(values => values.DenseValues().Select(value => (double)value).ToArray())
            .Select((p, row) => p.Any(double.IsNaN) ? [] : Check(p, row, name));
    }

    private static double[] Check(double[] probabilities, int row, string name)
    {
        if (probabilities.All(p => p is >= 0 and <= 1 + Tolerance) && Math.Abs(probabilities.Sum() - 1) < Tolerance)
            return probabilities;
        throw new InvalidOperationException(
            FormattableString.Invariant($"Column '{name}' holds no probabilities in row {row}: expected numbers from 0 to 1 that sum to 1, found a sum of {probabilities.Sum():G4}. Use a trainer that gives probabilities, or calibrate it."));
    }
}
