using System.Collections;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>Values of any column type as plain objects: texts as strings, vectors as arrays.</summary>
internal static class Cells
{
    /// <summary>A function that copies the current value of a column out of its buffer.</summary>
    public static Func<object?> Reader(DataViewRow row, DataViewSchema.Column column) => column.Type is VectorDataViewType vector
        ? Make(nameof(VectorReader), vector.ItemType.RawType, row, column)
        : Make(nameof(ScalarReader), column.Type.RawType, row, column);

    /// <summary>Names, types and values of a column's annotations.</summary>
    public static string Annotations(DataViewSchema.Column column) => string.Join("; ", column.Annotations.Schema
        .OrderBy(annotation => annotation.Name, StringComparer.Ordinal)
        .Select(annotation => $"{annotation.Name}: {annotation.Type}" + (annotation.Name == "ScoreColumnSetId" ? "" : " = " + Text(Value(column.Annotations, annotation)))));

    /// <summary>Numbers agree to a relative tolerance, everything else exactly.</summary>
    public static bool Same(object? expected, object? actual, double tolerance) => (expected, actual) switch
    {
        (float want, float got) => Near(want, got, tolerance),
        (double want, double got) => Near(want, got, tolerance),
        (IList want, IList got) => want.Count == got.Count && Enumerable.Range(0, want.Count).All(i => Same(want[i], got[i], tolerance)),
        _ => Equals(expected, actual),
    };

    public static string Text(object? value) => value switch
    {
        IList list => $"[{string.Join(", ", list.Cast<object?>().Select(Text))}]",
        float number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "null",
    };

    private static bool Near(double want, double got, double tolerance)
        => want.Equals(got) || Math.Abs(want - got) <= tolerance * Math.Max(1e-3, Math.Abs(want));

    private static Func<object?> Make(string method, Type type, DataViewRow row, DataViewSchema.Column column)
        => (Func<object?>)typeof(Cells).GetMethod(method, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, System.Reflection.BindingFlags.DoNotWrapExceptions, null, [row, column], null)!;

    private static Func<object?> ScalarReader<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        T value = default!;
        return () =>
        {
            getter(ref value);
            return Plain(value);
        };
    }

    private static Func<object?> VectorReader<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> value = default;
        return () =>
        {
            getter(ref value);
            return value.DenseValues().Select(item => Plain(item)).ToArray();
        };
    }

    private static object? Value(DataViewSchema.Annotations annotations, DataViewSchema.Column annotation)
    {
        var method = annotation.Type is VectorDataViewType ? nameof(VectorAnnotation) : nameof(ScalarAnnotation);
        var type = annotation.Type is VectorDataViewType vector ? vector.ItemType.RawType : annotation.Type.RawType;
        return typeof(Cells).GetMethod(method, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, [annotations, annotation.Name]);
    }

    private static object? ScalarAnnotation<T>(DataViewSchema.Annotations annotations, string name)
    {
        T value = default!;
        annotations.GetValue(name, ref value);
        return Plain(value);
    }

    private static object?[] VectorAnnotation<T>(DataViewSchema.Annotations annotations, string name)
    {
        VBuffer<T> value = default;
        annotations.GetValue(name, ref value);
        return [.. value.DenseValues().Select(item => Plain(item))];
    }

    private static object? Plain<T>(T value) => value is ReadOnlyMemory<char> text ? text.ToString() : value;
}
