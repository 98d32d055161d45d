using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>Which columns of each row of a batch are context, and which are targets.</summary>
/// <param name="ContextSize">Columns in the context of each row, nc.</param>
/// <param name="TargetSize">Columns in each target mask, nt.</param>
/// <param name="ContextColumns">Positions of the context columns, int64 [B x nc].</param>
/// <param name="TargetColumns">Positions of the target columns, int64 [M x B x nt], all rows of the first mask before those of the second.</param>
/// <param name="ContextTokens">Where what the context encoder sees is among the tokens of all rows, int64 [B x (R + nc)]: the summary tokens of a row before its columns.</param>
/// <param name="TargetTokens">Where the targets are among the tokens of all rows, int64 [M x B x nt].</param>
internal sealed record Masks(int ContextSize, int TargetSize, Tensor ContextColumns, Tensor TargetColumns, Tensor ContextTokens, Tensor TargetTokens)
{
    /// <summary>The masks on another device.</summary>
    public Masks To(Device device) => device.type == TorchSharp.DeviceType.CPU
        ? this
        : new(ContextSize, TargetSize, ContextColumns.to(device), TargetColumns.to(device), ContextTokens.to(device), TargetTokens.to(device));
}
