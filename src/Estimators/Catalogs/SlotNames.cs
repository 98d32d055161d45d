using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Catalogs;

/// <summary>The annotation that names the slots of a vector column.</summary>
internal static class SlotNames
{
    public static void AddSlotNames(this DataViewSchema.Annotations.Builder annotations, IReadOnlyList<string> names)
    {
        var texts = names.Select(name => name.AsMemory()).ToArray();
        annotations.Add<VBuffer<ReadOnlyMemory<char>>>(
            AnnotationKinds.SlotNames, new VectorDataViewType(TextDataViewType.Instance, texts.Length), (ref value) => new VBuffer<ReadOnlyMemory<char>>(texts.Length, texts).CopyTo(ref value));
    }

    /// <summary>The annotation before fitting.</summary>
    public static SchemaShape.Column Shape()
        => MlNetAccess.ShapeColumn(AnnotationKinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, isKey: false);

    /// <summary>A readable name of a slot, for messages.</summary>
    public static string SlotName(this DataViewSchema.Column column, int slot) => column.NameOf(slot) is { Length: > 0 } name ? name : $"slot {slot}";

    /// <summary>The name of a slot, or its number, from 0, where it has none.</summary>
    public static string SlotNameOrNumber(this DataViewSchema.Column column, int slot)
        => column.NameOf(slot) is { Length: > 0 } name ? name : slot.ToString(CultureInfo.InvariantCulture);

    private static string NameOf(this DataViewSchema.Column column, int slot)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        if (column.HasSlotNames())
            column.GetSlotNames(ref names);
        return names.Length > slot ? names.GetItemOrDefault(slot).ToString() : "";
    }
}
