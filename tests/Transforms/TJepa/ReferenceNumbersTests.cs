using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

/// <summary>The forward pass, the loss and its gradients against numbers made independently of this pack in float64.</summary>
public sealed class ReferenceNumbersTests
{
    public ReferenceNumbersTests() => TorchLibrary.EnsureLoaded();

    private static string Case(bool referenceIndexing) => referenceIndexing ? "forward_reference_code_indexing" : "forward_reg_always_visible";

    [Fact]
    public void Encoder_gives_the_tokens()
    {
        using var encoder = TJepaReference.Encoder();
        using var scope = NewDisposeScope();
        TJepaReference.Close(TJepaReference.Of(Case(false), "target_tokens").Flat(), Numbers.Of(encoder.forward(TJepaReference.Numbers, TJepaReference.Categories)), 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Network_gives_predictions_targets_and_loss(bool referenceIndexing)
    {
        using var network = TJepaReference.Network();
        using var scope = NewDisposeScope();
        var masks = TJepaReference.Masks(referenceIndexing);
        var targets = network.Encoder.forward(TJepaReference.Numbers, TJepaReference.Categories).view(-1, 8).index_select(0, masks.TargetTokens).detach();
        var predictions = network.forward(TJepaReference.Numbers, TJepaReference.Categories, masks);
        TJepaReference.Close(TJepaReference.Of(Case(referenceIndexing), "targets").Flat(), Numbers.Of(targets), 1e-5);
        TJepaReference.Close(TJepaReference.Of(Case(referenceIndexing), "predictions").Flat(), Numbers.Of(predictions), 1e-5);
        var loss = nn.functional.mse_loss(predictions, targets);
        Assert.Equal(TJepaReference.Of(Case(referenceIndexing), "loss").GetDouble(), loss.item<float>(), 1e-5);

        loss.backward();
        foreach (var (name, position, parameter) in Gradients(referenceIndexing))
            Assert.Equal(TJepaReference.Of(Case(referenceIndexing), "grad", name).GetDouble(), Gradient(network, parameter)[position], 2e-6);
    }

    // tok_w has the token of no column first.
    private static (string Name, int Position, string Parameter)[] Gradients(bool referenceIndexing) =>
    [
        ("enc/tok_w[0, 0]", 0, "encoder._tokenizer._summary"), ("enc/tok_w[1, 2]", 2, "encoder._tokenizer._weights"), ("enc/emb[0, 1]", 1, "encoder._tokenizer._categories"),
        ("enc/blk/in_w[3, 4]", (3 * 8) + 4, "encoder._transformer._blocks.0._attention._packed._weight"), ("enc/head/fc_w[2, 2]", (2 * 8) + 2, "encoder._transformer._head._weight"),
        ("prd/mask[1]", 1, "predictor._mask"), ("prd/in_w[0, 0]", 0, "predictor._input._weight"), ("prd/out_b[3]", 3, "predictor._output._bias"),
    ];

    private static float[] Gradient(nn.Module network, string name) => Numbers.Of(network.named_parameters().Single(pair => pair.name == name).parameter.grad!);
}
