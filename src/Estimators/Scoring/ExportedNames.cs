namespace MLExtensions.Estimators.Scoring;

/// <summary>The names in an exported graph: inputs and outputs are called like the columns, and ONNX allows each name once.</summary>
internal static class ExportedNames
{
    /// <summary>Refuses a column that is both read and added.</summary>
    /// <param name="inputs">Names of the columns that the graph reads.</param>
    /// <param name="outputs">Names of the columns that the graph adds.</param>
    public static void Check(IEnumerable<string> inputs, IEnumerable<string> outputs)
    {
        if (inputs.Intersect(outputs).FirstOrDefault() is { } name)
        {
            throw new InvalidOperationException(
                $"Column '{name}' is both an input and an output of the model, and an ONNX graph cannot have an input and an output of the same name. "
                + $"To export the model, fit it on a copy of input column '{name}' under another name (Transforms.CopyColumns) or give the output column another name.");
        }
    }
}
