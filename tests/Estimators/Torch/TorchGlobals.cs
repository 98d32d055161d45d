namespace MLExtensions.Tests.Estimators.Torch;

/// <summary>Tests that read or set what all of TorchSharp shares in a process: its generator, its number of threads. Nothing runs beside them.</summary>
[CollectionDefinition(nameof(TorchGlobals), DisableParallelization = true)]
public sealed class TorchGlobals;
