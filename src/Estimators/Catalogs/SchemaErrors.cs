using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Catalogs;

/// <summary>Schema checks in the wording of ML.NET's own schema errors.</summary>
internal static class SchemaErrors
{
    /// <summary>The column of a role before fitting, or ML.NET's error for a missing or mistyped one.</summary>
    public static SchemaShape.Column Require(
        this SchemaShape schema, string role, string name, SchemaShape.Column.VectorKind kind, DataViewType itemType, bool isKey = false)
    {
        var found = schema.FirstOrDefault(column => column.Name == name);
        if (found.Name is null)
            throw NotFound(role, name);
        if (found.Kind != kind || !found.ItemType.Equals(itemType) || found.IsKey != isKey)
            throw Mismatch(role, name, Describe(kind, itemType, isKey), Describe(found.Kind, found.ItemType, found.IsKey));
        return found;
    }

    /// <summary>The key column of a role before fitting, whatever unsigned integers its keys are, or ML.NET's error for a missing or mistyped one.</summary>
    public static SchemaShape.Column RequireKey(this SchemaShape schema, string role, string name)
    {
        var found = schema.FirstOrDefault(column => column.Name == name);
        if (found.Name is null)
            throw NotFound(role, name);
        if (found.Kind != SchemaShape.Column.VectorKind.Scalar || !found.IsKey)
            throw Mismatch(role, name, "a scalar key such as Key<UInt32>", Describe(found.Kind, found.ItemType, found.IsKey));
        return found;
    }

    /// <summary>The visible column of a role, or ML.NET's error for a missing one.</summary>
    public static DataViewSchema.Column Require(this DataViewSchema schema, string role, string name)
        => schema.GetColumnOrNull(name) ?? throw NotFound(role, name);

    /// <summary>ML.NET's error for a missing column; it names ML.NET's parameter, whatever ours is called.</summary>
    public static ArgumentOutOfRangeException NotFound(string role, string name, string inputSchema = "inputSchema")
        => new(inputSchema, $"Could not find {role} column '{name}'");

    /// <summary>ML.NET's error for a column of another type.</summary>
    public static ArgumentOutOfRangeException Mismatch(string role, string name, string expected, string found, string inputSchema = "inputSchema")
        => new(inputSchema, $"Schema mismatch for {role} column '{name}': expected {expected}, got {found}");

    /// <summary>The type of a column before fitting, as errors call it.</summary>
    public static string Describe(this SchemaShape.Column column) => Describe(column.Kind, column.ItemType, column.IsKey);

    private static string Describe(SchemaShape.Column.VectorKind kind, DataViewType itemType, bool isKey)
    {
        var item = isKey ? $"Key<{itemType}>" : itemType.ToString()!;
        return kind switch
        {
            SchemaShape.Column.VectorKind.Scalar => item,
            SchemaShape.Column.VectorKind.Vector => $"Vector<{item}>",
            _ => $"VarVector<{item}>",
        };
    }
}
