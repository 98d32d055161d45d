using System.Reflection;

namespace MLExtensions.Estimators.Scoring;

/// <summary>Makes objects of types that are known only when a schema is.</summary>
internal static class GenericInstance
{
    private const BindingFlags Constructor = BindingFlags.CreateInstance | BindingFlags.Instance | BindingFlags.Public | BindingFlags.DoNotWrapExceptions;

    /// <summary>A new object of a type; an error of its constructor (a source's getter, say) arrives as it was thrown.</summary>
    public static T New<T>(this Type type, params object[] arguments)
        => (T)Activator.CreateInstance(type, Constructor, binder: null, arguments, culture: null)!;
}
