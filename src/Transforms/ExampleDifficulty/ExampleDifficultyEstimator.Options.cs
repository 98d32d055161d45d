using System.Text.Json;

namespace MLExtensions.Transforms;

/// <content>The options.</content>
public sealed partial class ExampleDifficultyEstimator
{
    /// <summary>Options of <see cref="ExampleDifficultyEstimator"/>: those of the scores, and the names of the columns to add.</summary>
    public sealed class Options : DifficultyOptions
    {
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
            ValidateColumns();
        }

        /// <summary>The options of scores with the default names of columns.</summary>
        internal static Options Of(DifficultyOptions options) => JsonSerializer.Deserialize<Options>(JsonSerializer.Serialize(options, options.GetType()))!;

        /// <summary>A copy, so that later changes by the caller do not reach a fitted model.</summary>
        internal Options Clone() => CopyOf(this);

        private void ValidateColumns()
        {
            string[] names = OutputColumnNames;
            if (names.Any(string.IsNullOrWhiteSpace) || names.Distinct().Count() < names.Length)
                throw new ArgumentException($"The columns to add need names that are not empty and differ, found {string.Join(", ", names.Select(name => $"'{name}'"))}.", nameof(DifficultyColumnName));
            string?[] read = [LabelColumnName, FeatureColumnName, .. CategoricalColumns];
            if (names.FirstOrDefault(read.Contains) is { } clash)
                throw new ArgumentException($"The column to add '{clash}' is one that is read; give it another name.", nameof(DifficultyColumnName));
        }
    }
}
