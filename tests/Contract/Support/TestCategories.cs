using Microsoft.ML.Data;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>The categorical columns of every view of the contract: keys without key values. ML.NET adds 1 to what stands here, and takes what is too large for missing.</summary>
public abstract class TestCategories
{
    public static readonly string[] Names = [nameof(Group), nameof(Shade)];

    [KeyType(5)]
    public uint Group { get; set; }

    [KeyType(9)]
    public uint Shade { get; set; }
}
