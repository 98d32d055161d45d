using Microsoft.ML;

namespace MLExtensions.Estimators.Scoring;

/// <summary>Hands a getter out as the type that the caller asked for.</summary>
internal static class GetterCast
{
    public static ValueGetter<TValue> As<TValue>(this Delegate getter, DataViewSchema.Column column)
        => getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Invalid TValue in GetGetter for column '{column.Name}': '{typeof(TValue)}', expected '{column.Type.RawType}'.");
}
