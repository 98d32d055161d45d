using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// Stock ML.NET transformers that turn a graph's outputs into prediction columns. <c>OnnxTransformer</c> cannot emit a
/// scalar column, so a stock linear model that is exactly the identity takes the one number out of its vector, and
/// brings ML.NET's own score annotations along.
/// </summary>
internal static class StockHeads
{
    // A context of its own: heads are the same for every model and draw no random numbers.
    private static readonly MLContext Context = new(seed: 0);
    private static readonly Lazy<ITransformer[]> Regression = new(() => [IdentityRegressor(HelperColumns.Score)]);
    private static readonly Lazy<ITransformer[]> Binary = new(() => [IdentityClassifier(), LogisticCalibrator()]);

    /// <summary>The transformers of a task, in order.</summary>
    public static IReadOnlyList<ITransformer> Of(PredictionTask task, KeyValues? labels) => task switch
    {
        PredictionTask.Regression => Regression.Value,
        PredictionTask.BinaryClassification => Binary.Value,
        _ => Multiclass(labels!),
    };

    /// <summary>Number of these transformers.</summary>
    public static int CountOf(PredictionTask task) => task switch
    {
        PredictionTask.Regression => 1,
        PredictionTask.BinaryClassification => 2,
        _ => 4,
    };

    /// <summary>The stock transformer that gives a column another name.</summary>
    public static ITransformer Copy(string outputColumn, string inputColumn, DataViewSchema inputSchema)
        => Context.Transforms.CopyColumns(outputColumn, inputColumn).Fit(new EmptyView(inputSchema));

    /// <summary>The stock transformer that drops columns.</summary>
    public static ITransformer Drop(string[] columns, DataViewSchema inputSchema)
        => Context.Transforms.DropColumns(columns).Fit(new EmptyView(inputSchema));

    /// <summary>The stock transformer that takes the one number out of a vector column, as a column Score.</summary>
    public static ITransformer TakeNumber(string column) => IdentityRegressor(column);

    /// <summary>The stock transformer that makes a plain number of a column Score, without what Score says about itself.</summary>
    public static ITransformer PlainScore(string outputColumn) => Fit(Context.Transforms.Expression(outputColumn, "(s) => s", "Score"), new Scores());

    /// <summary>The stock transformer that makes a label of a column Score, the index of a class from 0, or -1 for none.</summary>
    /// <param name="outputColumn">Name of the label.</param>
    /// <param name="labels">The values of a key; <see langword="null"/> for a Boolean.</param>
    public static ITransformer LabelOfScore(string outputColumn, KeyValues? labels)
        => labels is null ? Fit(Context.Transforms.Expression(outputColumn, "(s) => s > 0f", "Score"), new Scores()) : LabelLookup(outputColumn, labels);

    /// <summary>What the identity makes of a number: it computes 1 * number + 0, which makes a negative zero positive.</summary>
    public static float PassedThrough(float number) => number + 0f;

    // The index arrives as a scalar named Score, which makes room for the scores once the label is looked up.
    private static ITransformer[] Multiclass(KeyValues labels) =>
    [
        IdentityRegressor(HelperColumns.ClassIndex),
        LabelLookup("PredictedLabel", labels),
        Fit(Context.Transforms.DropColumns("Score"), new Scores()),
        Fit(Context.Transforms.CopyColumns("Score", HelperColumns.RowScores), new Scores()),
    ];

    // One step of online gradient descent over (1, 1) and (-1, -2) with rate 1/4 ends at weight 1 and bias 0 exactly.
    private static ITransformer IdentityRegressor(string column)
    {
        var options = new OnlineGradientDescentTrainer.Options
        {
            FeatureColumnName = column,
            LabelColumnName = nameof(Example.Target),
            LearningRate = 0.25f,
            DecreaseLearningRate = false,
            NumberOfIterations = 1,
            Shuffle = false,
            LazyUpdate = false,
            L2Regularization = 0,
        };
        return Fit(Context.Regression.Trainers.OnlineGradientDescent(options), column, new Example { Value = [1], Target = 1 }, new Example { Value = [-1], Target = -2 });
    }

    // The averaged perceptron over (1/2, +), (-1/2, -), (-1/2, -) averages the weights 1/2, 1, 3/2 and the biases 1, 0, -1.
    private static ITransformer IdentityClassifier()
    {
        var options = new AveragedPerceptronTrainer.Options
        {
            FeatureColumnName = HelperColumns.Score,
            LabelColumnName = nameof(Example.Positive),
            LearningRate = 1,
            DecreaseLearningRate = false,
            NumberOfIterations = 1,
            Shuffle = false,
            LazyUpdate = false,
            L2Regularization = 0,
        };
        return Fit(
            Context.BinaryClassification.Trainers.AveragedPerceptron(options), HelperColumns.Score,
            new Example { Value = [0.5f], Positive = true }, new Example { Value = [-0.5f] }, new Example { Value = [-0.5f] });
    }

    private static ITransformer LogisticCalibrator()
        => Fit(Context.BinaryClassification.Calibrators.Platt(slope: -1, offset: 0), new Scores());

    // Looks the class index up in a table whose value column has the label's own key type and key values.
    private static ITransformer LabelLookup(string outputColumn, KeyValues labels)
    {
        var schema = SchemaDefinition.Create(typeof(Class));
        schema[nameof(Class.Key)].ColumnType = new KeyDataViewType(typeof(uint), labels.Count);
        labels.AnnotateKeyValues(schema[nameof(Class.Key)]);
        // ML.NET adds 1 to a key member's value: 0 stands for the first class.
        var table = Context.Data.LoadFromEnumerable(Enumerable.Range(0, labels.Count).Select(i => new Class { Index = i, Key = (uint)i }), schema);
        return Fit(Context.Transforms.Conversion.MapValue(outputColumn, table, table.Schema[nameof(Class.Index)], table.Schema[nameof(Class.Key)], "Score"), new Scores());
    }

    private static ITransformer Fit<TTransformer>(IEstimator<TTransformer> estimator, Scores row)
        where TTransformer : class, ITransformer
        => estimator.Fit(Context.Data.LoadFromEnumerable([row], SchemaOf<Scores>(nameof(Scores.RowScores), HelperColumns.RowScores)));

    private static ITransformer Fit<TTransformer>(IEstimator<TTransformer> estimator, string column, params Example[] rows)
        where TTransformer : class, ITransformer
        => estimator.Fit(Context.Data.LoadFromEnumerable(rows, SchemaOf<Example>(nameof(Example.Value), column)));

    private static SchemaDefinition SchemaOf<T>(string member, string column)
    {
        var schema = SchemaDefinition.Create(typeof(T));
        schema[member].ColumnName = column;
        return schema;
    }

    private sealed class Example
    {
        [VectorType(1)]
        public float[] Value { get; set; } = [];

        public float Target { get; set; }

        public bool Positive { get; set; }
    }

    private sealed class Class
    {
        public float Index { get; set; }

        public uint Key { get; set; }
    }

    private sealed class Scores
    {
        public float Score { get; set; }

        [VectorType(1)]
        public float[] RowScores { get; set; } = [0];
    }
}
