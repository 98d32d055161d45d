using System.Text;
using Google.Protobuf;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Tests.Onnx;

public sealed class OnnxGraphTests
{
    private static OnnxGraphBuilder Linear(out OnnxValue features, out OnnxValue score)
    {
        var builder = new OnnxGraphBuilder("linear");
        features = builder.Input("Features", OnnxElementType.Float, null, 2);
        score = builder.MatMul(features, builder.Constant([2f, 3f, 5f, 7f], 2, 2));
        return builder;
    }

    [Fact]
    public void The_batch_axis_is_dynamic()
    {
        var builder = Linear(out _, out var score);
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        var graph = builder.Build();
        using (var one = new OnnxRun(graph).Feed("Features", [1f, 10f], 1, 2))
            Assert.Equal([52f, 73f], one.Get<float>("Score"));
        using var three = new OnnxRun(graph).Feed("Features", [1f, 10f, 0f, 1f, 1f, 0f], 3, 2);
        Assert.Equal([52f, 73f, 5f, 7f, 2f, 3f], three.Get<float>("Score", out var shape));
        Assert.Equal([3, 2], shape);
    }

    [Fact]
    public void A_graph_tells_its_columns_and_its_producer()
    {
        var builder = Linear(out var features, out var score);
        builder.Input("Unused", OnnxElementType.Int64);
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        builder.Output(builder.ArgMax(features), "Index", OnnxElementType.Int64, null);
        builder.Metadata("hello", "world");
        var graph = OnnxGraph.FromBytes(builder.Build().ToBytes());

        Assert.Equal(["Features", "Unused"], graph.Inputs.Select(i => i.Name));
        Assert.Equal(OnnxElementType.Float, graph.Inputs[0].ElementType);
        Assert.Equal([null, 2], graph.Inputs[0].Dimensions);
        Assert.True(graph.Inputs[1] is { IsRankKnown: true, Dimensions.Count: 0 });
        Assert.Equal(["Score", "Index"], graph.Outputs.Select(o => o.Name));
        Assert.Equal([null], graph.Outputs[1].Dimensions);
        Assert.Equal("world", graph.Metadata["hello"]);
        Assert.Equal("MLExtensions", graph.ProducerName);
        Assert.Matches(@"^\d+\.\d+\.\d+", graph.ProducerVersion);
    }

    [Fact]
    public void Names_of_columns_never_meet_names_of_the_builder()
    {
        var builder = new OnnxGraphBuilder("names");
        var x = builder.Input("a.b c/ü", OnnxElementType.Float, null, 1);
        var sum = builder.Add(x, builder.Constant(1f));
        var branched = builder.If(builder.Constant(true), () => builder.Neg(sum), () => builder.Abs(sum));
        string[] generated = [x.ToString(), sum.ToString(), branched.ToString(), "Neg_4", "Constant_1", "Add_2"];
        foreach (var name in generated.Skip(1).Distinct())
            builder.Output(branched, name, OnnxElementType.Float, null, 1);
        builder.Output(sum, " ", OnnxElementType.Float, null, 1);
        using var run = new OnnxRun(builder.Build()).Feed("a.b c/ü", [4f], 1, 1);
        foreach (var name in generated.Skip(1))
            Assert.Equal([-5f], run.Get<float>(name));
        Assert.Equal([5f], run.Get<float>(" "));
    }

    [Fact]
    public void An_output_cannot_take_the_name_of_an_input_or_another_output()
    {
        var builder = Linear(out var features, out var score);
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        foreach (var name in new[] { "Features", "Score" })
        {
            var error = Assert.Throws<ArgumentException>(() => builder.Output(features, name, OnnxElementType.Float, null, 2));
            Assert.StartsWith($"The graph 'linear' already has an input or output '{name}'", error.Message);
        }
    }

