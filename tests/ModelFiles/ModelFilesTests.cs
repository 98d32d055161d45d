using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.ModelFiles;

/// <summary>Models that were saved by this and earlier versions load and score as they did.</summary>
public sealed class ModelFilesTests
{
    public static TheoryData<string> Stored => [.. StoredModel.Names.Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Stored))]
    public void A_stored_model_loads_and_scores_as_it_did(string name) => new StoredModel(name).AssertLoads();

    [Fact]
    public void Every_component_has_a_stored_model()
    {
        var missing = ComponentCases.All.Where(component => component.Component.Assembly != typeof(ModelFilesTests).Assembly)
            .ExceptBy(StoredModel.Names.Select(name => name.Split('/')[1]), StoredModel.NameOf).ToArray();
        if (Rewriting.IsAskedFor("models"))
            Array.ForEach(missing, StoredModel.Add);
        else
            Assert.True(missing.Length == 0, $"No stored model of {string.Join("; ", missing.Select(component => component.Name))}. Run eng/add-model-files.sh and commit what it writes.");
    }
}
