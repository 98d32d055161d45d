using System.Reflection;
using MLExtensions.Estimators.Training;
using Xunit.Sdk;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>Runs a theory for every public options type of the three packages, found by reflection.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OptionsTypesAttribute : DataAttribute
{
    private static readonly string[] Packages = ["MLExtensions.Estimators", "MLExtensions.Trainers", "MLExtensions.Transforms"];

    public static IReadOnlyList<Type> All { get; } =
    [
        .. Packages.SelectMany(package => Assembly.Load(package).GetExportedTypes())
            .Where(type => !type.IsAbstract && (type.IsSubclassOf(typeof(ComponentOptions)) || type.Name.EndsWith("Options", StringComparison.Ordinal))),
    ];

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => All.Select(type => new object[] { type });
}
