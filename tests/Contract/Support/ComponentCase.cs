using System.Reflection;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using Xunit.Abstractions;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>How a case's trainer is set up; the rest of its options keep their defaults.</summary>
public sealed record CaseOptions
{
    public string Label { get; init; } = "Label";

    public string Features { get; init; } = "Features";

    public string? Weight { get; init; }

    public int? Seed { get; init; }

    /// <summary>The columns that a trainer with <see cref="CategoricalTrainerOptions"/> reads as categories.</summary>
    public string[] Categories { get; init; } = TestCategories.Names;

    /// <summary>Puts other options in the place of the case's own.</summary>
    public Func<ComponentOptions, ComponentOptions> Change { get; init; } = own => own;
}

/// <summary>What a component documents to do where the contract leaves a choice.</summary>
public sealed record Declared
{
    /// <summary>A row of weight 2 counts exactly as two rows.</summary>
    public bool WeightsAreRowCounts { get; init; } = true;

    /// <summary>Sparse and dense vectors give the same model to this relative tolerance of its scores.</summary>
    public double SparseTolerance { get; init; } = 1e-5;

    public static Declared Default { get; } = new();
}

/// <summary>One public component and, for trainers, one of its tasks.</summary>
public sealed class ComponentCase : IXunitSerializable
{
    private Func<MLContext, CaseOptions, IEstimator<ITransformer>> _create = null!;

    [Obsolete("For xunit, which restores a case from its name.", error: true)]
    public ComponentCase()
    {
    }

    private ComponentCase(
        string name, Type component, PredictionTask? task, Type? optionsType, string[] outputs, Declared declared, Func<MLContext, CaseOptions, IEstimator<ITransformer>> create)
    {
        (Name, Component, Task, OptionsType, Outputs, Declared, _create) = (name, component, task, optionsType, outputs, declared, create);
        HasVectorScore = task is null or PredictionTask.MulticlassClassification;
    }

    public string Name { get; private set; } = "";

    public Type Component { get; private set; } = typeof(object);

    /// <summary>What a trainer predicts; <see langword="null"/> for a transform.</summary>
    public PredictionTask? Task { get; private set; }

    /// <summary>The options of a component that learns; <see langword="null"/> for one that learns nothing.</summary>
    public Type? OptionsType { get; private set; }

    public Declared Declared { get; private set; } = Declared.Default;

    /// <summary>What the component says of itself in the table of components.</summary>
    internal ComponentAttribute Says => Component.GetCustomAttribute<ComponentAttribute>() ?? new("", "");

    /// <summary>Names of the columns that the component adds.</summary>
    public string[] Outputs { get; private set; } = [];

    /// <summary>Whether the component is a trainer with categorical columns.</summary>
    public bool HasCategories => OptionsType?.IsSubclassOf(typeof(CategoricalTrainerOptions)) == true;

    /// <summary>Names of the columns that the component reads.</summary>
    public string[] Inputs => HasCategories ? ["Features", .. TestCategories.Names] : ["Features"];

    /// <summary>The output that tests look at where one will do.</summary>
    public string ScoreColumn { get; private set; } = "Score";

    /// <summary>Whether that output is a vector; otherwise it is a Single.</summary>
    public bool HasVectorScore { get; private set; }

    /// <summary>What ML.NET's errors call the column that is read.</summary>
    public string FeatureRole => Task is null ? "input" : "feature";

    public IEstimator<ITransformer> Create(MLContext ml, CaseOptions? options = null) => _create(ml, options ?? new CaseOptions());

    /// <summary>The case's own rows in a view with its label.</summary>
    public IDataView Data(MLContext ml, params TestRow[] rows) => CaseData.View(ml, Task, rows.Length == 0 ? TestRow.Create() : rows);

    public ITransformer Fit(MLContext ml, IDataView? data = null, CaseOptions? options = null) => Create(ml, options).Fit(data ?? Data(ml));

    /// <summary>The cases of a trainer, one a task.</summary>
    public static IEnumerable<ComponentCase> Trainer<TOptions, TModel>(
        Func<MLContext, PredictionTask, TOptions, TrainerBase<TOptions, TModel>> create, Declared? declared = null, params PredictionTask[] tasks)
        where TOptions : TrainerOptions, new()
        where TModel : PredictionModel
        => Trainer(create, _ => { }, declared, tasks);

