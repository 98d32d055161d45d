using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Benchmarks;

/// <summary>A public table of <c>../shared/data</c> (which is not part of the repository) as ML.NET views, with the split that its manifest fixes.</summary>
/// <remarks>
/// Columns of the prepared views: Features; Label, the one to train with; TrueLabel, the same without label errors. Preparation, fitted on the training rows: numbers
/// have missing values replaced by the mean and are standardised, categories are one-hot, an empty cell being a category too.
/// </remarks>
internal sealed class RealTable
{
    private const string LabelText = "LabelText";
    private const string TrueLabelText = "TrueLabelText";
    private const string Numbers = "Numbers";

    private readonly MLContext _ml;
    private readonly TextLoader _loader;

    private RealTable(MLContext ml, string name, TableDescription description, LabelledLines lines)
    {
        (_ml, Name, Description) = (ml, name, description);
        _loader = ml.Data.CreateTextLoader(LoaderOptions(description, lines.Header), lines.Source(lines.Train));
        (RawTrain, RawTest) = (_loader.Load(lines.Source(lines.Train)), _loader.Load(lines.Source(lines.Test)));
        var prepared = Preparation().Fit(RawTrain);
        (Train, Test) = (Cache(prepared.Transform(RawTrain)), Cache(prepared.Transform(RawTest)));
    }

    /// <summary>The table's name in the manifest.</summary>
    public string Name { get; }

    /// <summary>What the manifest says of it.</summary>
    public TableDescription Description { get; }

    /// <summary>Prepared training rows, in memory.</summary>
    public IDataView Train { get; }

    /// <summary>Prepared test rows, in memory. Their labels are always the true ones.</summary>
    public IDataView Test { get; }

    /// <summary>Training rows as they are in the file: the vector Numbers, a text column for each categorical one, LabelText and TrueLabelText.</summary>
    public IDataView RawTrain { get; }

    /// <summary>Test rows as they are in the file.</summary>
    public IDataView RawTest { get; }

    /// <summary>Why nothing can be measured, <see langword="null"/> where the data are there.</summary>
    public static string? Missing => Folder is null ? $"{Measurement.NotMeasured}the folder `../shared/data` with its `manifest.json` is missing beside the repository. It is not part of it." : null;

    private static string? Folder { get; } = FindFolder();

    /// <summary>Reads a table.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="name">Its name in the manifest.</param>
    /// <param name="trainingLabels">sym20 or sym40 for injected errors, crowd_single or crowd_majority for music_genre; <see langword="null"/> for the true labels.</param>
    /// <param name="forTuning">Whether every fifth training row is the test set, so that options can be chosen without the real one.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is missing: see <see cref="Missing"/>.</exception>
    public static RealTable Load(MLContext ml, string name, string? trainingLabels = null, bool forTuning = false)
    {
        var folder = Folder ?? throw new DirectoryNotFoundException(Missing);
        var description = TableDescription.ReadAll(folder)[name];
        return new(ml, name, description, LabelledLines.Read(folder, description, trainingLabels, forTuning));
    }

    /// <summary>The preparation of the views, not yet fitted.</summary>
    public IEstimator<ITransformer> Preparation()
    {
        IEstimator<ITransformer>[] steps =
        [
            Label("Label", LabelText), Label("TrueLabel", TrueLabelText),
            _ml.Transforms.ReplaceMissingValues(Numbers, replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean),
            _ml.Transforms.NormalizeMeanVariance(Numbers, fixZero: false),
            .. Description.Categorical.Select(OneHot),
            _ml.Transforms.Concatenate("Features", [Numbers, .. Description.Categorical]),
        ];
        return steps.Aggregate(new EstimatorChain<ITransformer>(), (chain, step) => chain.Append(step));
    }

    // ML.NET takes an empty text for a missing one, which would be no category.
    private EstimatorChain<ITransformer> OneHot(string column) => new EstimatorChain<ITransformer>()
        .Append<ITransformer>(_ml.Transforms.Expression(column, "s => s == \"\" ? \"(empty)\" : s", column))
        .Append<ITransformer>(_ml.Transforms.Categorical.OneHotEncoding(column));

    private IEstimator<ITransformer> Label(string column, string text) => Description.PredictionTask switch
    {
        PredictionTask.Regression => _ml.Transforms.Conversion.ConvertType(column, text, DataKind.Single),
        PredictionTask.BinaryClassification => _ml.Transforms.Conversion.MapValue(
            column, Description.Classes!.Keys.Select(name => KeyValuePair.Create(name, name == Description.Positive)), text),
        _ => _ml.Transforms.Conversion.MapValueToKey(column, text, keyData: ClassNames()),
    };

    // The same keys whatever labels the training rows have.
    private IDataView ClassNames() => _ml.Data.LoadFromEnumerable(Description.Classes!.Keys.Order(StringComparer.Ordinal).Select(name => new ClassName { Name = name }));

    // Filled now: a cache fills itself while it is first read, and the first trainer would pay for the preparation.
    private IDataView Cache(IDataView view)
    {
        var cached = _ml.Data.Cache(view, "Features", "Label", "TrueLabel");
        using var cursor = cached.GetRowCursor(cached.Schema.Where(column => column.Name is "Features" or "Label" or "TrueLabel"));
        while (cursor.MoveNext())
        {
        }
        return cached;
    }

    private static TextLoader.Options LoaderOptions(TableDescription description, string[] header)
    {
        TextLoader.Column Column(string name, DataKind kind, params string[] columns)
            => new() { Name = name, DataKind = kind, Source = [.. columns.Select(column => new TextLoader.Range(Array.IndexOf(header, column)))] };
        return new()
        {
            HasHeader = true,
            Separators = [','],
            MissingRealsAsNaNs = true,
            Columns =
            [
                new() { Name = Numbers, DataKind = DataKind.Single, Source = [.. description.Numeric.Select(column => new TextLoader.Range(Array.IndexOf(header, column)))] },
                .. description.Categorical.Select(column => Column(column, DataKind.String, column)),
                Column(LabelText, DataKind.String, description.Label),
                Column(TrueLabelText, DataKind.String, LabelledLines.TrueLabelColumn),
            ],
        };
    }

    private static string? FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "shared", "data") is var data && File.Exists(Path.Combine(data, "manifest.json")))
                return data;
        }
        return null;
    }

    private sealed class ClassName
    {
        public string Name { get; set; } = "";
    }
}
