using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>The columns of an ONNX model as ML.NET's own ONNX transformer sees them: the same types, annotations and errors.</summary>
internal static class OnnxColumns
{
    /// <summary>ML.NET's type of a tensor's elements.</summary>
    /// <exception cref="NotSupportedException">ML.NET has no such type.</exception>
    public static PrimitiveDataViewType ItemTypeOf(OnnxElementType type) => type switch
    {
        OnnxElementType.Float => NumberDataViewType.Single,
        OnnxElementType.Double => NumberDataViewType.Double,
        OnnxElementType.Int64 => NumberDataViewType.Int64,
        OnnxElementType.Int32 => NumberDataViewType.Int32,
        OnnxElementType.Int16 => NumberDataViewType.Int16,
        OnnxElementType.Int8 => NumberDataViewType.SByte,
        OnnxElementType.UInt64 => NumberDataViewType.UInt64,
        OnnxElementType.UInt32 => NumberDataViewType.UInt32,
        OnnxElementType.UInt16 => NumberDataViewType.UInt16,
        OnnxElementType.UInt8 => NumberDataViewType.Byte,
        OnnxElementType.Bool => BooleanDataViewType.Instance,
        OnnxElementType.String => TextDataViewType.Instance,
        _ => throw new NotSupportedException($"ML.NET has no column type for ONNX values of type {type}."),
    };

    /// <summary>The column of a graph output: a vector of one row's values, with slot names where the graph has them.</summary>
    public static DataViewSchema.DetachedColumn Describe(OnnxGraph graph, GraphTensor tensor)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (graph.GetSlotNames(tensor.Name) is { } names)
            annotations.AddSlotNames(names);
        int[] dimensions = [1, .. tensor.RowShape.Select(size => checked((int)size))];
        return new DataViewSchema.DetachedColumn(tensor.Name, new VectorDataViewType(ItemTypeOf(tensor.ElementType), dimensions), annotations.ToAnnotations());
    }

    /// <summary>Checks the type of the column that feeds a graph input. A key feeds unsigned integers of its own size.</summary>
    public static void CheckType(DataViewSchema schema, GraphInput input)
    {
        var (expected, found) = (ItemTypeOf(input.ElementType), schema.Require("input", input.ColumnName).Type);
        var item = found is VectorDataViewType vector ? vector.ItemType : found;
        if (!item.Equals(expected) && !(item is KeyDataViewType && item.RawType == expected.RawType))
            throw SchemaErrors.Mismatch("input", input.ColumnName, expected.ToString()!, found.ToString()!);
    }

    /// <summary>The same before fitting, where sizes are not known yet.</summary>
    public static void CheckType(SchemaShape schema, string column, OnnxElementType type)
    {
        var found = schema.FirstOrDefault(candidate => candidate.Name == column);
        if (found.Name is null)
            throw SchemaErrors.NotFound("input", column);
        var expected = ItemTypeOf(type);
        if (found.Kind == SchemaShape.Column.VectorKind.VariableVector)
            throw SchemaErrors.Mismatch("input", column, $"Vector<{expected}>", $"VarVector<{found.ItemType}>");
        if (!found.ItemType.Equals(expected))
            throw SchemaErrors.Mismatch("input", column, expected.ToString()!, found.ItemType.ToString()!);
    }
}
