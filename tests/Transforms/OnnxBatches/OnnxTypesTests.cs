using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Transforms.OnnxBatches;

/// <summary>Tensors of every type and shape give the columns that the stock transformer gives.</summary>
public sealed class OnnxTypesTests
{
    private static readonly MLContext Ml = new(1);

    public static TheoryData<OnnxElementType> Types => [.. Enum.GetValues<OnnxElementType>()
        .Except([OnnxElementType.Undefined, OnnxElementType.Float16, OnnxElementType.BFloat16])];

    [Theory, MemberData(nameof(Types))]
    public void Scalar_columns(OnnxElementType type)
        => AssertLikeStock(Identity(type, null, 1), Data().Then(Ml.Transforms.CopyColumns("X", type.ToString())));

    [Theory, MemberData(nameof(Types))]
    public void Vector_columns(OnnxElementType type)
        => AssertLikeStock(Identity(type, null, 2), Data().Then(Ml.Transforms.Concatenate("X", type.ToString(), type.ToString())));

    [Theory, MemberData(nameof(Types))]
    public void Vectors_as_tensors_of_more_axes(OnnxElementType type)
    {
        var names = Enumerable.Repeat(type.ToString(), 6).ToArray();
        AssertLikeStock(Identity(type, null, 3, 1, 2), Data().Then(Ml.Transforms.Concatenate("X", names)));
    }

    [Theory, MemberData(nameof(Types))]
    public void Vectors_of_one_as_tensors_without_further_axes(OnnxElementType type)
        => AssertLikeStock(Identity(type, (long?)null), Data().Then(Ml.Transforms.Concatenate("X", type.ToString())));

    [Fact]
    public void A_scalar_column_for_a_tensor_of_one_axis_is_refused_because_the_saved_model_could_not_read_it()
    {
        var data = Data().Then(Ml.Transforms.CopyColumns("X", "Float"));
        var model = Ml.Transforms.ApplyOnnxModelInBatches(["Y"], ["X"], new MemoryStream(Identity(OnnxElementType.Float, (long?)null).ToBytes())).Fit(data);
        Errors.AssertSchemaError("Schema mismatch for input column 'X': expected Vector<Single, 1>, got Single", () => model.Transform(data));
    }

    [Theory, InlineData("Key", 1), InlineData("Keys", 2)]
    public void Key_columns_are_unsigned_integers_from_1(string column, int size)
        => AssertLikeStock(Identity(OnnxElementType.UInt32, null, size), Data().Then(Ml.Transforms.CopyColumns("X", column)));

    [Theory, MemberData(nameof(Types))]
    public void A_column_of_another_type_is_refused_like_stock(OnnxElementType type)
    {
        var graph = Identity(type, null, 1).ToBytes();
        var data = Data().Then(Ml.Transforms.CopyColumns("X", type == OnnxElementType.Bool ? "String" : "Bool"));
        var expected = Assert.Throws<ArgumentOutOfRangeException>(() => Ml.Transforms.ApplyOnnxModel(["Y"], ["X"], new MemoryStream(graph)).Fit(data));
        Errors.AssertSchemaError(expected.Message, () => Ml.Transforms.ApplyOnnxModelInBatches(["Y"], ["X"], new MemoryStream(graph)).Fit(data));
    }

    private static OnnxGraph Identity(OnnxElementType type, params long?[] dimensions)
    {
        var graph = new OnnxGraphBuilder("identity");
        graph.Output(graph.Identity(graph.Input("X", type, dimensions)), "Y", type, dimensions);
        return graph.Build();
    }

    private static void AssertLikeStock(OnnxGraph graph, IDataView data)
    {
        var bytes = graph.ToBytes();
        var stock = Snapshot.Of(Ml.Transforms.ApplyOnnxModel(["Y"], ["X"], new MemoryStream(bytes)).Fit(data).Transform(data), "X", "Y");
        var estimator = Ml.Transforms.ApplyOnnxModelInBatches(["Y"], ["X"], new MemoryStream(bytes));
        var model = estimator.Fit(data);
        Snapshot.AssertSame(stock, Snapshot.Of(model.Transform(data), "X", "Y"), tolerance: 0);
        Snapshot.AssertSame(stock, Snapshot.Of(Models.LoadStock(Ml.Save(model, data.Schema)).Transform(data), "X", "Y"), tolerance: 0);
        Assert.Equal(30, stock["Y"].Select(Cells.Text).Count());
        Assert.True(stock["Y"].Select(Cells.Text).Distinct().Count() > 1);
    }

    private static IDataView Data() => Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new Row
    {
        Float = i / 3f,
        Double = i / 3d,
        Int64 = long.MaxValue - i,
        Int32 = int.MinValue + i,
        Int16 = (short)-i,
        Int8 = (sbyte)-i,
        UInt64 = ulong.MaxValue - (ulong)i,
        UInt32 = uint.MaxValue - (uint)i,
        UInt16 = (ushort)(ushort.MaxValue - i),
        UInt8 = (byte)(255 - i),
        Bool = i % 3 == 0,
        String = i == 4 ? "" : $"ünlike {i} 日本",
        Key = (uint)(i % 5),
        Keys = [(uint)(i % 5), 1],
    }).ToArray());

    private sealed class Row
    {
        public float Float { get; set; }

        public double Double { get; set; }

        public long Int64 { get; set; }

        public int Int32 { get; set; }

        public short Int16 { get; set; }

        public sbyte Int8 { get; set; }

        public ulong UInt64 { get; set; }

        public uint UInt32 { get; set; }

        public ushort UInt16 { get; set; }

        public byte UInt8 { get; set; }

        public bool Bool { get; set; }

        public string String { get; set; } = "";

        [KeyType(5)]
        public uint Key { get; set; }

        [VectorType(2), KeyType(5)]
        public uint[] Keys { get; set; } = [];
    }
}
