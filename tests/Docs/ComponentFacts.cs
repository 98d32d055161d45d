using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract;
using MLExtensions.Trainers;

namespace MLExtensions.Tests.Docs;

/// <summary>What the table of components says of an estimator: read from its types where they tell it, from its <see cref="ComponentAttribute"/> where not.</summary>
/// <param name="Name">Name of its catalog method.</param>
/// <param name="Component">The estimator.</param>
/// <param name="Says">What it says itself.</param>
/// <param name="Tasks">The catalogs that have it.</param>
/// <param name="OptionsType">The options of one that learns; <see langword="null"/> for one that learns nothing.</param>
internal sealed record ComponentFacts(string Name, Type Component, ComponentAttribute Says, IReadOnlyList<string> Tasks, Type? OptionsType)
{
    private static readonly Assembly[] Packages = [Assembly.Load("MLExtensions.Trainers"), Assembly.Load("MLExtensions.Transforms")];

    // What the first parameter of a catalog method is called in the table; in this order.
    private static readonly (string Catalog, string Task)[] Catalogs =
    [
        (nameof(RegressionCatalog.RegressionTrainers), "regression"), (nameof(BinaryClassificationCatalog.BinaryClassificationTrainers), "binary"),
        (nameof(MulticlassClassificationCatalog.MulticlassClassificationTrainers), "multiclass"), (nameof(TransformsCatalog), "transform"), ("IEstimator`1", "any trainer"),
    ];

    /// <summary>All public estimators, in the order of their names.</summary>
    public static IReadOnlyList<ComponentFacts> All { get; } =
        [.. Packages.SelectMany(DiscoveryContract.Estimators).Select(Of).OrderBy(facts => facts.Component.Assembly.GetName().Name, StringComparer.Ordinal).ThenBy(facts => facts.Name, StringComparer.Ordinal)];

    /// <summary>The options of which a sweep draws, with their ranges.</summary>
    public IReadOnlyList<PropertyInfo> Swept => OptionsType is null ? [] : [.. OptionsType.GetProperties().Where(option => SweptOption.RangeOf(option) is not null)];

    public string MissingValues => this switch
    {
        { OptionsType: null } => "-",
        { Says.TrainsOnMissingValues: true } => "yes",
        _ => OptionsType.GetProperties().Any(option => option.PropertyType == typeof(MissingValueRule)) ? "by option" : "no",
    };

    public string Weights => OptionsType is null ? "-" : YesOrNo(OptionsType.IsSubclassOf(typeof(TrainerOptions)));

    public string Sparse => YesOrNo(Says.AcceptsSparse);

    public string Categories => OptionsType is null ? "-" : YesOrNo(OptionsType.IsSubclassOf(typeof(CategoricalTrainerOptions)) || ReadsCategories);

    public string Onnx => TransformerType.IsGenericParameter ? "as the trainer's" : YesOrNo(TransformerType.IsSubclassOf(typeof(GraphTransformer)));

    public string NeedsTorch => YesOrNo(Says.NeedsTorch);

    private Type TransformerType => Says.Transformer
        ?? Component.GetInterfaces().Single(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEstimator<>)).GetGenericArguments()[0];

    private bool ReadsCategories
        => Component.GetProperty("ReadsCategories", BindingFlags.Instance | BindingFlags.NonPublic)?.GetMethod!.DeclaringType is { IsGenericType: false };

    private static ComponentFacts Of(Type component)
    {
        var methods = Packages.SelectMany(package => package.GetExportedTypes()).Where(type => type is { IsAbstract: true, IsSealed: true })
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.IsDefined(typeof(ExtensionAttribute)) && Definition(method.ReturnType) == component).ToArray();
        var first = methods.Select(method => Definition(method.GetParameters()[0].ParameterType).Name).ToArray();
        return new(
            methods.Select(method => method.Name).Distinct().SingleOrDefault() ?? throw new InvalidOperationException($"No extension method returns {component}, or several of different names do."),
            component, component.GetCustomAttribute<ComponentAttribute>() ?? new("", ""), [.. Catalogs.Where(catalog => first.Contains(catalog.Catalog)).Select(catalog => catalog.Task)],
            methods.SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType).FirstOrDefault(type => type.IsSubclassOf(typeof(ComponentOptions))));
    }

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static string YesOrNo(bool value) => value ? "yes" : "no";
}
