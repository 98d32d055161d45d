using System.Collections.Immutable;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;

namespace MLExtensions.Estimators.Data;

/// <summary>The values of a key column (the classes of a label, say): how many there are and, if the key has them, what they are called.</summary>
internal sealed class KeyValues
{
    private KeyValues(int count, DataViewType? valueType, Array? values)
    {
        Count = count;
        ValueType = valueType;
        Values = values;
    }

    /// <summary>Number of values, K.</summary>
    public int Count { get; }

    /// <summary>Type of the key values, <see langword="null"/> when the key has none.</summary>
    public DataViewType? ValueType { get; }

    /// <summary>The key values, an array of the raw type of <see cref="ValueType"/>.</summary>
    public Array? Values { get; }

    /// <summary>The key values if they are texts: for a label, the slot names of the scores.</summary>
    public ImmutableArray<string>? Names => Values is ReadOnlyMemory<char>[] texts
        ? [.. texts.Select(text => text.ToString())]
        : null;

    /// <summary>A readable name of value <paramref name="index"/>, from 0, for messages.</summary>
    public string NameOf(int index) => Values?.GetValue(index)?.ToString() ?? $"key {index + 1}";

    /// <summary>The values of a key column.</summary>
    public static KeyValues Of(DataViewSchema.Column column)
    {
        var count = checked((int)((KeyDataViewType)column.Type).Count);
        if (column.Annotations.Schema.GetColumnOrNull(AnnotationKinds.KeyValues) is not { Type: VectorDataViewType { ItemType: var itemType } })
            return new KeyValues(count, null, null);
        var read = ((Func<DataViewSchema.Annotations, Array>)ReadValues<int>).Method.GetGenericMethodDefinition().MakeGenericMethod(itemType.RawType);
        return new KeyValues(count, itemType, (Array)read.Invoke(null, [column.Annotations])!);
    }

    /// <summary>Gives a column that is about to be made the same key values.</summary>
    public void AnnotateKeyValues(SchemaDefinition.Column column)
    {
        if (ValueType is null)
            return;
        var annotate = ((Action<SchemaDefinition.Column>)Annotate<int>).Method.GetGenericMethodDefinition().MakeGenericMethod(ValueType.RawType);
        annotate.Invoke(this, [column]);
    }

    /// <summary>Gives a column that is about to be made the same key values.</summary>
    public void Annotate(DataViewSchema.Annotations.Builder annotations)
    {
        if (ValueType is null)
            return;
        var annotate = ((Action<DataViewSchema.Annotations.Builder>)Annotate<int>).Method.GetGenericMethodDefinition().MakeGenericMethod(ValueType.RawType);
        annotate.Invoke(this, [annotations]);
    }

    private void Annotate<T>(DataViewSchema.Annotations.Builder annotations)
        => annotations.Add<VBuffer<T>>(
            AnnotationKinds.KeyValues, new VectorDataViewType((PrimitiveDataViewType)ValueType!, Count), (ref VBuffer<T> values) => new VBuffer<T>(Count, (T[])Values!).CopyTo(ref values));

    private void Annotate<T>(SchemaDefinition.Column column)
        => column.AddAnnotation(AnnotationKinds.KeyValues, new VBuffer<T>(Count, (T[])Values!), new VectorDataViewType((PrimitiveDataViewType)ValueType!, Count));

    private static T[] ReadValues<T>(DataViewSchema.Annotations annotations)
    {
        VBuffer<T> values = default;
        annotations.GetValue(AnnotationKinds.KeyValues, ref values);
        return [.. values.DenseValues()];
    }
}
