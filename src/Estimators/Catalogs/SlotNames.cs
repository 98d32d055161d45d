using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Catalogs;

/// <summary>Writes the annotation that names the slots of a vector column.</summary>
internal static class SlotNames
{
    private const string Kind = "SlotNames";

    public static void AddSlotNames(this DataViewSchema.Annotations.Builder annotations, IReadOnlyList<string> names)
    {
        var texts = names.Select(name => name.AsMemory()).ToArray();
        annotations.Add<VBuffer<ReadOnlyMemory<char>>>(
            Kind, new VectorDataViewType(TextDataViewType.Instance, texts.Length), (ref value) => new VBuffer<ReadOnlyMemory<char>>(texts.Length, texts).CopyTo(ref value));
    }
}