    /// <summary>The cases of a trainer whose defaults take too long for the contract.</summary>
    public static IEnumerable<ComponentCase> Trainer<TOptions, TModel>(
        Func<MLContext, PredictionTask, TOptions, TrainerBase<TOptions, TModel>> create, Action<TOptions> configure, Declared? declared = null, params PredictionTask[] tasks)
        where TOptions : TrainerOptions, new()
        where TModel : PredictionModel
        => tasks.Select(task => Trainer(create, configure, task, declared));

    /// <summary>The case of a trainer and a task, in a variant with options of its own where it has a name.</summary>
    public static ComponentCase Trainer<TOptions, TModel>(
        Func<MLContext, PredictionTask, TOptions, TrainerBase<TOptions, TModel>> create, Action<TOptions> configure, PredictionTask task, Declared? declared = null, string variant = "")
        where TOptions : TrainerOptions, new()
        where TModel : PredictionModel
    {
        var component = create(new MLContext(), task, new TOptions()).GetType();
        var name = $"{component.Name} ({task}{(variant.Length > 0 ? $", {variant}" : "")})";
        return new ComponentCase(name, component, task, typeof(TOptions), OutputsOf(task), declared ?? Declared.Default, (ml, options) =>
        {
            var own = OptionsOf<TOptions>(options);
            configure(own);
            return create(ml, task, (TOptions)options.Change(own));
        });
    }

    private static TOptions OptionsOf<TOptions>(CaseOptions options)
        where TOptions : TrainerOptions, new()
    {
        var made = new TOptions
        {
            LabelColumnName = options.Label,
            FeatureColumnName = options.Features,
            ExampleWeightColumnName = options.Weight,
            Seed = options.Seed,
        };
        if (made is CategoricalTrainerOptions categorical)
            categorical.CategoricalColumnNames = options.Categories;
        return made;
    }

    /// <summary>The case of a transform that learns from columns of numbers; it adds the vector column Score.</summary>
    public static ComponentCase Featurizer<TOptions, TModel>(Func<MLContext, CaseOptions, TOptions, FeaturizerBase<TOptions, TModel>> create, Declared? declared = null)
        where TOptions : ComponentOptions, new()
        where TModel : FeatureModel
    {
        var component = create(new MLContext(), new CaseOptions(), new TOptions()).GetType();
        return new(component.Name, component, null, typeof(TOptions), ["Score"], declared ?? Declared.Default, (ml, options) => create(ml, options, (TOptions)options.Change(new TOptions { Seed = options.Seed })));
    }

    /// <summary>The case of a component that learns nothing; one of its outputs is the vector Score.</summary>
    public static ComponentCase Transform<TEstimator>(Func<MLContext, CaseOptions, TEstimator> create, params string[] outputs)
        where TEstimator : IEstimator<ITransformer>
        => new(typeof(TEstimator).Name, typeof(TEstimator), null, null, outputs, Declared.Default, (ml, options) => create(ml, options));

    /// <summary>The case of a component that learns nothing from the view that it is fitted to; its first output is a Single.</summary>
    public static ComponentCase ScalarTransform<TEstimator>(Func<MLContext, CaseOptions, TEstimator> create, string variant, params string[] outputs)
        where TEstimator : IEstimator<ITransformer>
        => new($"{typeof(TEstimator).Name} ({variant})", typeof(TEstimator), null, null, outputs, Declared.Default, (ml, options) => create(ml, options))
        {
            ScoreColumn = outputs[0],
            HasVectorScore = false,
        };

    private static string[] OutputsOf(PredictionTask task) => task switch
    {
        PredictionTask.Regression => ["Score"],
        PredictionTask.BinaryClassification => ["PredictedLabel", "Score", "Probability"],
        _ => ["PredictedLabel", "Score"],
    };

    public void Serialize(IXunitSerializationInfo info) => info.AddValue(nameof(Name), Name);

    public void Deserialize(IXunitSerializationInfo info)
    {
        var found = ComponentCases.All.Single(component => component.Name == info.GetValue<string>(nameof(Name)));
        (Name, Component, Task, OptionsType, Outputs, Declared, _create) = (found.Name, found.Component, found.Task, found.OptionsType, found.Outputs, found.Declared, found._create);
        (ScoreColumn, HasVectorScore) = (found.ScoreColumn, found.HasVectorScore);
    }

    public override string ToString() => Name;
}
