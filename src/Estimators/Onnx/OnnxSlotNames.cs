namespace MLExtensions.Estimators.Onnx;

/// <summary>ML.NET's own convention for slot names: a node that nothing reads, with a certain name and attribute.</summary>
internal static class OnnxSlotNames
{
    public const string KeysAttribute = "keys_strings";

    public static string NodeName(string outputName) => $"mlnet.{outputName}.SlotNames";
}
