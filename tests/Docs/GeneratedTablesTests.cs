namespace MLExtensions.Tests.Docs;

/// <summary>Tables that are made from the code are those in the pages.</summary>
public sealed class GeneratedTablesTests
{
    [Fact]
    public void Pages_have_what_the_code_says()
    {
        foreach (var (page, name, text) in GeneratedTables.All)
        {
            if (Rewriting.IsAskedFor("components"))
                GeneratedTables.Write(page, name, text);
            Assert.True(text == GeneratedTables.Read(page, name), $"{page}: the {name} are not those of the code any more. Run eng/update-components.sh and read the diff.");
        }
    }

    [Fact]
    public void Facts_are_read_from_types_and_declarations()
    {
        var probe = ComponentFacts.All.Single(facts => facts.Name == "NaiveBayesLinearProbe");
        Assert.Equal(["binary", "multiclass"], probe.Tasks);
        Assert.Equal(("yes", "yes", "no", "yes", "no"), (probe.MissingValues, probe.Weights, probe.Categories, probe.Onnx, probe.NeedsTorch));
        var boosted = ComponentFacts.All.Single(facts => facts.Name == "GradientBoostedNeuralNetwork");
        Assert.Equal(["regression", "binary", "multiclass"], boosted.Tasks);
        Assert.Equal("by option", boosted.MissingValues);
        var network = ComponentFacts.All.Single(facts => facts.Name == "NeuralNetwork");
        Assert.Equal(("yes", "yes"), (network.Categories, network.NeedsTorch));
        Assert.Equal(["transform"], ComponentFacts.All.Single(facts => facts.Name == "ApplyOnnxModelInBatches").Tasks);
    }

    [Fact]
    public void Every_component_has_a_page()
        => Assert.All(ComponentFacts.All, facts => Assert.True(File.Exists(Path.Combine(MarkdownPage.Root, "docs", facts.Says.Page.Split('#')[0])), $"docs/{facts.Says.Page}"));
}