    [Fact]
    public void Misuse_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Linear(out _, out _).Build());
        Linear(out var foreign, out _);
        var builder = Linear(out _, out var score);
        Assert.Contains("another graph builder", Assert.Throws<ArgumentException>(() => builder.Neg(foreign)).Message);
        OnnxValue? inner = null;
        builder.If(builder.Constant(true), () => inner = builder.Neg(score), () => score);
        Assert.Contains("closed", Assert.Throws<ArgumentException>(() => builder.Neg(inner!)).Message);
        Assert.Throws<InvalidOperationException>(() => builder.If(builder.Constant(true), () => builder.Input("Late", OnnxElementType.Float), () => score));
        Assert.Throws<ArgumentException>(() => builder.If(builder.Constant(true), () => [score], () => [score, score]));
        builder.Metadata("k", "v");
        Assert.Throws<ArgumentException>(() => builder.Metadata("k", "v"));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Output(score, "Zero", OnnxElementType.Float, null, 0));
    }

    [Theory, InlineData(1f, 11f, 1f), InlineData(-1f, 1f, -1f)]
    public void If_captures_outer_values_and_nests(float x, float first, float second)
    {
        var builder = new OnnxGraphBuilder("if");
        var input = builder.Input("X", OnnxElementType.Float, 1);
        var positive = builder.Greater(input, builder.Constant(0f));
        var results = builder.If(positive,
            () => [builder.If(positive, () => builder.Add(input, builder.Constant(10f)), () => input), input],
            () => [builder.Neg(input), input]);
        builder.Output(results[0], "First", OnnxElementType.Float, 1);
        builder.Output(results[1], "Second", OnnxElementType.Float, 1);
        using var run = new OnnxRun(builder.Build()).Feed("X", [x], 1);
        Assert.Equal([first], run.Get<float>("First"));
        Assert.Equal([second], run.Get<float>("Second"));
    }

    [Fact]
    public void State_round_trips_bit_for_bit()
    {
        double[] state = [Math.PI, -0d, double.Epsilon, double.MaxValue, double.PositiveInfinity, BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_1234)];
        var builder = Linear(out _, out var score);
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        builder.SetDoubles("weights", state);
        builder.SetDoubles("none", []);
        builder.Metadata("text", "not numbers");
        var graph = OnnxGraph.FromBytes(builder.Build().ToBytes()).WithOutputs(["Score"]);

        Assert.Equal(state.Select(BitConverter.DoubleToInt64Bits), graph.GetDoubles("weights").Select(BitConverter.DoubleToInt64Bits));
        Assert.Empty(graph.GetDoubles("none"));
        Assert.Throws<InvalidDataException>(() => graph.GetDoubles("text"));
        Assert.Contains("weights, none, text", Assert.Throws<KeyNotFoundException>(() => graph.GetDoubles("wieghts")).Message);
    }

    [Fact]
    public void Pruning_keeps_what_the_outputs_need_and_all_inputs()
    {
        var builder = Linear(out var features, out var score);
        var extra = builder.Input("Extra", OnnxElementType.Float, null, 2);
        var captured = builder.Mul(score, builder.Constant(100f));
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        builder.Output(builder.If(builder.Constant(true), () => builder.Neg(captured), () => extra), "Branch", OnnxElementType.Float, null, 2);
        builder.Output(builder.Exp(features), "Exp", OnnxElementType.Float, null, 2);
        var graph = builder.Build();

        var scoreOnly = graph.WithOutputs(["Score"]);
        Assert.Equal(["Features", "Extra"], scoreOnly.Inputs.Select(i => i.Name));
        Assert.Equal(["Score"], scoreOnly.Outputs.Select(o => o.Name));
        var parsed = ModelProto.Parser.ParseFrom(scoreOnly.ToBytes());
        Assert.Equal(["MatMul", "Identity"], parsed.Graph.Node.Select(n => n.OpType));
        Assert.Single(parsed.Graph.Initializer);

        var branch = graph.WithOutputs(["Exp", "Branch"]);
        Assert.Equal(["Exp", "Branch"], branch.Outputs.Select(o => o.Name));
        using var run = new OnnxRun(branch).Feed("Features", [1f, 0f], 1, 2).Feed("Extra", [9f, 9f], 1, 2);
        Assert.Equal([-200f, -300f], run.Get<float>("Branch"));

        Assert.Contains("no output 'score'. Its outputs: Score, Branch, Exp", Assert.Throws<ArgumentException>(() => graph.WithOutputs(["score"])).Message);
        Assert.Throws<ArgumentException>(() => graph.WithOutputs(["Exp", "Exp"]));
        Assert.Throws<ArgumentException>(() => graph.WithOutputs([]));
        Assert.Equal(3, graph.Outputs.Count);
    }

    [Fact]
    public void Initializers_of_old_models_are_not_inputs()
    {
        var builder = Linear(out _, out var score);
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        builder.Output(builder.Constant(1f), "One", OnnxElementType.Float);
        var old = ModelProto.Parser.ParseFrom(builder.Build().ToBytes());
        foreach (var tensor in old.Graph.Initializer)
            old.Graph.Input.Add(new ValueInfoProto { Name = tensor.Name });
        var graph = OnnxGraph.FromBytes(old.ToByteArray());
        Assert.Equal(["Features"], graph.Inputs.Select(i => i.Name));
        Assert.Equal(["Features"], graph.WithOutputs(["One"]).Inputs.Select(i => i.Name));
    }

    [Fact]
    public void Constants_that_nothing_needs_are_left_out()
    {
        var builder = Linear(out _, out var score);
        builder.Neg(builder.Constant(new float[1000]));
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        Assert.InRange(builder.Build().ToBytes().Length, 1, 999);
    }

    public static TheoryData<byte[]> Garbage => new(
        [], Encoding.UTF8.GetBytes("PK this is no model"), [8, 8], Enumerable.Range(0, 256).Select(i => (byte)i).ToArray(), new byte[100]);

    [Theory, MemberData(nameof(Garbage))]
    public void Bytes_that_are_no_model_are_refused(byte[] bytes)
    {
        Assert.Contains("not an ONNX model", Assert.Throws<InvalidDataException>(() => OnnxGraph.FromBytes(bytes)).Message);
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, bytes);
        Assert.StartsWith($"'{path}' is not an ONNX model", Assert.Throws<InvalidDataException>(() => OnnxGraph.Load(path)).Message);
        File.Delete(path);
    }

    [Fact]
    public void A_cut_off_file_is_refused()
    {
        var builder = Linear(out _, out var score);
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        var bytes = builder.Build().ToBytes();
        Assert.Throws<InvalidDataException>(() => OnnxGraph.FromBytes(bytes.AsSpan(0, bytes.Length / 2)));
    }

    [Fact]
    public void Fields_that_we_do_not_know_survive()
    {
        var builder = Linear(out _, out var score);
        builder.Output(score, "Score", OnnxElementType.Float, null, 2);
        // Field 25 of a model holds functions; field 9 of a node metadata: neither is in our schema.
        byte[] functions = [0xCA, 0x01, 3, 0x0A, 1, (byte)'f'], nodeMetadata = [0x4A, 3, 0x0A, 1, (byte)'m'];
        var foreign = ModelProto.Parser.ParseFrom([.. builder.Build().ToBytes(), .. functions]);
        foreign.Graph.Node[0].MergeFrom(nodeMetadata);
        foreign.Graph.Node[0].Attribute.Add(new AttributeProto { Name = "zero", I = 0 });
        var bytes = foreign.ToByteArray();

        Assert.Equal(bytes, OnnxGraph.FromBytes(bytes).ToBytes());
        var pruned = OnnxGraph.FromBytes(bytes).WithOutputs(["Score"]).ToBytes();
        Assert.Equal(bytes, pruned);
        Assert.True(pruned.AsSpan().IndexOf(functions) > 0 && pruned.AsSpan().IndexOf(nodeMetadata) > 0);
    }

    [Fact]
    public void Saves_and_loads_and_is_the_same_every_time()
    {
        static OnnxGraph Build()
        {
            var builder = Linear(out _, out var score);
            builder.Output(score, "Score", OnnxElementType.Float, null, 2);
            return builder.Build();
        }

        var path = Path.GetTempFileName();
        Build().Save(path);
        Assert.Equal(Build().ToBytes(), OnnxGraph.Load(path).ToBytes());
        File.Delete(path);
    }
}
