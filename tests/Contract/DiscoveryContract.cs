using System.Reflection;
using Microsoft.ML;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>No public component escapes the contract.</summary>
public sealed class DiscoveryContract
{
    [Theory, InlineData("MLExtensions.Trainers"), InlineData("MLExtensions.Transforms")]
    public void Every_public_estimator_has_a_case(string assembly)
        => Assert.Empty(Estimators(Assembly.Load(assembly)).Except(ComponentCases.All.Select(component => component.Component)).Select(type => $"{type} has no line in {nameof(ComponentCases)}"));

    [Theory, InlineData("MLExtensions.Trainers"), InlineData("MLExtensions.Transforms")]
    public void Every_public_estimator_says_what_it_is(string assembly)
        => Assert.Empty(Estimators(Assembly.Load(assembly)).Where(type => type.GetCustomAttribute<ComponentAttribute>() is null).Select(type => $"{type} has no [Component], of which the table of components is made"));

    [Fact]
    public void Estimators_are_found()
    {
        Assert.Contains(typeof(MLExtensions.Transforms.OnnxBatchScoringEstimator), Estimators(Assembly.Load("MLExtensions.Transforms")));
        Assert.Contains(typeof(Examples.NearestMeanTrainer), Estimators(typeof(DiscoveryContract).Assembly));
    }

    [Fact]
    public void Case_names_are_unique()
        => Assert.Equal(ComponentCases.All.Count, ComponentCases.All.Select(component => component.Name).Distinct().Count());

    internal static IEnumerable<Type> Estimators(Assembly assembly) => assembly.GetExportedTypes()
        .Where(type => type is { IsAbstract: false, IsClass: true } && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEstimator<>)));
}
