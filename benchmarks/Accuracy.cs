namespace MLExtensions.Benchmarks;

internal sealed class Accuracy : Measurement
{
    public override string Name => "accuracy";

    public override string Title => "Accuracy";

    public override string Run() => "";
}
