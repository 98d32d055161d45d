using System.Text.Json;
using MLExtensions.Estimators.Torch;
using MLExtensions.Transforms;
using static TorchSharp.torch;

namespace MLExtensions.Tests.Transforms.TJepa;

/// <summary>The independent numbers in Data/t-jepa.json, float64, and the network that they belong to.</summary>
internal static class TJepaReference
{
    private static readonly JsonElement s_root = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "t-jepa.json"))).RootElement;

    /// <summary>3 numeric columns and one of 3 categories.</summary>
    public static TokenLayout Layout { get; } = new(1, 3, [3]);

    public static JsonElement Of(params string[] path) => path.Aggregate(s_root, (element, name) => element.GetProperty(name));

    /// <summary>All numbers of an array, in their order, however deeply nested.</summary>
    public static double[] Flat(this JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Flat)]
        : [element.GetDouble()];

    public static float[] Floats(params string[] path) => [.. Of(path).Flat().Select(value => (float)value)];

    public static Tensor Numbers => tensor(Floats("forward_inputs", "x_num"), [2, 3]);

    public static Tensor Categories => tensor(Of("forward_inputs", "x_cat").Flat().Select(value => (long)value).ToArray(), [2, 1]);

    /// <summary>An encoder with the weights of the file.</summary>
    public static ColumnEncoder Encoder()
    {
        TorchLibrary.EnsureLoaded();
        using Generator generator = new(1);
        ColumnEncoder encoder = new(
            Layout, new ColumnTokenizer(Layout, 8, typeEmbedding: true, columnEmbedding: false, valueDeviation: null, generator), new TokenTransformer(new(8, 1, 2, 16), weights => weights, generator, generator));
        var weights = Floats("forward_inputs", "encoder", "tok_w");
        Set(encoder, "_tokenizer._summary", weights[..8]);
        Set(encoder, "_tokenizer._weights", weights[8..]);
        Set(encoder, "_tokenizer._biases", Floats("forward_inputs", "encoder", "tok_b"));
        Set(encoder, "_tokenizer._categories", Floats("forward_inputs", "encoder", "emb"));
        Set(encoder, "_tokenizer._types", Floats("forward_inputs", "encoder", "type_emb"));
        SetTransformer(encoder, "encoder");
        return encoder;
    }

    /// <summary>The encoder and the predictor, with the weights of the file.</summary>
    public static TJepaNetwork Network()
    {
        var encoder = Encoder();
        using Generator generator = new(1);
        Predictor predictor = new(4, 8, new(4, 1, 2, 8), weights => weights, generator, generator);
        Set(predictor, "_input._weight", Floats("forward_inputs", "predictor", "in_w"));
        Set(predictor, "_input._bias", Floats("forward_inputs", "predictor", "in_b"));
        Set(predictor, "_mask", Floats("forward_inputs", "predictor", "mask"));
        SetTransformer(predictor, "predictor");
        Set(predictor, "_norm.weight", Floats("forward_inputs", "predictor", "n_g"));
        Set(predictor, "_norm.bias", Floats("forward_inputs", "predictor", "n_b"));
        Set(predictor, "_output._weight", Floats("forward_inputs", "predictor", "out_w"));
        Set(predictor, "_output._bias", Floats("forward_inputs", "predictor", "out_b"));
        return new(encoder, predictor);
    }

    /// <summary>The masks of the file: the context of each row, and each target mask.</summary>
    /// <param name="referenceIndexing">Whether they are positions among all tokens.</param>
    public static Masks Masks(bool referenceIndexing)
    {
        var context = Of("forward_inputs", "context_features").Flat().Select(value => (long)value).ToArray();
        var targets = Of("forward_inputs", "target_features").Flat().Select(value => (long)value).ToArray();
        var shift = referenceIndexing ? 0 : 1;
        var visible = context.Chunk(2).SelectMany((columns, row) => columns.Select(column => column + shift).Prepend(0).Skip(1 - shift).Select(token => (5 * row) + token)).ToArray();
        return new(2, 1, tensor(context), tensor(targets), tensor(visible), tensor(targets.Select((column, i) => (5 * (i % 2)) + column + shift).ToArray()));
    }

    public static void Close(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{i}: expected {expected[i]:R}, got {actual[i]:R}");
    }

    private static void SetTransformer(nn.Module module, string part)
    {
        (string Name, string Reference)[] block =
        [
            ("_attention._packed._weight", "in_w"), ("_attention._packed._bias", "in_b"), ("_attention._output._weight", "out_w"), ("_attention._output._bias", "out_b"),
            ("_expand._weight", "l1_w"), ("_expand._bias", "l1_b"), ("_contract._weight", "l2_w"), ("_contract._bias", "l2_b"),
            ("_attentionNorm.weight", "n1_g"), ("_attentionNorm.bias", "n1_b"), ("_norm.weight", "n2_g"), ("_norm.bias", "n2_b"),
        ];
        (string Name, string Reference)[] head =
        [
            ("_headNorm.weight", "ln1_g"), ("_headNorm.bias", "ln1_b"), ("_head._weight", "fc_w"), ("_head._bias", "fc_b"), ("_norm.weight", "ln2_g"), ("_norm.bias", "ln2_b"),
        ];
        foreach (var (name, reference) in block)
            Set(module, $"_transformer._blocks.0.{name}", Floats("forward_inputs", part, "blk", reference));
        foreach (var (name, reference) in head)
            Set(module, $"_transformer.{name}", Floats("forward_inputs", part, "head", reference));
    }

    private static void Set(nn.Module module, string name, float[] values)
    {
        using var noGradient = no_grad();
        var parameter = module.named_parameters().FirstOrDefault(pair => pair.name == name).parameter
            ?? throw new ArgumentException($"No '{name}' among {string.Join(", ", module.named_parameters().Select(pair => pair.name))}");
        using var source = tensor(values, parameter.shape);
        parameter.copy_(source);
    }
}
