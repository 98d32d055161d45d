using System.Text.Json;

namespace MLExtensions.Transforms;

/// <content>The options.</content>
public sealed partial class ExampleDifficultyEstimator
{
    /// <summary>Options of <see cref="ExampleDifficultyEstimator"/>: those of the scores, and the names of the columns to add.</summary>
    public sealed class Options : DifficultyOptions
    {
        /// <summary>Name of the column of <c>ScoreTrainingRows</c> for the mean count of forgetting events.</summary>
        internal const string ForgettingCount = "ForgettingCount";

        /// <summary>Name of the column of <c>ScoreTrainingRows</c> for the share of the runs that have never learned a row.</summary>
        internal const string NeverLearnedRate = "NeverLearnedRate";

        /// <summary>Name of the column to add for the difficulty.</summary>
        /// <value>The default value is <c>Difficulty</c>.</value>
        public string DifficultyColumnName { get; set; } = "Difficulty";

        /// <summary>Name of the column to add for the standard deviation of the difficulty over the runs.</summary>
        /// <value>The default value is <c>DifficultyStd</c>.</value>
        public string DifficultyStdColumnName { get; set; } = "DifficultyStd";

        /// <summary>Name of the column to add for the label that the networks would give.</summary>
        /// <value>The default value is <c>SuggestedLabel</c>.</value>
        public string SuggestedLabelColumnName { get; set; } = "SuggestedLabel";

        /// <summary>Name of the column to add for the probability of that label.</summary>
        /// <value>The default value is <c>SuggestedLabelProbability</c>.</value>
        public string SuggestedLabelProbabilityColumnName { get; set; } = "SuggestedLabelProbability";

        /// <summary>The columns to add, in their order.</summary>
        internal string[] OutputColumnNames => [DifficultyColumnName, DifficultyStdColumnName, SuggestedLabelColumnName, SuggestedLabelProbabilityColumnName];

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            // Forgetting has counts besides.
            string[] added = Score == DifficultyScore.Forgetting ? [.. OutputColumnNames, ForgettingCount, NeverLearnedRate] : OutputColumnNames;
            DifficultyColumns.RequireNames(added, [LabelColumnName, FeatureColumnName, ExampleWeightColumnName, .. CategoricalColumns]);
        }

        /// <summary>The options of scores with the default names of columns.</summary>
        internal static Options Of(DifficultyOptions options) => JsonSerializer.Deserialize<Options>(JsonSerializer.Serialize(options, options.GetType()))!;

        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);
    }
}
